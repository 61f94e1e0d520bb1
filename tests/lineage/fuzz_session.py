"""A long session of fuzzing: ``python -m tests.lineage.fuzz_session SECONDS [READER …]``.

Every reader of `tests.lineage.fuzz_targets` is given changed bytes for so many seconds, and then, for as long as all of
them together, bits are flipped in every file of the evidence. Prints how often, how long the slowest took, how much the
process grew, and everything that was not refused in words.
"""

import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

from tests.lineage.fuzz_targets import Target, change_any, targets
from tests.lineage.fuzzing import refused_in_words_or_read
from tests.lineage.tamper.attack import Attack, Attacker, Copy, by_directory
from tests.lineage.tamper.tables import NOT_COVERED
from tests.lineage.tamper.world import Genuine, build

SEED = 77
MOST_MEMORY_BYTES = 6 << 30
UNTOUCHED = Attack("nothing", Attacker.FILES, lambda copy: None)


def main(seconds: float, only: list[str]) -> None:
    """Run a session."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "scratch").mkdir()
        genuine = build(Path(place) / "world")
        readers = targets(genuine, Path(place) / "scratch")
        chosen = {name: reader for name, reader in readers.items() if not only or name in only}
        for name, reader in chosen.items():
            say(name, read_changed(reader, random.Random(f"{SEED} {name}"), seconds))
        if not only:
            say("bits", flip_bits(genuine, Path(place) / "flipped", seconds * len(chosen)))


def say(name: str, told: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{name:18} {told}\n")
    sys.stdout.flush()


def read_changed(reader: Target, chance: random.Random, seconds: float) -> str:
    """Give a reader changed bytes for so many seconds, and return what came of it."""
    runs = refused = 0
    slowest, found, grown = 0.0, Counter[str](), _memory_mib()
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        seed = chance.getrandbits(64)
        data, began = change_any(reader, random.Random(seed)), time.monotonic()
        try:
            refused += refused_in_words_or_read(reader.read, data)
        except Exception as error:  # noqa: BLE001
            last = traceback.extract_tb(error.__traceback__)[-1]
            found[f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno}, first with seed {seed}"] += 1
        slowest = max(slowest, time.monotonic() - began)
        runs += 1
    told = f"{runs:8,} runs, {refused:8,} refused, slowest {slowest * 1000:6.1f} ms, grew {_memory_mib() - grown} MiB"
    return f"{told}; found: {dict(found) or 'nothing'}"


def flip_bits(genuine: Genuine, tree: Path, seconds: float) -> str:
    """Flip one bit after the other, in an order that is drawn, for so many seconds, and return what came of it."""
    copy, chance = Copy(Path(shutil.copytree(genuine.taken, tree)), genuine), random.Random(SEED)
    files = sorted(path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file())
    places = [(path, place) for path in files if path not in NOT_COVERED for place in range(len(copy.read(path)))]
    chance.shuffle(places)
    flips, unseen, ends = 0, [], time.monotonic() + seconds
    for path, place in places:
        if time.monotonic() > ends:
            break
        whole, bit = copy.read(path), 1 << chance.randrange(8)
        copy.write(path, whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
        if not by_directory(copy, UNTOUCHED).refused:
            unseen.append((path, place, bit))
        copy.write(path, whole)
        flips += 1
    return f"{flips:8,} of {len(places):,} bytes flipped, unseen: {unseen or 'none'}"


def _memory_mib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
