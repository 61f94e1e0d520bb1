"""``lineweight log``: the transparency log, what is in it, proofs from it, its publication and its audit."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lineage.commands.options import (
    DatabaseOption,
    KeysOption,
    TrustOption,
    exit_unless,
    home_at,
    read_file,
    write_file,
)
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out, table

if TYPE_CHECKING:
    from lineage.home import Home
    from lineage.tlog.log import TransparencyLog

log_app = typer.Typer(
    no_args_is_help=True,
    help="The transparency log: everything that was signed, in one order that cannot be rewritten unseen.",
)
StatementFile = Annotated[Path, typer.Argument(help="A signed statement (….dsse.json).")]


@log_app.command("show")
def show_log(
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the entries, and the newest signed checkpoint."""
    log = _log(home_at(home, database_url, keys).require())
    head = log.head()
    entries: list[dict[str, Any]] = [
        {
            "entry": row.position,
            "predicate_type": row.entry.predicate_type,
            "statement": row.entry.statement,
            "path": row.path,
            "recorded_at": row.recorded_at.isoformat(),
        }
        for row in log.rows()
    ]
    document = {"log": log.key.written(), "entries": entries, "checkpoint": head.decode() if head else None}

    def show() -> None:
        rows = [(row["entry"], row["recorded_at"][:19], row["path"], row["statement"]) for row in entries]
        out.print(table(log.key.name, ("entry", "recorded", "statement of", "digest"), rows))
        out.print(document["checkpoint"] or "Nothing was entered yet: lineweight log update.", markup=False)

    emit(document, as_json, show)


@log_app.command("update")
def update_log(
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Enter every statement of the home that the log does not have yet, and sign a checkpoint."""
    from lineage.tlog.log import enter_statements

    where = home_at(home, database_url, keys).require()
    new = enter_statements(where, datetime.now(UTC))
    size = len(_log(where).rows())
    emit({"entered": new, "entries": size}, as_json, lambda: out.print(f"{new} entered; the log has {size} entries."))


@log_app.command("prove")
def prove_statement(
    statement: StatementFile,
    to: Annotated[Path, typer.Option("--out", help="Where the proof goes (….tlog-proof).")],
    trust: TrustOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the proof that a statement is in the log: a small file that verifies by itself."""
    where = home_at(home, database_url, keys).require()
    log = _log(where)
    opened = _opened(statement, where, trust)
    proof = log.prove(opened.statement_digest)
    write_file(to, proof.written())
    document = {"statement": opened.statement_digest, "entry": proof.index, "proof": str(to), "log": log.key.written()}
    emit(document, as_json, lambda: out.print(f"{statement.name} is entry {proof.index} of {log.key.name}: {to}"))


@log_app.command("check")
def check_proof(
    statement: StatementFile,
    proof: Annotated[Path, typer.Option("--proof", help="The proof, of `lineweight log prove`.")],
    trust: TrustOption = None,
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check from files alone that a statement is in the log of a trusted key. Needs no database."""
    from lineage.tlog.entry import LogEntry
    from lineage.tlog.proof import read_proof, verify_entry
    from lineage.verifying.logged import require_in_time

    where = home_at(home, keys=keys)
    opened = _opened(statement, where, trust)
    held = read_proof(read_file(proof))
    trusted = where.trusted(trust or [])
    stated = held.checkpoint.split(b"\n", 1)[0].decode("utf-8", "replace")
    origin = stated if stated in {key.log for key in trusted} else trusted[0].log
    signers = [key for key in trusted if key.log == origin]
    checkpoint = verify_entry(LogEntry.of(opened).data(), held, origin, signers)
    require_in_time(opened.key_ids, trusted, held.index, origin)
    document = {"statement": opened.statement_digest, "log": origin, "entry": held.index, "entries": checkpoint.size}
    says = f"{statement.name} is entry {held.index} of the {checkpoint.size} that {origin} signed."
    emit(document, as_json, lambda: out.print(says))


@log_app.command("publish")
def publish(
    directory: Annotated[Path, typer.Argument(help="Where it goes; in a git repository it is committed.")],
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the newest checkpoint where others keep it; refused if it does not continue what is there."""
    from lineage.tlog.publishing import publish_log

    done = publish_log(_log(home_at(home, database_url, keys).require()), directory)
    document = {"entries": done.size, "before": done.before, "directory": str(directory), "commit": done.commit or None}
    committed = f", committed as {done.commit[:12]}" if done.commit else ""
    emit(document, as_json, lambda: out.print(f"{done.size} entries ({done.before} before): {directory}{committed}"))


@log_app.command("audit")
def audit_log(
    published: Annotated[
        list[Path] | None,
        typer.Option("--published", help="Where checkpoints were published: a directory or a file; repeat for more."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Hold the log against its checkpoints, published copies and the files. Exits 1 and names what does not hold."""
    from lineage.tlog.audit import audit
    from lineage.tlog.entry import signed_files
    from lineage.tlog.publishing import published_checkpoints

    where = home_at(home, database_url, keys).require()
    log = _log(where)
    outside = {name: note for place in published or [] for name, note in published_checkpoints(place).items()}
    with log.ledger.reading_log() as book:
        rows, notes = book.rows(), book.notes()
    done = audit(rows, notes, list(signed_files(where.warehouse, where.trusted())), outside, log.keys)
    document: dict[str, Any] = {
        "log": log.key.written(),
        "entries": done.entries,
        "checkpoints": done.checkpoints,
        "published": done.published,
        "statements": done.statements,
        "sound": not done.wrong,
        "wrong": [{"fault": one.fault.value, "where": one.where, "says": one.says} for one in done.wrong],
    }
    emit(document, as_json, lambda: _show_audit(document))
    exit_unless(not done.wrong)


def _show_audit(document: dict[str, Any]) -> None:
    out.print(
        f"{document['entries']} entries, {document['checkpoints']} checkpoints of its own, "
        f"{document['published']} from outside, {document['statements']} signed files."
    )
    if document["wrong"]:
        rows = [(one["fault"], one["where"], one["says"]) for one in document["wrong"]]
        out.print(table("What does not hold", ("fault", "where", "what"), rows))
    else:
        out.print("Everything holds.")
    if not document["published"]:
        out.print("No outside copy was given: whoever owns the log and its key could have rewritten all of it.")


def _log(home: "Home") -> "TransparencyLog":
    from lineage.tlog.log import TransparencyLog

    return TransparencyLog(home.ledger(), home.vault())


def _opened(path: Path, home: "Home", trust: list[Path] | None) -> Any:
    from lineage.statement import open_envelope

    return open_envelope(read_file(path), home.trusted(trust or []))
