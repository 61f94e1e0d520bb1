"""``python -m benchmarks.redaction.traffic --data DIR --home DIR``: two real logs, landed and governed whole.

Both stages are those of the pipeline, with its Beam workers, each in a process of its own whose seconds and memory
are measured from outside. Afterwards one process redacts everything that landed once more and says how much of it was
seen before and what each tier took: the workers keep that to themselves. Nothing that is printed or written holds
anybody's words.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.first_run.layout import lay_out
from benchmarks.first_run.measured import Measured, in_own_process
from benchmarks.redaction.processes import one_thread, worker
from benchmarks.redaction.traffic_logs import TRAFFIC
from policies.terminal import out, table

RESULT = "traffic.json"
Document = dict[str, Any]


def run(
    data: Path,
    home: Path,
    workers: int = 2,
    lines: int | None = None,
    do: Callable[[str, str, Path], Measured] = in_own_process,
) -> Document:
    """Land and govern both logs, and return what it took and what was found, which is also left in the home.

    Args:
        data: The directory that holds ``logs/``.
        home: An empty directory: the deployment. People's words will be in it.
        workers: Worker processes of a stage.
        lines: Take only so many lines of each log.
        do: Runs and measures one stage.
    """
    laid = lay_out(data, home, workers, lines, TRAFFIC, {})
    do("ledger", "", home)
    told: Document = {}
    for slug, one in laid.items():
        landed, governed = do("land", slug, home), do("govern", slug, home)
        with one_thread(), worker() as process:
            again = process.submit(redact_again, home, slug).result()
        told[slug] = {"raw_mb": one["raw_bytes"] / 1e6} | {
            "landed": _took(landed),
            "governed": _took(governed),
            "again": again,
        }
        print(f"{slug}: {governed.seconds:.0f} s", file=sys.stderr)
    (home / RESULT).write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return told


def redact_again(home: Path, source: str) -> Document:
    """Redact what landed of a source in this process, and return what its Redactor says of itself."""
    from benchmarks.redaction.processes import peak_of_this_process
    from benchmarks.redaction.speed import ROWS
    from lineage.encrypted import iter_encrypted
    from pipelines.deployment import Deployment
    from pipelines.govern import redactor_at
    from pipelines.journey import landed_results
    from pipelines.landing.landed import tenant_path
    from pipelines.settings import Settings

    settings = Settings.load(str(home))
    deployment = Deployment(settings)
    warehouse, vault = deployment.warehouse, deployment.vault
    redactor = redactor_at(settings.redaction_profile, settings.profiles_directory, vault.directory)
    worked_s = passed_s = 0.0
    for batch in landed_results(deployment, source):
        for tenant in batch.tenants:
            path = tenant_path(source, batch.batch, tenant)
            for rows in iter_encrypted(warehouse, path, key=vault.file_key(tenant, path), aad=path, batch_rows=ROWS):
                worked, passed = time.process_time(), time.perf_counter()
                redactor.redact(rows)
                worked_s += time.process_time() - worked
                passed_s += time.perf_counter() - passed
    figures = redactor.figures()
    return {
        "texts": figures.texts,
        "hits": figures.hits,
        "characters": figures.characters,
        "searched": figures.searched,
        "cpu_seconds": worked_s,
        "seconds": passed_s,
        "seconds_by_tier": dict(figures.seconds),
        "peak_mib": peak_of_this_process(),
    }


def _took(measured: Measured) -> Document:
    return {
        "seconds": measured.seconds,
        "cpu_seconds": measured.cpu_seconds,
        "peak_worker_mib": measured.peak_worker_mib,
        **measured.result,
    }


def show(told: Document) -> None:
    """Print what it took, what was found and what was stopped."""
    rates = [(name, *(one[name] for one in map(_rates, told.values()))) for name in _rates(next(iter(told.values())))]
    out.print(table("What governing took", ("", *told), rates))
    for title, name in (("Found", "entities"), ("Quarantined", "quarantined_by_reason")):
        kinds = sorted({kind for one in told.values() for kind in one["governed"][name]})
        rows = [(kind, *(one["governed"][name].get(kind, 0) for one in told.values())) for kind in kinds]
        out.print(table(title, ("", *told), rows))


def _rates(one: Document) -> dict[str, str]:
    governed, again = one["governed"], one["again"]
    millions = again["characters"] / 1e6
    tiers = {f"{name} tier, % of it": spent for name, spent in again["seconds_by_tier"].items()}
    return {
        "raw log, MB": f"{one['raw_mb']:.1f}",
        "landing, seconds": f"{one['landed']['seconds']:.0f}",
        "records governed": f"{governed['records']:,}",
        "text in them, million characters": f"{millions:.1f}",
        "governing, seconds on the wall": f"{governed['seconds']:.0f}",
        "million characters a second": f"{millions / governed['seconds']:.2f}",
        "raw MB a second": f"{one['raw_mb'] / governed['seconds']:.2f}",
        "largest worker, MiB": f"{governed['peak_worker_mib']:.0f}",
        "one core alone, million characters a second": f"{millions / again['cpu_seconds']:.2f}",
        "texts seen before, %": f"{100 * again['hits'] / max(1, again['texts']):.1f}",
        "characters seen before, %": f"{100 - 100 * again['searched'] / max(1, again['characters']):.1f}",
        **{name: f"{100 * spent / again['seconds']:.0f}" for name, spent in tiers.items()},
    }


def main() -> None:
    """Parse the command line, run, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redaction.traffic", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the directory that holds logs/")
    parser.add_argument("--home", type=Path, required=True, help="an empty directory; people's words will be in it")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of a stage")
    parser.add_argument("--lines", type=int, help="take only so many lines of each log")
    asked = parser.parse_args()
    show(run(asked.data, asked.home, asked.workers, asked.lines))


if __name__ == "__main__":
    main()
