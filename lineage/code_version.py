"""Which code made something: the release, and the commit where the code runs from a checkout."""

import functools
import importlib.metadata
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@functools.cache
def code_version() -> str:
    """Return ``0.1.0`` for an installed release, ``0.1.0+g<commit>`` in a checkout, ``.dirty`` if it was changed.

    The release stands alone where git, or the checkout, is not there.
    """
    release = importlib.metadata.version("lineweight")
    commit = _git("rev-parse", "HEAD")
    if not commit:
        return release
    changed = ".dirty" if _git("status", "--porcelain", "--untracked-files=no") else ""
    return f"{release}+g{commit[:12]}{changed}"


def _git(*arguments: str) -> str:
    if not (ROOT / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
