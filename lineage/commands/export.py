"""``lineweight export``: what is disclosed of a snapshot or a model, in the forms that others read."""

import typer

export_app = typer.Typer(
    no_args_is_help=True, help="Disclosure: cards, summaries and lineage that others read, from signed evidence."
)
