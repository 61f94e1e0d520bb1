"""Scanners of secrets that others publish, each over many texts, nothing asked over the network.

A scanner that is not installed is left out. They say what they found rather than where, so every place where it stands
counts as found.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.redaction.gold import Ranges

Scan = Callable[[Sequence[str]], list[Ranges]]


def scanners() -> dict[str, Scan]:
    """Return the scanners at hand, by name."""
    known: dict[str, tuple[str, Scan]] = {
        "kingfisher": ("kingfisher_sdk", kingfisher),
        "betterleaks": ("betterleaks", betterleaks),
        "detect-secrets": ("detect_secrets", detect_secrets),
    }
    return {name: scan for name, (module, scan) in known.items() if importlib.util.find_spec(module)}


def kingfisher(texts: Sequence[str]) -> list[Ranges]:
    """Scan with all rules that kingfisher takes for at least moderately sure, as it does by itself."""
    from kingfisher_sdk import Scanner

    scanner = Scanner()
    return [_places(text, [found.secret for found in scanner.scan(text) if found.visible]) for text in texts]


def betterleaks(texts: Sequence[str]) -> list[Ranges]:
    """Scan with the rules betterleaks comes with, each text a file."""
    program = Path(sys.executable).with_name("betterleaks")
    values = defaultdict[str, list[str]](list)
    with tempfile.TemporaryDirectory() as place:
        files, report = _written(Path(place, "texts"), texts), Path(place, "found.jsonl")
        quiet = ["--jsonl", "--no-banner", "--exit-code=0", "--no-allow-signatures", "-o", str(report)]
        subprocess.run([program, Path(place, "texts"), *quiet], check=True, capture_output=True)
        for line in report.read_text("utf-8").splitlines():
            finding = json.loads(line).get("finding")
            if finding:
                values[Path(finding["location"]["path"]).name].append(finding["match"]["value"])
    return [_places(text, values[file.name]) for text, file in zip(texts, files, strict=True)]


def detect_secrets(texts: Sequence[str]) -> list[Ranges]:
    """Scan with all of detect-secrets' plugins and filters, each text a file, as its command does."""
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import default_settings

    with default_settings(), tempfile.TemporaryDirectory() as place:
        files = _written(Path(place), texts)
        return [
            _places(text, [found.secret_value or "" for found in scan_file(str(file))])
            for text, file in zip(texts, files, strict=True)
        ]


def _written(directory: Path, texts: Sequence[str]) -> list[Path]:
    """Write each text into a file of its own."""
    directory.mkdir(exist_ok=True)
    files = [directory / f"{number}.txt" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, "utf-8")
    return files


def _places(text: str, values: Sequence[str]) -> Ranges:
    """Return everywhere the values stand in a text."""
    found = []
    for value in filter(None, dict.fromkeys(values)):
        start = text.find(value)
        while start >= 0:
            found.append((start, start + len(value)))
            start = text.find(value, start + len(value))
    return found
