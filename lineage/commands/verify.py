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
    rotations: Annotated[
        list[Path] | None,
        typer.Option("--rotation", help="A rotation of the signing key (rotations/….dsse.json), if not beside it."),
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option("--bundle", help="A bundle that has the evidence of these weights.")
    ] = None,
    consents: Annotated[
        Path | None, typer.Option("--consents", help="Consent events that the leaves rest on (consents.jsonl).")
    ] = None,
    openings: Annotated[
        Path | None, typer.Option("--openings", help="Openings of commitments: whose they are (openings.jsonl).")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Signatures and the digest of every file, no more.")] = False,
    full: Annotated[
        bool, typer.Option("--full", help="Every leaf and every decision too: what is done anyway.")
    ] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", help="As --fast, and the whole chain of so many records, drawn by --seed.")
    ] = None,
    seed: Annotated[str, typer.Option("--seed", help="Your own word, from which the draw follows.")] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonFlag = False,
) -> None:
    """Verify a snapshot, a model or a bundle from its files alone, link by link. Exits 1 at the first that breaks."""
    from lineage.commands.snapshot_views import show_verification
    from lineage.keys.rotation import read_rotations, rotations_beside, trusted_over_rotations
    from lineage.proving.bundle import is_bundle
    from lineage.proving.receipts import read_receipts
    from lineage.verifying.bundle import verify_bundle
    from lineage.verifying.depth import Depth
    from lineage.verifying.logged import LogEvidence
    from lineage.verifying.scope import Scope
    from lineage.verifying.verify import verify_within

    where = home_at(home, keys=keys)
    vault = where.held_vault() if keys is not None else None
    if keys is not None and vault is None:
        raise UsageError(f"{keys}: there is no key vault.", remedy="Name the deployment's vault with --keys.")
    depth = Depth.asked(fast=fast, full=full, sample=sample, seed=seed)
    trusted = trusted_over_rotations(where.trusted(trust or []), read_rotations(rotations or []))
    itself = is_bundle(Path(artifact))
    if bundle is not None or itself:
        if proofs or consents or openings or snapshot:
            raise UsageError(
                "The evidence is the bundle's.", remedy="Leave out --proof, --consents, --openings, --snapshot."
            )
        weights = None if bundle is None else Path(artifact)
        scope = Scope(trusted, vault, depth=depth)
        report = verify_bundle(bundle or Path(artifact), scope, weights=weights, published=published or [])
    else:
        receipts, log = read_receipts(consents, openings), LogEvidence.read(proofs or [], published or [])
        place = place_of(artifact, where)
        scope = Scope(trusted_over_rotations(trusted, rotations_beside(place)), vault, log, receipts, depth)
        report = verify_within(place, scope, snapshot)
    document = report.document()
    emit(document, as_json, lambda: show_verification(document))
    exit_unless(report.verified)
