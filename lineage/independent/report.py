"""A refusal, and the report that grows: the links that hold, and what nobody looked at."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyarrow as pa


class Refused(Exception):  # noqa: N818 - it is a verdict, and the word of the page
    """Something does not hold. ``link`` says where, once it is known; the message is one sentence."""

    def __init__(self, fault: str, link: str = "") -> None:
        super().__init__(fault)
        self.link = link


def require(kept: bool, fault: str) -> None:
    """Refuse, in these words, unless something is kept."""
    if not kept:
        raise Refused(fault)


@contextmanager
def link(name: str) -> Iterator[None]:
    """Say of what is refused within that it was this link, and refuse what cannot be read."""
    try:
        yield
    except Refused as refused:
        refused.link = refused.link or name
        raise
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, pa.ArrowException) as error:
        raise Refused("a file cannot be read", name) from error
    except (MemoryError, RecursionError) as error:
        raise Refused("it is larger than can be read", name) from error


@dataclass
class Report:
    """The links that hold, in order, what each was found to say, and what nobody looked at."""

    links: list[tuple[str, str]] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    before: str = ""

    @contextmanager
    def link(self, name: str) -> Iterator[list[str]]:
        """A link: what is told within is what it says, if nothing is refused."""
        told: list[str] = []
        with link(self.before + name):
            yield told
        self.held(name, "; ".join(told))

    def held(self, name: str, told: str) -> None:
        """Enter a link that holds."""
        self.links.append((self.before + name, told))

    def skip(self, what: str) -> None:
        """Enter what nobody looked at, once."""
        if what not in self.not_checked:
            self.not_checked.append(what)
