"""The rules of structured identifiers, a module for each kind."""
