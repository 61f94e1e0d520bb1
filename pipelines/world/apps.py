"""What people build in the fictional app builder Bloom: small applications and their words, from ``apps.csv``."""

import csv
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(frozen=True)
class App:
    """An application a person is building.

    Attributes:
        key: Slug: the name of its folder and its branch.
        title: What the person calls it.
        item, items: What it keeps, singular and plural, in lower case.
        who: Whom it is for.
        when, amount: Column names of its date and of its number.
        first, second, last: Three states an item goes through.
        detail: A wish that only this application has, as a clause after "and".
    """

    key: str
    title: str
    item: str
    items: str
    who: str
    when: str
    amount: str
    first: str
    second: str
    last: str
    detail: str

    @cached_property
    def words(self) -> dict[str, str]:
        """What the templates of this world may say of the application."""
        article = "an" if self.item[0] in "aeiou" else "a"
        return {
            "key": self.key,
            "title": self.title,
            "item": self.item,
            "items": self.items,
            "an_item": f"{article} {self.item}",
            "An_item": f"{article.capitalize()} {self.item}",
            "Item": _camel(self.item),
            "Items": _camel(self.items),
            "table": self.items.replace(" ", "_").replace("-", "_"),
            "route": self.items.replace(" ", "-"),
            "who": self.who,
            "when": self.when,
            "date": "time" if self.when.endswith("_at") else "date",
            "amount": self.amount,
            "first": self.first,
            "second": self.second,
            "last": self.last,
            "detail": self.detail,
        }


def _camel(words: str) -> str:
    return words.title().replace(" ", "").replace("-", "")


def _read() -> tuple[App, ...]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as sheet:
        return tuple(App(**row) for row in csv.DictReader(sheet))


APPS = _read()
