"""The model that training starts from: a fresh tiny one, a directory, or one from the Hugging Face hub.

Weights are read from ``*.safetensors`` only, and no code that comes with a model is run: opening a model of
unknown origin must not execute anything.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lineage.canonical import digest_of
from policies.errors import LineweightError
from training_jobs.chat import CHAT_TEMPLATE
from training_jobs.digest import file_digests
from training_jobs.recipe import TINY, Recipe

SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
_HUB_FILES = ["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"]


class BaseModelError(LineweightError):
    """The base model cannot be opened as what it should be."""

    remedy = "Name 'tiny', or a model in the Hugging Face layout with *.safetensors and a fast tokenizer."


@dataclass(frozen=True, slots=True)
class Base:
    """A model before its first step.

    Args:
        model: A ``transformers`` causal language model, float32.
        tokenizer: Its fast tokenizer, with a chat template.
        name: ``tiny``, ``directory:<last part of the path>`` or the hub's name.
        digest: SHA-256 that names the base's content; of ``tiny``, of its configuration.
        tokenizer_from: What the tokenizer was learned from, for the statement.
    """

    model: Any
    tokenizer: Any
    name: str
    digest: str
    tokenizer_from: Mapping[str, str]


def open_base(recipe: Recipe, texts: Iterator[str]) -> Base:
    """Open the base a recipe names.

    Args:
        recipe: Its ``base``, ``seed`` and ``vocabulary_size`` are read.
        texts: The snapshot's texts; a tiny base learns its tokenizer from them, others leave them unread.

    Raises:
        BaseModelError: There is no such model, or it has no safetensors or no fast tokenizer.
    """
    if recipe.base == TINY:
        return _tiny(recipe, texts)
    directory = Path(recipe.base)
    return _from_directory(directory if directory.is_dir() else _downloaded(recipe.base), recipe)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from drawing progress bars of its own while the block runs."""
    from transformers.utils import logging

    drawn = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if drawn:
            logging.enable_progress_bar()


def learn_tokenizer(texts: Iterator[str], vocabulary_size: int) -> Any:
    """Learn a byte-level BPE tokenizer; the same texts in the same order give the same one.

    Every byte is a token, so no text is unknown to it. It speaks the project's own chat template.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    learned = Tokenizer(models.BPE())
    learned.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learned.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        min_frequency=2,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    learned.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=learned,
        pad_token="<|endoftext|>",  # noqa: S106
        eos_token="<|im_end|>",  # noqa: S106
        additional_special_tokens=["<|im_start|>"],
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer


def _tiny(recipe: Recipe, texts: Iterator[str]) -> Base:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = learn_tokenizer(texts, recipe.vocabulary_size)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=352,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=max(2048, recipe.max_tokens),
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )
    torch.manual_seed(recipe.seed)
    model = LlamaForCausalLM(config)
    described = {"architecture": "llama", "config": config.to_diff_dict(), "seed": recipe.seed}
    described["config"].pop("transformers_version", None)
    # The tokenizer has seen every record that was not revoked when the run began, also those no step reaches.
    return Base(model, tokenizer, TINY, digest_of(described), {"learned-from": "the whole train split"})


def _from_directory(directory: Path, recipe: Recipe) -> Base:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    digest = digest_of(file_digests(directory))
    try:
        with quiet():
            model = AutoModelForCausalLM.from_pretrained(
                directory, use_safetensors=True, trust_remote_code=False, dtype="float32", local_files_only=True
            )
        tokenizer = AutoTokenizer.from_pretrained(directory, trust_remote_code=False, local_files_only=True)
    except (OSError, ValueError) as error:
        raise BaseModelError(f"{directory.name}: no causal language model can be opened there.") from error
    if not tokenizer.is_fast:
        raise BaseModelError(f"{directory.name}: its tokenizer does not know the characters of its tokens.")
    if tokenizer.chat_template is None:
        tokenizer.chat_template = CHAT_TEMPLATE
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return Base(model, tokenizer, recipe.document()["base"], digest, {"learned-from": "the base model"})


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    try:
        return Path(snapshot_download(name, allow_patterns=_HUB_FILES))
    except (OSError, ValueError, HFValidationError) as error:
        raise BaseModelError(f"{name}: neither a directory here nor a model the hub delivers.") from error
