"""The ledger: what people and tenants said, what was landed and what was made. Only ever added to."""
