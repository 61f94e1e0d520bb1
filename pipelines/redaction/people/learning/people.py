"""Made-up people and where they live, in the spelling of many countries."""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.redaction.people.features import gazetteer
from pipelines.redaction.people.learning.lists import lists


class People:
    """Makes names and addresses up; the same seed makes up the same ones.

    Args:
        seed: Any text.
    """

    def __init__(self, seed: str) -> None:
        import faker

        self.random = random.Random(seed)  # noqa: S311  # nothing secret depends on it
        self._fakers = {locale: faker.Faker(locale) for locale in dict.fromkeys(lists()["locales"])}
        for locale, fake in self._fakers.items():
            fake.seed_instance(f"{seed} {locale}")
        names = gazetteer()
        self._known = {"given": _levels(names, 3, 3), "family": _levels(names, 1, 3)}

    def anywhere(self) -> Any:
        """Return Faker for one of the countries."""
        return self._fakers[self.one_of("locales")]

    def english(self) -> Any:
        """Return Faker for the United States."""
        return self._fakers["en_US"]

    def one_of(self, name: str) -> str:
        """Return one entry of a list in ``lists.yaml``."""
        return self.random.choice(lists()[name])

    def often(self, share: float) -> bool:
        """Return ``True`` so often."""
        return self.random.random() < share

    def person(self) -> str:
        """Return a name of one to four words."""
        shape = self.random.random()
        if shape < 0.15:
            return self.given()
        if shape < 0.22:
            return f"{self.given()} {self.random.choice('ABCDEFGHJKLMNPRSTW')}. {self.family()}"
        if shape < 0.27:
            return f"{self.given()} {self.given()} {self.family()}"
        if shape < 0.31:
            particle = self.one_of("particles")
            return f"{self.given()} {particle}{'' if particle[0] in 'OM' else ' '}{self.family()}"
        return f"{self.given()} {self.family()}"

    def given(self) -> str:
        """Return a given name: half of the time from a country's list, else from the gazetteer."""
        name = str(self.anywhere().first_name()) if self.often(0.5) else self._of("given")
        return f"{name}-{self._of('given')}" if self.often(0.02) else name

    def family(self) -> str:
        """Return a family name: half of the time from a country's list, else from the gazetteer."""
        return str(self.anywhere().last_name()) if self.often(0.5) else self._of("family")

    def initials(self) -> str:
        """Return a name of which a part is a letter."""
        letter = self.random.choice("ABCDEFGHJKLMNPRSTVW")
        return self.random.choice(
            (f"{letter}. {self.family()}", f"{self.family()} {letter}.", f"{self.given()} {letter}.")
        )

    def company(self) -> str:
        """Return a company's name, after one family or two."""
        return self.one_of("companies").replace("{}", self.family(), 1).replace("{}", self.family())

    def street(self) -> str:
        """Return the first line of an address, of a shape that is used somewhere."""
        if self.often(0.3):
            return str(self.anywhere().street_address()).replace("\n", ", ")
        if self.often(0.08):
            return self.one_of("boxes").format(self.number())
        line = self._street_here() if self.often(0.5) else self._street_abroad()
        if self.often(0.25):
            unit = self.one_of("units").format(self.random.choice((self.number(), "4B", "12", "3A", "C")))
            line = f"{line}{self.random.choice((' ', ', ', chr(10)))}{unit}"
        return line

    def address(self) -> str:
        """Return a whole postal address on one line or several."""
        if self.often(0.3):
            address = str(self.anywhere().address())
            return address if self.often(0.5) else address.replace("\n", self.random.choice((", ", " ")))
        if self.often(0.04):
            box = f"PSC {self.number()}, Box {self.number()}" if self.often(0.5) else f"Unit {self.number()}"
            return f"{box}\n{self.random.choice(('APO', 'FPO', 'DPO'))} A{self.random.choice('EPA')} {self.digits(5)}"
        gap = self.random.choice((", ", ", ", "\n", "\n", " ", "\n "))
        abroad, here = self.anywhere(), self.english()
        ending = self.one_of("endings").format(
            city=self.city(),
            region=here.state_abbr() if self.often(0.5) else here.state(),
            code=self.random.choice((self.digits(5), self.digits(5), self.digits(4), str(abroad.postcode()))),
            country=here.country(),
            gap=gap,
        )
        return self.street() + gap + ending

    def city(self) -> str:
        """Return a city; none of Italy's, which Faker keeps in a set, in another order in every process."""
        locale = self.one_of("locales")
        return str(self._fakers["fr_FR" if locale == "it_IT" else locale].city())

    def date(self) -> str:
        """Return a day from 1970 to 2025 in one of the usual forms."""
        return str(self.english().date(self.one_of("dates"), end_datetime=datetime(2026, 1, 1, tzinfo=UTC)))

    def number(self) -> str:
        """Return a number, more often a small one."""
        return str(self.random.randint(1, self.random.choice((9, 99, 99, 999, 9999))))

    def digits(self, count: int) -> str:
        """Return so many digits."""
        return "".join(self.random.choice("0123456789") for _ in range(count))

    def _street_here(self) -> str:
        kind = self.one_of("streets")
        if self.often(0.15):
            return f"{self.number()} {self.random.randint(1, 180)}th {kind}"
        return f"{self.number()} {self.random.choice(('', '', '', 'N ', 'West ', 'E. '))}{self._street_name()} {kind}"

    def _street_abroad(self) -> str:
        line, number, place = (
            self.one_of("streets_abroad").format(self._street_name()),
            self.number(),
            self.random.random(),
        )
        line = f"{line} {number}" if place < 0.6 else f"{number} {line}" if place < 0.8 else f"{number}, {line}"
        return f"{self.random.randint(1, 99)} {line}" if self.often(0.15) else line

    def _street_name(self) -> str:
        return self.family() if self.often(0.6) else self.one_of("street_names")

    def _of(self, kind: str) -> str:
        return self.random.choice(self._known[kind][self.often(0.5)]).title()


def _levels(names: Mapping[str, int], unit: int, base: int) -> tuple[list[str], list[str]]:
    """Return the known and the common names of one kind, which a standing holds in one of its digits."""
    known, common = ([name for name, code in names.items() if code // unit % base == level] for level in (1, 2))
    return known, common
