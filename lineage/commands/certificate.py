"""``lineweight certificate``: pages that a person reads, each with everything inside that proves what it says."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lineage.commands.indexing import FullScanFlag, kept_indexes
from lineage.commands.options import (
    SILENT,
    AtOption,
    DatabaseOption,
    KeysOption,
    TrustOption,
    home_at,
    instant_of,
    place_of,
    read_file,
    write_file,
)
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, err, out

if TYPE_CHECKING:
    from lineage.certificates.certificate import Certificate
    from lineage.home import Home
    from lineage.statement import TrustedKey

certificate_app = typer.Typer(
    no_args_is_help=True, help="Certificates: one page for a person, a customer or a model, with its proofs inside."
)
OutOption = Annotated[Path, typer.Option("--out", help="Where the page goes (….html).")]
NAMES = "They name every customer of a pool."


@certificate_app.command("person")
def certify_person(
    person: Annotated[str, typer.Argument(help="The product's own id of the person, or the pseudonym ds_….")],
    tenant: Annotated[str, typer.Option("--tenant", help="The customer the person belongs to.")],
    to: OutOption,
    contact: Annotated[
        str | None,
        typer.Option("--contact", help="Where the person can write to; the sources' controller if not given."),
    ] = None,
    statements: Annotated[
        bool, typer.Option("--statements/--no-statements", help=f"Enclose the snapshots' signed statements. {NAMES}")
    ] = True,
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    full_scan: FullScanFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Write what is kept of a person, on what ground, and where it went; or that no snapshot holds anything."""
    from lineage.certificates.person import PersonCertificate
    from lineage.proving.finding import is_silent

    where, when = _issuing(home, database_url, keys), instant_of(at)
    trusted = where.trusted(trust or [])
    data_subject_id = where.vault().data_subject_id(tenant, person, create=False)
    silent = is_silent(where.ledger(), tenant, data_subject_id, when)
    with kept_indexes(where, trusted, full_scan=full_scan) as indexes:
        made = PersonCertificate(where, tenant, trusted, when, contact, statements, indexes).of(person)
    _hand_out(made, where, trusted, to, as_json)
    if silent:
        err.print(SILENT)


@certificate_app.command("tenant")
def certify_tenant(
    tenant: Annotated[str, typer.Argument(help="The customer.")],
    to: OutOption,
    statements: Annotated[
        bool, typer.Option("--statements", help=f"Enclose statements and manifests of shared pools too. {NAMES}")
    ] = False,
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write what was agreed with a customer, what lies where, and what was made of it; others are only counted."""
    from lineage.certificates.tenant import TenantCertificate

    where, when = _issuing(home, database_url, keys), instant_of(at)
    trusted = where.trusted(trust or [])
    _hand_out(TenantCertificate(where, trusted, when, statements).of(tenant), where, trusted, to, as_json)


@certificate_app.command("model")
def certify_model(
    model: Annotated[str, typer.Argument(help="A model of --home: NAME, or NAME/RUN.")],
    to: OutOption,
    statements: Annotated[
        bool, typer.Option("--statements/--no-statements", help=f"Enclose the snapshot's signed statement. {NAMES}")
    ] = True,
    at: AtOption = None,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write what a model learned from, on what grounds, who released it, and what of that was verified."""
    from lineage.certificates.model import ModelCertificate

    where, when = _issuing(home, database_url, keys), instant_of(at)
    trusted = where.trusted(trust or [])
    _hand_out(
        ModelCertificate(where, trusted, when, statements).of(place_of(model, where)), where, trusted, to, as_json
    )


@certificate_app.command("check")
def check_one_certificate(
    page: Annotated[Path, typer.Argument(help="A page of `lineweight certificate`.")],
    statement: Annotated[
        list[Path] | None,
        typer.Option("--statement", help="A snapshot's statement.dsse.json that is not enclosed; repeat for more."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Check a certificate from its file and public keys alone: signatures, proofs, and that the page shows no more."""
    from lineage.certificates.checking import check_certificate
    from lineage.statement import load_trusted

    trusted = load_trusted(trust) if trust else home_at(home, keys=keys).trusted()
    checked = check_certificate(read_file(page), trusted, [read_file(path) for path in statement or []])
    document = {
        "verified": True,
        "kind": checked.document["kind"],
        "at": checked.document["at"],
        "signed_by": list(checked.signed_by),
        "checks": list(checked.checks),
        "not_checked": list(checked.not_checked),
    }

    def show() -> None:
        for sentence in checked.checks:
            out.print(f"• {sentence}", highlight=False, markup=False)
        out.print("[green]It holds.[/green]", highlight=False)
        out.print(f"Signed by {', '.join(checked.signed_by)}.", highlight=False)
        for sentence in checked.not_checked:
            out.print(f"• Not checked. {sentence}", highlight=False, markup=False)

    emit(document, as_json, show)


def _issuing(home: str, database_url: str | None, keys: Path | None) -> "Home":
    """Return the home that certificates are issued from: one with keys to sign with; none are made for it."""
    where = home_at(home, database_url, keys).require()
    if where.held_vault() is None:
        raise UsageError("There is no key vault, so nothing can be signed.", remedy="Name it with --keys.")
    return where


def _hand_out(made: "Certificate", where: "Home", trusted: "Sequence[TrustedKey]", to: Path, as_json: bool) -> None:
    """Write a certificate's page, if it holds under the keys that were trusted and the deployment's own."""
    from lineage.certificates.checking import check_certificate
    from lineage.certificates.page import written
    from lineage.statement import TrustedKey

    data = written(made)
    own = TrustedKey.from_pem(where.vault().public_key_pem)
    check_certificate(data, [*trusted, *([] if own.key_id in {key.key_id for key in trusted} else [own])])
    write_file(to, data)
    pieces = len(made.pieces)
    emit(made.document, as_json, lambda: out.print(f"{to}, {len(data):,} bytes, {pieces} pieces of evidence inside."))
