"""The transparency log: every signed statement in one order, and the checkpoints that were signed over it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = {
    "log_entries": "position = NEW.position OR statement = NEW.statement",
    "log_checkpoints": "size = NEW.size",
}


def upgrade() -> None:
    """Create the tables, and the triggers that refuse to change or remove a row of them."""
    op.create_table(
        "log_entries",
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("predicate_type", sa.String(256), nullable=False),
        sa.Column("statement", sa.String(64), nullable=False, unique=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "log_checkpoints",
        sa.Column("size", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("signed_at", sa.BigInteger, nullable=False),
    )
    for name, key in KEYS.items():
        _protect(name, key)


def _protect(name: str, key: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION lineweight_append_only()"
        )
        return
    refuses = f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
    for verb in ("update", "delete"):
        op.execute(f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} {refuses}")
    # INSERT OR REPLACE removes a row without asking the DELETE trigger: it is met before it inserts.
    op.execute(
        f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
        f"WHEN EXISTS (SELECT 1 FROM {name} WHERE {key}) {refuses}"
    )
