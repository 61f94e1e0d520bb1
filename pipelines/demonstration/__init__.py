"""The demo: a small world, taken the whole way, measured and told."""
