"""The transparency log: each proof is of a statement that was met, under a checkpoint that counts (C2SP tlog-proof)."""

from pathlib import Path

from .bundle import Bundle
from .canonical import canonical, from_base64, text_of
from .case import Case
from .checkpoints import Checkpoint, checkpoint_of, decimal_of, published_in
from .envelopes import LogState, Statement, Trust
from .files import PIECE, Within
from .report import require
from .trees import leaf_of, root_of_path


def included(
    proof: str, statement: Statement, trust: Trust, published: list[LogState] | None
) -> tuple[int, Checkpoint]:
    """Return the place of a statement in the log, and the checkpoint that says so (C2SP tlog-proof).

    Raises:
        Refused: The proof is no proof, of something else, under no trusted or no published checkpoint.
    """
    head, blank, note = proof.partition("\n\n")
    lines = head.split("\n")
    require(blank != "" and lines[0] == "c2sp.org/tlog-proof@v1", "a proof of the log is none")
    lines = lines[2:] if len(lines) > 1 and lines[1].startswith("extra ") else lines[1:]
    require(bool(lines) and lines[0].startswith("index "), "a proof of the log states no place")
    index = decimal_of(lines[0].removeprefix("index "))
    require(index is not None and len(lines) <= 64, "a proof of the log states no place")
    hashes = [from_base64(line, "a hash of the log") for line in lines[1:]]
    require(all(len(one) == 32 for one in hashes), "a hash of the log is none")
    checkpoint = checkpoint_of(note, trust)
    entry = canonical({"predicateType": statement.kind, "statement": statement.digest})
    root = root_of_path(leaf_of(entry), index or 0, checkpoint.state.size, hashes)
    require(root.hex() == checkpoint.state.root, "a proof does not lead to the checkpoint's root")
    require(published is None or checkpoint.state in published, "the checkpoint is none of those published")
    require_logged_in_time(statement, index or 0, checkpoint.state, trust)
    return index or 0, checkpoint


def require_logged_in_time(statement: Statement, index: int, state: LogState, trust: Trust) -> None:
    """Refuse a statement by retired keys alone that was logged after the last of them was retired."""
    spans = [trust.spans.get(key_id) for key_id in statement.signers]
    logs = [(span.place, span.log) for span in spans if span is not None and span.log is not None]
    if len(logs) == len(spans) and logs:
        _, log = max(logs, key=lambda one: one[0])
        require(state.origin == log.origin, "the proof is of another log than the retired key's")
        require(index < log.size, "it was logged after its key was retired")


def by_retired(signers: frozenset[str], trust: Trust) -> bool:
    """Whether every signer is a key that was retired."""
    return all(who in trust.spans and trust.spans[who].log is not None for who in signers)


def anchored(checkpoint: Checkpoint, trust: Trust) -> bool:
    """Whether a key that is not retired stands for a checkpoint: it signed it, or the rotation that names it."""
    logs = [trust.spans[who].log for who in checkpoint.signers if who in trust.spans]
    return not by_retired(checkpoint.signers, trust) or checkpoint.state in logs


def verify_log(case: Case, published: Path | None) -> None:
    """Link ``transparency log``: each proof is of a statement that was met, under a checkpoint that counts."""
    with case.report.link("transparency log") as told:
        states = None if published is None else published_in(published, case.trust)
        proofs = [f"log/{name}" for name in Within(case.home, "log").names()]
        logged: set[str] = set()
        in_time: set[str] = set()
        for name in proofs:
            proof = text_of(case.home.read(name, PIECE), name)
            named = name.removeprefix("log/").removesuffix(".tlog-proof")
            statement = case.signatures.get(named)
            if statement is None:
                require(not isinstance(case.home, Bundle), f"{name} is of no statement that is here")
                case.report.skip("The log: proofs that lie there of statements that were not looked at.")
                continue
            index, checkpoint = included(proof, statement, case.trust, states)
            logged.add(named)
            in_time |= {named} if states is not None or anchored(checkpoint, case.trust) else set()
            told.append(f"{named[:12]} is entry {index} of {checkpoint.state.size}")
        retired = [one for one in case.signatures.values() if by_retired(one.signers, case.trust)]
        if any(statement.digest not in in_time for statement in retired):
            case.report.skip("Time: that what a retired key signed is of before is, without the log, its own word.")
        if len(logged) < len(case.signatures):
            case.report.skip(f"The log: of {len(case.signatures) - len(logged)} statements no proof was brought.")
        told.append(f"{len(proofs)} proofs" + ("" if states is None else f", {len(states)} published checkpoints"))
    if states is None:
        case.report.skip("A second log: no published checkpoint was brought to compare with.")
