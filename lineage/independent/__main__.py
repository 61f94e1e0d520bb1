"""The command line: one question, answered for a person or for a machine."""

import argparse
import json
import sys
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from .case import Depth
from .chain import Question, verify
from .envelopes import id_of
from .report import Refused, Report


def printable(words: str) -> str:
    """Return words without anything that moves a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in words)


def written(report: Report, refused: Refused | None, subject: str) -> str:
    """Return a report as a person reads it."""
    width = max((len(name) for name, _ in report.links), default=0)
    lines = []
    for name, told in report.links:
        first, *more = told.split("\n")
        lines.append(f"holds    {name:{width}}  {printable(first)}".rstrip())
        lines += [" " * (width + 11) + printable(one) for one in more]
    if refused is None:
        lines.append(f"verified {printable(subject)}")
    else:
        lines.append(f"REFUSED  {refused.link or 'artifact'}: {printable(str(refused))}.")
    lines += ["", "Not checked:", *(f"- {printable(one)}" for one in report.not_checked)]
    return "\n".join(lines)


def as_json(report: Report, refused: Refused | None, subject: str) -> str:
    """Return a report as one object for machines."""
    fault = None if refused is None else {"link": refused.link or "artifact", "because": str(refused)}
    links = [{"link": name, "told": told} for name, told in report.links]
    document = {"artifact": subject, "holds": refused is None, "refused": fault, "links": links}
    return json.dumps({**document, "not_checked": report.not_checked}, indent=2)


def key_of(file: Path) -> Ed25519PublicKey:
    """Return the public key in a PEM file.

    Raises:
        ValueError: There is none, or it is of another kind.
    """
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{file} holds no public key that can be read") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{file} holds no Ed25519 key")  # noqa: TRY004 - it is about a file, not about a call
    return key


def asked(arguments: list[str]) -> tuple[Question, bool]:
    """Return the question that a command line asks, and whether it is answered in JSON; exit with 2 if it asks none."""
    parser = argparse.ArgumentParser(prog="independent", description="Verify evidence without trusting who made it.")
    parser.add_argument("path", type=Path, help="a bundle, a snapshot, a model, a file of weights, or a proof")
    parser.add_argument("--trust", type=Path, action="append", default=[], metavar="KEY.pem", help="a public key")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="the bundle that a file of weights is held against")
    parser.add_argument("--published", type=Path, metavar="DIR", help="checkpoints that somebody else kept")
    parser.add_argument(
        "--statement", type=Path, metavar="FILE", help="the signed statement that a proof is held against"
    )
    parser.add_argument("--fast", action="store_true", help="signatures and digests of files alone")
    parser.add_argument("--full", action="store_true", help="everything (the default)")
    parser.add_argument("--sample", type=int, metavar="N", help="digests of files, and N records drawn by --seed")
    parser.add_argument("--seed", metavar="WORD", help="the auditor's word")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    given = parser.parse_args(arguments)
    if sum((given.fast, given.full, given.sample is not None)) > 1 or (given.sample is None) != (given.seed is None):
        parser.error("choose --fast, --full, or --sample with --seed")
    if given.sample is not None and given.sample < 1:
        parser.error("--sample draws one record or more")
    for one in (given.path, given.bundle, given.published, given.statement):
        if one is not None and not one.exists():
            parser.error(f"there is no {one}")
    try:
        keys = {id_of(key): key for key in map(key_of, given.trust)}
    except ValueError as error:
        parser.error(str(error))
    kind = "sample" if given.sample is not None else "fast" if given.fast else "full"
    depth = Depth(kind, given.sample or 0, given.seed or "")
    return Question(given.path, keys, given.bundle, given.published, given.statement, depth), given.json


def main(arguments: list[str] | None = None) -> int:
    """Answer a command line; return the exit code."""
    question, machines = asked(sys.argv[1:] if arguments is None else arguments)
    report, refused = verify(question)
    tell = as_json if machines else written
    sys.stdout.write(tell(report, refused, str(question.subject)) + "\n")
    return 0 if refused is None else 1


if __name__ == "__main__":
    sys.exit(main())
