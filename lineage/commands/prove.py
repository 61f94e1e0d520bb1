"""``lineweight prove``: proofs about one snapshot in a few kilobytes, and their check from files alone."""

from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.options import (
    SILENT,
    AtOption,
    DatabaseOption,
    KeysOption,
    TrustOption,
    home_at,
    instant_of,
    read_file,
    write_file,
)
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out

prove_app = typer.Typer(
    no_args_is_help=True, help="Proofs in a few kilobytes: a record is in a snapshot; a person is in it, or is not."
)
SnapshotArgument = Annotated[str, typer.Argument(help="The snapshot: NAME@vN, or NAME for its latest version.")]
OutOption = Annotated[Path, typer.Option("--out", help="Where the proof goes.")]


@prove_app.command("record")
def prove_one_record(
    record_id: Annotated[str, typer.Argument(help="A record's id: r and 32 hexadecimal digits.")],
    snapshot: SnapshotArgument,
    to: OutOption,
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the proof that a record is in a snapshot; it names the record's digests, and nothing of its content."""
    from lineage.proving.files import RecordProofFile
    from lineage.proving.finding import record_in
    from lineage.snapshot import Snapshot, find_snapshot

    where = home_at(home, keys=keys).require()
    opened = Snapshot.open(where.warehouse, find_snapshot(where.warehouse, snapshot), where.trusted(trust or []))
    proof = record_in(opened, record_id)
    file = RecordProofFile.of(proof, opened.manifest)
    write_file(to, data := file.to_bytes())
    document = {"proof": str(to), "bytes": len(data), "snapshot": file.snapshot, "shows": file.shows()}
    emit(document, as_json, lambda: out.print(f"{to}, {len(data):,} bytes. {file.shows()}"))


@prove_app.command("person")
def prove_one_person(
    person: Annotated[str, typer.Argument(help="The product's own id of the person, or the pseudonym ds_….")],
    snapshot: SnapshotArgument,
    tenant: Annotated[str, typer.Option("--tenant", help="The customer the person belongs to.")],
    to: OutOption,
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write the proof that a person, under all their ids, wrote records of a snapshot, or none."""
    from lineage.proving.files import PersonProofFile
    from lineage.proving.finding import commitments_of, is_silent, person_in
    from lineage.snapshot import Snapshot, find_snapshot
    from lineage.trace.words import Words

    where, asked_at = home_at(home, database_url, keys).require(), instant_of(at)
    vault = where.held_vault()
    if vault is None:
        raise UsageError("There is no key vault, so nobody's commitment is known.", remedy="Name it with --keys.")
    opened = Snapshot.open(where.warehouse, find_snapshot(where.warehouse, snapshot), where.trusted(trust or []))
    data_subject_id = vault.data_subject_id(tenant, person, create=False)
    ids = Words.of_person(where.ledger(), tenant, data_subject_id, asked_at).ids_of(data_subject_id, asked_at)
    silent = is_silent(where.ledger(), tenant, data_subject_id, asked_at)
    commitments = commitments_of(vault, tenant, sorted(ids))
    file = PersonProofFile.of(person_in(opened, list(commitments.values())), opened.manifest)
    write_file(to, data := file.to_bytes())
    document = {
        "proof": str(to),
        "bytes": len(data),
        "snapshot": file.snapshot,
        "commitments": [entry.commitment for entry in file.entries],
        "records": file.records,
        "nothing_said": silent,
        "shows": file.shows(),
    }

    def show() -> None:
        out.print(f"{to}, {len(data):,} bytes. {file.shows()}")
        if silent:
            out.print(SILENT)

    emit(document, as_json, show)


@prove_app.command("check")
def check_one_proof(
    proof: Annotated[Path, typer.Argument(help="A proof of `lineweight prove`.")],
    statement: Annotated[Path, typer.Option("--statement", help="The snapshot's statement.dsse.json.")],
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check a proof against the signed statement of its snapshot, from these two files alone."""
    from lineage.proving.files import PersonProofFile, check_proof_file

    trusted = home_at(home, keys=keys).trusted(trust or [])
    shown = check_proof_file(read_file(proof), read_file(statement), trusted)
    document = {
        "verified": True,
        "snapshot": shown.file.snapshot,
        "shows": shown.file.shows(),
        "signed_by": list(shown.statement.key_ids),
    }
    not_checked = [WHOSE] if isinstance(shown.file, PersonProofFile) else [CONTENT]

    def show() -> None:
        out.print(f"{shown.file.shows()} Signed by {', '.join(key[:16] for key in shown.statement.key_ids)}.")
        out.print(f"Not looked at: {not_checked[0]}")

    emit(document | {"not_checked": not_checked}, as_json, show)


WHOSE = (
    "whose the commitment is. The person's salt shows it, and that no other was used for them only an earlier "
    "certificate; and who takes part in a record that somebody else wrote."
)
CONTENT = "what the record says: its commitment opens with the keys of its tenant alone."
