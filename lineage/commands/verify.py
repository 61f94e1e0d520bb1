"""``lineweight verify``: do files prove what they claim?"""

from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.options import TrustOption, exit_unless, home_at, place_of
from policies.errors import UsageError
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit


def verify(
    artifact: Annotated[
        str, typer.Argument(help="A directory or weights file; or in --home NAME@vN, MODEL or MODEL/RUN.")
    ],
    trust: TrustOption = None,
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys", envvar="LINEWEIGHT_KEYS", help="Key vault: compare the encrypted content with its proof too."
        ),
    ] = None,
    snapshot: Annotated[
        Path | None, typer.Option("--snapshot", help="For a model: the snapshot's directory, if it lies elsewhere.")
    ] = None,
    proofs: Annotated[
        list[Path] | None,
        typer.Option("--proof", help="A proof that a statement is in the transparency log; repeat for more."),
    ] = None,
    published: Annotated[
        list[Path] | None,
        typer.Option("--published", help="Where checkpoints of the log were published: a directory or a file."),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Verify a snapshot or a model from its files alone, link by link. Exits 1 at the first that does not hold."""
    from lineage.commands.snapshot_views import show_verification
    from lineage.verify import verify_path
    from lineage.verify_log import LogEvidence

    where = home_at(home, keys=keys)
    vault = where.held_vault() if keys is not None else None
    if keys is not None and vault is None:
        raise UsageError(f"{keys}: there is no key vault.", remedy="Name the deployment's vault with --keys.")
    log = LogEvidence.read(proofs or [], published or [])
    place, trusted = place_of(artifact, where), where.trusted(trust or [])
    report = verify_path(place, trusted, vault=vault, snapshot=snapshot, log=log)
    document = report.document()
    emit(document, as_json, lambda: show_verification(document))
    exit_unless(report.verified)
