"""What was made from what, and how anybody can prove it."""
