"""Training: a step of ``training_jobs.sft`` against a bare loop in torch.

The same tiny model from the same weights, the same batches, AdamW with the same settings and the same clipping. The
bare loop pads lists of tokens, runs forward and backward, steps, and reads the loss once a step. Ours adds what the
proof needs: the plan says who stands in a step, the tensors are held against it, every record goes into the
consumption ledger with its leaf, loss is weighed by record, the learning rate follows its schedule, a loss that is no
number ends the run, and torch is held to deterministic algorithms. Opening the snapshot, learning the tokenizer and
publishing come before and after and are not in it. A round trains both from the beginning, on
one thread, for on a shared machine two wait for each other longer than they work. A few percent either way are noise.
"""

import copy
import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.corpus import records, requests
from benchmarks.published import Place
from benchmarks.timing import Contender, Figures, Outcome, Timed, as_figures, take_turns
from training_jobs.consumption import ConsumptionLedger
from training_jobs.dataset import IGNORED, TokenisedSnapshot, snapshot_texts, tokenise
from training_jobs.recipe import Recipe
from training_jobs.run import Run


@dataclass(frozen=True)
class Size:
    """How much: records of the snapshot, steps a round, tokens a record at most, and rounds."""

    records: int
    steps: int
    tokens: int
    rounds: int


FULL, TINY = Size(200, 10, 128, 7), Size(24, 2, 32, 1)


def measure(size: Size) -> Outcome:
    """Time both from the same weights, and say how much longer a step of ours is."""
    with tempfile.TemporaryDirectory() as directory:
        place = Place.at(Path(directory))
        asked = [texts for texts in requests() if len(texts) >= 2][: size.records]
        run, dataset = _prepared(place, size, asked)
    steps, batches = run.plan.steps, _token_lists(run, dataset)
    tokens = sum(len(ids) for batch in batches for ids, _ in batch)
    work = {"steps": float(steps), "tokens": float(tokens)}
    _bare(run, batches[:1])  # the first step of a process loads half of torch
    timed = take_turns(
        [
            Contender("bare torch loop", lambda _: _bare(run, batches), work),
            Contender("training_jobs.sft", lambda _: _ours(run, dataset), work),
        ],
        size.rounds,
    )
    title = f"{steps} steps of {run.recipe.batch_size} records, {tokens:,} tokens, one thread"
    return Outcome((as_figures(title, timed), _overhead(timed, steps)), {title: timed})


def _prepared(place: Place, size: Size, asked: list[list[str]]) -> tuple[Run, TokenisedSnapshot]:
    from lineage.snapshot import Snapshot
    from training_jobs.model import open_base
    from training_jobs.sft import plan_for

    manifest = place.publish("measured", {"acme": records(asked)})
    snapshot = Snapshot.open(place.warehouse, manifest.directory, place.trusted)
    recipe = Recipe(snapshot=manifest.label, name="measured", steps=size.steps, max_tokens=size.tokens, threads=1)
    base = open_base(recipe, snapshot_texts(snapshot, place.vault))
    dataset = tokenise(snapshot, place.vault, base.tokenizer, recipe.max_tokens)
    return Run(recipe, plan_for(recipe, manifest), snapshot, base, "0", datetime.now(UTC)), dataset


def _ours(run: Run, dataset: TokenisedSnapshot) -> None:
    from training_jobs.sft import deterministic, fit

    fresh = replace(run, base=replace(run.base, model=copy.deepcopy(run.base.model)))
    with deterministic(run.recipe):
        fit(fresh, dataset, ConsumptionLedger(run.plan, dataset), lambda step: frozenset(), None)


TokenLists = list[list[tuple[list[int], list[int]]]]


def _token_lists(run: Run, dataset: TokenisedSnapshot) -> TokenLists:
    """Return each step's records as lists of ids and labels, as a data loader would hand them over."""
    batches = []
    for step in range(run.plan.steps):
        batch = dataset.batch(run.plan, step)
        kept = [(batch.input_ids[row], batch.labels[row], batch.attention_mask[row]) for row in range(len(batch.slots))]
        batches.append([(ids[seen == 1].tolist(), labels[seen == 1].tolist()) for ids, labels, seen in kept])
    return batches


def _bare(run: Run, batches: TokenLists) -> list[float]:
    """Train as one would who has nothing to prove."""
    import torch
    from torch.nn.functional import cross_entropy
    from torch.nn.utils.rnn import pad_sequence

    recipe, padding = run.recipe, run.base.tokenizer.pad_token_id
    torch.set_num_threads(recipe.threads)
    model: Any = copy.deepcopy(run.base.model).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.95))
    losses: list[float] = []
    for batch in batches:
        ids = pad_sequence([torch.tensor(ids) for ids, _ in batch], batch_first=True, padding_value=padding)
        labels = pad_sequence([torch.tensor(said) for _, said in batch], batch_first=True, padding_value=IGNORED)
        logits = model(input_ids=ids, attention_mask=(ids != padding).long(), use_cache=False).logits
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten(), ignore_index=IGNORED)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.gradient_clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
    return losses


def _overhead(timed: list[Timed], steps: int) -> Figures:
    bare, ours = timed
    rows = [(one.name, f"{1000 * one.median_s / steps:.1f}", "") for one in timed]
    rows[1] = (*rows[1][:2], f"{100 * (1 / ours.ratio_to(bare) - 1):+.1f} %")
    return Figures("A step", ("", "ms", "overhead"), tuple(rows))
