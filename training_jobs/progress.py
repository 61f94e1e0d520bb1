"""The progress bar of a training run, with its loss."""

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from training_jobs.run import StepReport


@contextlib.contextmanager
def shown(console: Console) -> Iterator[Callable[[StepReport], None]]:
    """Show a bar while the block runs; what it yields is to be called after each step."""
    columns = (
        TextColumn("Training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("loss {task.fields[loss]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("train", total=None, loss="…")

        def after(report: StepReport) -> None:
            bar.update(task, total=report.steps, completed=report.step + 1, loss=f"{report.loss:.3f}")

        yield after
