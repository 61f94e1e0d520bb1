"""The declaration of a source: what a data engineer states about one product's logs, in YAML.

::

    source: builder-web
    format: openai_chat
    files: logs/web/*.jsonl.gz              # globs, relative to this file
    tenant: {column: metadata.workspace}    # or one customer: acme
    controller: Bloom Labs GmbH
    licence: LicenseRef-Proprietary
    person: {column: metadata.user_id}
    occurred_at: {column: created_at}

Loading is strict: unknown and repeated keys are refused, and all faults are told together, each by its
path. ``docs/sources.md`` describes every key.
"""

import glob
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from lineage.canonical import digest_of, rfc3339
from pipelines.sources.places import (
    Column,
    ConsentFlag,
    Conversation,
    Moment,
    OrColumn,
    OutcomePlaces,
    Strict,
    Text,
)
from policies.strict_yaml import DocumentError, read_file
from policies.vocabulary import Slug, known_age_band, known_jurisdiction

SourceName = Annotated[str, Field(pattern=r"\A[a-z0-9][a-z0-9_-]{0,62}\z")]
Licence = Annotated[str, Field(pattern=r"\A[A-Za-z0-9][A-Za-z0-9.+:() -]*\z", max_length=200)]
Category = Annotated[str, Field(pattern=r"\A[a-z0-9_]+(\.[a-z0-9_]+)*\z")]
Jurisdiction = Annotated[str, AfterValidator(known_jurisdiction)]
AgeBand = Annotated[str, AfterValidator(known_age_band)]


class DeclarationError(DocumentError):
    """One or more source declarations cannot be used; the message lists every fault."""

    remedy = "Correct the declaration at the places named; docs/sources.md describes every key."


class SourceDeclaration(Strict):
    """One source, as declared.

    Attributes:
        source: The name of this source; records and batches carry it.
        format: Name of a module of ``pipelines.sources``.
        files: Globs, relative to the declaration.
        tenant: The customer whose content it is, or where each line says so.
        controller: Who decides over the data, as named in agreements and notices.
        licence: SPDX expression, or ``unknown``.
        person: The product's own id of the person who speaks; never stored, only its keyed pseudonym.
        participants: A list of further people.
        conversation: The log's id of the conversation; without it each line is one of its own.
        occurred_at: When the person spoke.
        jurisdiction: ISO 3166 code in lower case.
        age_band: One of ``policies.vocabulary.AGE_BANDS``.
        data_categories: What the lines hold, as fideslang keys.
        messages: Where the messages are, if not where the format has them.
        answer: Where the reply is, if it stands apart from the messages.
        model: The model that answered.
        outcome: What became of the answer.
        attributes: What else to keep, by the name it gets.
        consent: Where a line claims that its person consents, or does not.
    """

    source: SourceName
    format: SourceName
    files: Annotated[tuple[Text, ...], Field(min_length=1)]
    tenant: OrColumn[Slug]
    controller: Text
    licence: Licence
    person: OrColumn[Text]
    participants: Column | None = None
    conversation: Conversation | None = None
    occurred_at: Moment
    jurisdiction: OrColumn[Jurisdiction] = "unknown"
    age_band: OrColumn[AgeBand] = "unknown"
    data_categories: Annotated[tuple[Category, ...], Field(min_length=1)]
    messages: Column | None = None
    answer: Column | None = None
    model: OrColumn[Text] | None = None
    outcome: OutcomePlaces | None = None
    attributes: dict[Text, Column] = Field(default_factory=dict)
    consent: ConsentFlag | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_glob_is_a_list(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("files"), str):
            return {**given, "files": (given["files"],)}
        return given

    def document(self) -> dict[str, Any]:
        """Return the declaration as JSON values, times in RFC 3339; what was left out is not in it."""
        document: dict[str, Any] = _plain(self.model_dump(exclude_none=True))
        return document

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical document, in hexadecimal: comments and order of keys change nothing."""
        return digest_of(self.document())

    def log_files(self, directory: Path) -> list[Path]:
        """Return the files the globs name now, each once, sorted.

        Args:
            directory: Where the declaration lies; the globs are relative to it.
        """
        found = {
            Path(directory, name).resolve()
            for pattern in self.files
            for name in glob.glob(pattern, root_dir=directory, recursive=True)  # noqa: PTH207 - may be absolute
        }
        return sorted(path for path in found if path.is_file())


def load_declaration(path: Path) -> SourceDeclaration:
    """Read one declaration.

    Raises:
        DeclarationError: The file cannot be used; all its faults are in the message.
    """
    try:
        return read_file(Path(path), SourceDeclaration)
    except DocumentError as error:
        raise DeclarationError(error.faults) from error


def load_declarations(directory: Path) -> dict[Path, SourceDeclaration]:
    """Read every ``*.yaml`` of a directory, in order of file name.

    Returns:
        The declarations by the path they were read from.

    Raises:
        DeclarationError: A file cannot be used, two declare one source, or there is none; all faults of
            all files are in the message.
    """
    directory = Path(directory)
    declared: dict[Path, SourceDeclaration] = {}
    names: dict[str, str] = {}
    faults: list[str] = []
    for path in sorted([*directory.glob("*.yaml"), *directory.glob("*.yml")]):
        try:
            declaration = load_declaration(path)
        except DeclarationError as error:
            faults += error.faults
            continue
        other = names.setdefault(declaration.source, path.name)
        if other != path.name:
            faults.append(f"{path.name}: source: {declaration.source} is declared in {other} too")
        declared[path] = declaration
    if not declared and not faults:
        faults.append(f"{directory.name}: directory: holds no source declaration (*.yaml)")
    if faults:
        raise DeclarationError(tuple(faults))
    return declared


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return rfc3339(value) if isinstance(value, datetime) else value
