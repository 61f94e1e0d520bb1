"""Presidio and spaCy without torch: both import it where it is installed, for models that redaction does not run."""

import importlib
import sys

_HEAVY = ("torch", "transformers")
_WOULD_IMPORT = ("presidio_analyzer", "spacy")


def import_without_torch() -> None:
    """Import Presidio's analyzer and spaCy, as if torch and transformers were not installed.

    Saves a process 4 to 5 seconds and some 400 MiB. What is imported already stays as it is: whoever plugs in a
    recogniser that needs torch has imported Presidio, and with it torch, before. Afterwards torch can be imported.
    """
    if any(name in sys.modules for name in (*_HEAVY, *_WOULD_IMPORT)):
        return
    hidden = dict.fromkeys(_HEAVY)
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None makes an import fail: the documented way to forbid one
    try:
        for name in _WOULD_IMPORT:
            importlib.import_module(name)
    finally:
        for name in hidden:
            del sys.modules[name]
