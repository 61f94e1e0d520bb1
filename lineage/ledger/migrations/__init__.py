"""The ledger's tables as they came to be, one Alembic revision a change."""
