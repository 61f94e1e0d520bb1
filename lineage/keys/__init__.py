"""Keys: the vault, what is in it, and how keys follow one another and end."""
