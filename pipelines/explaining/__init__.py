"""One record explained: what is known of it, what decides it, and where it went."""
