"""The transparency log: one append-only history of everything that was signed, in the formats of C2SP."""
