"""``lineweight bundle``: everything that proves a snapshot or a model, in one file."""

from pathlib import Path
from typing import Annotated

import typer

from lineage.commands.options import DatabaseOption, KeysOption, TrustOption, home_at, place_of
from policies.terminal import DEFAULT_HOME, HomeOption, JsonFlag, emit, out


def make_bundle(
    artifact: Annotated[str, typer.Argument(help="In --home: NAME@vN, MODEL or MODEL/RUN.")],
    to: Annotated[Path, typer.Option("--out", help="Where the bundle goes (….bundle).")],
    sample: Annotated[
        int | None, typer.Option("--sample", help="Open the commitments of so many records that an auditor drew.")
    ] = None,
    seed: Annotated[str, typer.Option("--seed", help="The auditor's own word, from which the draw follows.")] = "",
    weights: Annotated[bool, typer.Option("--weights", help="Put the weights of a model in too.")] = False,
    content: Annotated[bool, typer.Option("--content", help="Put the encrypted records in too.")] = False,
    home: HomeOption = DEFAULT_HOME,
    database_url: DatabaseOption = None,
    keys: KeysOption = None,
    trust: TrustOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Write everything that proves a snapshot or a model into one file that an auditor takes home."""
    from lineage.proving.bundling import bundle
    from lineage.verifying.depth import Depth

    where = home_at(home, database_url, keys).require()
    directory = place_of(artifact, where).resolve().relative_to(where.warehouse.local_path()).as_posix()
    depth = Depth.asked(sample=sample, seed=seed)
    done = bundle(where, directory, where.trusted(trust or []), to, depth=depth, weights=weights, content=content)
    size = to.stat().st_size
    document = {
        "bundle": str(to),
        "bytes": size,
        "artifact": done.artifact,
        "files": len(done.files),
        "left_out": [one.path for one in done.left_out],
    }

    def show() -> None:
        out.print(f"{to}: {len(done.files)} files, {size:,} bytes, of {done.artifact}.")
        if done.left_out:
            out.print(f"{len(done.left_out)} files are left out: encrypted records (--content), weights (--weights).")
        out.print("It holds no keys: whoever verifies it names the ones they trust.")

    emit(document, as_json, show)
