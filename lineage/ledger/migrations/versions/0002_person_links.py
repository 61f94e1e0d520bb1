"""Person links: which ids are one person's. The ledger of revision 0001 keeps every row and every digest."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLE = "person_links"
KEY = "sequence = NEW.sequence OR (tenant = NEW.tenant AND event_id = NEW.event_id) OR digest = NEW.digest"


def upgrade() -> None:
    """Create the table, and the triggers that refuse to change or remove a row of it."""
    op.create_table(
        TABLE,
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("tenant", sa.String(64), nullable=False),
        sa.Column("event_id", sa.String(256), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("said", sa.String(64), nullable=False),
        sa.Column("data_subject_id", sa.String(64), nullable=False, index=True),
        sa.Column("same_as", sa.String(64), nullable=False, index=True),
        sa.Column("effective_at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False, index=True),
        sa.Column("imported_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.UniqueConstraint("tenant", "event_id", name=f"{TABLE}_tenant_event_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {TABLE} "
            "FOR EACH STATEMENT EXECUTE FUNCTION lineweight_append_only()"
        )
        return
    refuses = f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
    for verb in ("update", "delete"):
        op.execute(f"CREATE TRIGGER {TABLE}_no_{verb} BEFORE {verb.upper()} ON {TABLE} {refuses}")
    # INSERT OR REPLACE removes a row without asking the DELETE trigger: it is met before it inserts.
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
        f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE {KEY}) {refuses}"
    )
