"""Redaction runs without torch, and leaves it to those who need it."""

import subprocess
import sys

SCRIPT = """
import importlib.util, sys
from pipelines.redaction.untorched import import_without_torch
before = importlib.util.find_spec("torch") is not None
import_without_torch()
assert "presidio_analyzer" in sys.modules and "spacy" in sys.modules
assert "torch" not in sys.modules and "transformers" not in sys.modules
assert (importlib.util.find_spec("torch") is not None) == before
"""


def test_presidio_and_spacy_are_imported_without_torch_which_can_be_imported_afterwards():
    subprocess.run([sys.executable, "-W", "ignore", "-c", SCRIPT], check=True)
