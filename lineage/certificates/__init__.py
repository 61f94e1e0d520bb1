"""Certificates that a person can read: one page, and inside it everything that proves what the page says."""
