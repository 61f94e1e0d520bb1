"""What may be done, and why: deciding without a clock, a database or a framework."""
