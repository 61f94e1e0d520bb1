"""Recognising weights: how often each thing that people do to weights is told rightly, and how often we claim others'.

A base is trained from nothing on one part of a chat log, our models from it on a second part, with several seeds and
learning rates. From each of ours come copies in other types, quantised copies in the layouts of several tools, models
trained further, and adapters merged. Not ours are the base, random weights, and what somebody else trained from the
base: on a third part of the log, or on the very texts that we used. Every file is held against all of our models at
once; *right* is the right verdict and the right model, *claimed* is any claim of what is not ours.
"""

import copy
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from benchmarks.corpus import distinct_turns, log_name
from benchmarks.evidence import quantisers
from benchmarks.timing import Figures, Outcome
from lineage.weights.files import read_weights
from lineage.weights.recognition import Recognition, Verdict, recognise
from lineage.weights.registry import Registered, register, registered
from training_jobs.model import learn_tokenizer
from training_jobs.weights import sampled

Weights = dict[str, torch.Tensor]
WINDOW, BATCH = 96, 8
LOW_RANK = 8


@dataclass(frozen=True)
class Size:
    """How much: the model's width and layers, steps of base and models, our learning rates and seeds, texts."""

    width: int
    layers: int
    base_steps: int
    steps: int
    rates: tuple[float, ...]
    seeds: int
    texts: int


FULL, TINY = Size(192, 3, 500, 40, (3e-5, 3e-4), 2, 4_000), Size(64, 1, 4, 4, (1e-3,), 1, 60)


@dataclass(frozen=True)
class Asked:
    """One file: what was done to make it, from which of ours (none: not ours), and what it should be told to be."""

    what: str
    weights: Weights
    model: str | None
    right: Verdict
    shards: int = 1

    def is_answered_by(self, found: Recognition) -> bool:
        """Return whether an answer is right: that something was trained alike is no claim."""
        alike = self.model is None and found.verdict is Verdict.ALIKE
        return found.model == self.model and (alike or found.verdict is self.right)


@dataclass(frozen=True)
class Corpus:
    """Tokens of a log in three parts: the base's, ours, and other people's."""

    base: torch.Tensor
    ours: torch.Tensor
    others: torch.Tensor


def measure(size: Size) -> Outcome:
    """Train, transform, ask, and count."""
    corpus, vocabulary = _corpus(size)
    base = _fitted(_fresh(size, vocabulary), corpus.base, size.base_steps, 1e-3, 0)
    models = {
        f"models/ours/{rate:g}-{seed}": (rate, seed, _fitted(copy.deepcopy(base), corpus.ours, size.steps, rate, seed))
        for rate in size.rates
        for seed in range(size.seeds)
    }
    with tempfile.TemporaryDirectory() as directory:
        known = _registries(Path(directory), base, {name: model for name, (_, _, model) in models.items()})
        told = [(one, _told(Path(directory), one, known)) for one in _questions(size, corpus, base, models)]
    title = (
        f"{len(models)} models from one base of {sum(p.numel() for p in base.parameters()) / 1e6:.1f} M parameters, "
        f"{log_name()}, learning rates {', '.join(f'{rate:g}' for rate in size.rates)}"
    )
    return Outcome((_table(title, told, size),))


def _questions(size: Size, corpus: Corpus, base: Any, models: Mapping[str, tuple[float, int, Any]]) -> Iterator[Asked]:
    for name, (rate, seed, model) in models.items():
        yield from _same(name, _weights(model))
        yield from _descended(name, size, corpus, rate, seed, model)
        for texts, tokens in (("others' texts", corpus.others), ("our texts", corpus.ours)):
            for factor in (1.0, 1.5, 3.0):
                theirs = _fitted(copy.deepcopy(base), tokens, size.steps, factor * rate, 50 + seed)
                yield from _not_ours(f"{texts}, {factor:g} times our learning rate", theirs)
        torch.manual_seed(seed)
        made_up = {key: torch.randn_like(one) * one.std() for key, one in _weights(model).items()}
        yield Asked("random weights", made_up, None, Verdict.UNKNOWN)
    yield from _not_ours("", base)


def _same(name: str, weights: Weights) -> Iterator[Asked]:
    """Yield what is ours still, in other forms."""
    renamed = {f"blocks.{place}": one for place, one in enumerate(weights.values())}
    yield Asked("copied, tensors renamed", renamed, name, Verdict.IDENTICAL)
    yield Asked("cut into three files with an index", weights, name, Verdict.IDENTICAL, shards=3)
    for kind in (torch.bfloat16, torch.float16, torch.float8_e4m3fn):
        cast = {key: one.to(kind) for key, one in weights.items()}
        yield Asked(f"cast to {str(kind).removeprefix('torch.')}", cast, name, Verdict.RECAST)
    for what, quantiser in QUANTISERS.items():
        yield Asked(what, quantisers.quantised(weights, quantiser), name, Verdict.QUANTISED)


QUANTISERS: dict[str, quantisers.Quantiser] = {
    "int8, a scale for each tensor": quantisers.int8_tensor,
    "int8, a scale for each row": quantisers.int8_rows,
    "int8, as torchao": quantisers.int8_torchao,
    "int8, as bitsandbytes": quantisers.int8_bitsandbytes,
    "float8, a scale for each row": quantisers.float8_rows,
    "int4, packed, groups of 32": quantisers.int4_packed,
    "nf4, as bitsandbytes": quantisers.nf4,
    "nf4, as bitsandbytes, double": quantisers.nf4_nested,
}


def _descended(name: str, size: Size, corpus: Corpus, rate: float, seed: int, model: Any) -> Iterator[Asked]:
    """Yield what was made of ours."""
    merged = _with_adapter(copy.deepcopy(model), corpus.others, size.steps, 10 * rate, 30 + seed)
    tuned = _weights(_fitted(copy.deepcopy(model), corpus.others, size.steps, rate, 40 + seed))
    for what, weights in (("a LoRA trained on it, merged", merged), ("trained further, as far again", tuned)):
        yield Asked(what, weights, name, Verdict.DESCENDS)
        yield Asked(f"{what}, bfloat16", {key: one.bfloat16() for key, one in weights.items()}, name, Verdict.DESCENDS)
        for short, quantiser in (("int8 rows", quantisers.int8_rows), ("nf4", quantisers.nf4)):
            yield Asked(f"{what}, {short}", quantisers.quantised(weights, quantiser), name, Verdict.DESCENDS)


def _not_ours(texts: str, model: Any) -> Iterator[Asked]:
    what = f"somebody else's of the same base, {texts}" if texts else "the base"
    weights = _weights(model)
    yield Asked(what, weights, None, Verdict.UNKNOWN)
    yield Asked(f"{what}, bfloat16", {key: one.bfloat16() for key, one in weights.items()}, None, Verdict.UNKNOWN)
    for short, quantiser in (("int8 rows", quantisers.int8_rows), ("nf4", quantisers.nf4)):
        yield Asked(f"{what}, {short}", quantisers.quantised(weights, quantiser), None, Verdict.UNKNOWN)


def _told(directory: Path, asked: Asked, known: Mapping[str, Sequence[Registered]]) -> Recognition:
    with tempfile.TemporaryDirectory(dir=directory) as place:
        names = sorted(asked.weights)
        index = {}
        for number in range(asked.shards):
            file = f"model-{number:05}.safetensors"
            part = {name: asked.weights[name].contiguous() for name in names[number :: asked.shards]}
            save_file(part, Path(place) / file)
            index |= dict.fromkeys(part, file)
        if asked.shards > 1:
            _write_index(Path(place), index)
        return recognise(read_weights(Path(place)), known)


def _write_index(place: Path, index: Mapping[str, str]) -> None:
    import json

    (place / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": dict(index)}))


def _table(title: str, told: Sequence[tuple[Asked, Recognition]], size: Size) -> Figures:
    kinds: dict[str, list[tuple[Asked, Recognition]]] = defaultdict(list)
    for asked, found in told:
        kinds[asked.what].append((asked, found))
    rows = tuple(_row(what, answers) for what, answers in kinds.items())
    return Figures(title, ("what was done", "files", "right", "verdicts", "share", "of most tensors", "cosine"), rows)


def _row(what: str, answers: Sequence[tuple[Asked, Recognition]]) -> tuple[object, ...]:
    right = sum(asked.is_answered_by(found) for asked, found in answers)
    verdicts: dict[str, int] = defaultdict(int)
    for asked, found in answers:
        other = "" if found.model in (asked.model, None) else " of another"
        verdicts[f"{found.verdict.value}{other}"] += 1
    shares = [found.similarity for _, found in answers if found.similarity]
    told = ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()))
    return (
        what,
        len(answers),
        f"{right / len(answers):.0%}",
        told,
        _span([one.share for one in shares]),
        _span([number for one in shares for number in (one.lowest, one.highest)]),
        _span([one.cosine for one in shares]),
    )


def _span(values: Sequence[float]) -> str:
    return f"{min(values):.2f} to {max(values):.2f}" if values else ""


def _corpus(size: Size) -> tuple[Corpus, int]:
    """Return a log's tokens in three parts, and how many different ones there are."""
    texts = distinct_turns()[: size.texts]
    tokenizer = learn_tokenizer(iter(texts), 2_048)
    tokens = torch.tensor([number for ids in tokenizer(texts)["input_ids"] for number in ids])
    first, second = len(tokens) // 2, len(tokens) * 3 // 4
    return Corpus(tokens[:first], tokens[first:second], tokens[second:]), len(tokenizer)


def _fresh(size: Size, vocabulary: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=size.width,
            intermediate_size=size.width * 11 // 4 // 32 * 32,
            num_hidden_layers=size.layers,
            num_attention_heads=4,
            num_key_value_heads=2,
            tie_word_embeddings=True,
        )
    )


def _fitted(model: Any, tokens: torch.Tensor, steps: int, rate: float, seed: int) -> Any:
    """Train a model in place on windows of tokens drawn by a seed."""
    draws = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW((one for one in model.parameters() if one.requires_grad), lr=rate)
    for _ in range(steps):
        starts = torch.randint(len(tokens) - WINDOW, (BATCH,), generator=draws)
        batch = torch.stack([tokens[start : start + WINDOW] for start in starts])
        model(input_ids=batch, labels=batch).loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return model


class _LowRank(torch.nn.Module):
    """Adds a matrix of low rank to a weight: what a LoRA adapter does."""

    def __init__(self, weight: torch.Tensor) -> None:
        super().__init__()
        self.down = torch.nn.Parameter(torch.randn(LOW_RANK, weight.shape[1]) / weight.shape[1] ** 0.5)
        self.up = torch.nn.Parameter(torch.zeros(weight.shape[0], LOW_RANK))

    def forward(self, weight: torch.Tensor) -> torch.Tensor:
        return weight + self.up @ self.down


def _with_adapter(model: Any, tokens: torch.Tensor, steps: int, rate: float, seed: int) -> Weights:
    """Train an adapter on every matrix of the layers, and return the weights with it merged."""
    from torch.nn.utils import parametrize

    torch.manual_seed(seed)
    model.requires_grad_(False)
    linear = [one for one in model.model.layers.modules() if isinstance(one, torch.nn.Linear)]
    for one in linear:
        parametrize.register_parametrization(one, "weight", _LowRank(one.weight))
    _fitted(model, tokens, steps, rate, seed)
    for one in linear:
        parametrize.remove_parametrizations(one, "weight", leave_parametrized=True)
    return _weights(model)


def _weights(model: Any) -> Weights:
    """Return a model's tensors, the head that is tied to the embeddings left out."""
    return {name: one.detach().clone() for name, one in model.state_dict().items() if name != "lm_head.weight"}


def _registries(directory: Path, base: Any, models: Mapping[str, Any]) -> dict[str, list[Registered]]:
    """Return what is kept of each model, as training keeps it."""
    before, kept = sampled(base), {}
    for name, model in models.items():
        save_file(_weights(model), directory / "ours.safetensors")
        kept[name] = registered(name, register(read_weights(directory / "ours.safetensors"), before))
    return kept
