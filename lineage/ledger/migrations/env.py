"""What Alembic runs: the revisions, on the connection that ``connecting.migrate`` hands over."""

from alembic import context

from lineage.ledger.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
