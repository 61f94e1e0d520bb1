"""The first ledger: consents, agreements, batches and artifacts, none of which can be rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("consent_events", "agreement_events", "batches", "artifacts")
EVENTS = ("consent_events", "agreement_events")


def upgrade() -> None:
    """Create the tables, and the triggers that refuse to change or remove a row."""
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    for name in EVENTS:
        person = [sa.Column("data_subject_id", sa.String(64), nullable=False, index=True)]
        op.create_table(
            name,
            sa.Column("sequence", sequence, primary_key=True, autoincrement=True),
            sa.Column("tenant", sa.String(64), nullable=False),
            sa.Column("event_id", sa.String(256), nullable=False),
            sa.Column("digest", sa.String(64), nullable=False, unique=True),
            sa.Column("said", sa.String(64), nullable=False),
            *(person if name == "consent_events" else []),
            sa.Column("effective_at", sa.BigInteger, nullable=False),
            sa.Column("recorded_at", sa.BigInteger, nullable=False, index=True),
            sa.Column("imported_at", sa.BigInteger, nullable=False),
            sa.Column("document", sa.Text, nullable=False),
            sa.UniqueConstraint("tenant", "event_id", name=f"{name}_tenant_event_id"),
        )
    op.create_table(
        "batches",
        sa.Column("sequence", sequence, primary_key=True, autoincrement=True),
        sa.Column("source", sa.String(64), nullable=False, index=True),
        sa.Column("batch", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("landed_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
    )
    op.create_table(
        "artifacts",
        sa.Column("sequence", sequence, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("directory", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("statement_digest", sa.String(64), nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("kind", "name", "version", name="artifacts_kind_name_version"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _protect_sqlite() -> None:
    for name in APPEND_ONLY:
        for verb in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER {name}_no_{verb} BEFORE {verb.upper()} ON {name} "
                f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
            )
    for name, key in (
        *((name, "(tenant = NEW.tenant AND event_id = NEW.event_id) OR digest = NEW.digest") for name in EVENTS),
        ("batches", "digest = NEW.digest"),
        ("artifacts", "kind = NEW.kind AND name = NEW.name AND version = NEW.version"),
    ):
        # INSERT OR REPLACE removes a row without asking the DELETE trigger: it is met before it inserts.
        op.execute(
            f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} "
            f"WHEN EXISTS (SELECT 1 FROM {name} WHERE sequence = NEW.sequence OR {key}) "
            f"BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END"
        )


def _protect_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION lineweight_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for name in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION lineweight_append_only()"
        )
