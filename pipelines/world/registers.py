"""What the consent desk and the contracts desk of Bloom hand over: events in JSON Lines and CSV."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from pipelines.world.dates import written
from pipelines.world.dice import Dice
from pipelines.world.people import Person
from pipelines.world.stories import STORIES, Said
from pipelines.world.tenants import ANSWERS_BY_POST, agreements

Row = dict[str, Any]
_SECOND_NOTICE_FROM = "2026-02-01"
_LANGUAGES = {"de": "de", "fr": "fr", "br": "pt"}
_BERLIN_IN_WINTER = timezone(timedelta(hours=1))
_ID_ALPHABET = "0123456789abcdef"


def consent_rows(seed: int, people: Iterable[Person]) -> list[Row]:
    """Return every consent event, in order of recording; ``data_subject_id`` is the product's own id."""
    dice = Dice(seed, "consents")
    rows = [row for person in people for row in _told(dice, person)]
    return sorted(rows, key=lambda row: (row["recorded_at"], row["event_id"]))


def consents_jsonl(rows: Iterable[Row]) -> str:
    """Return the events of all tenants but one, and what goes wrong in real deliveries.

    The first event comes twice, one grant names a purpose nobody knows, one has a time without a zone.
    """
    told = [row for row in rows if row["tenant"] != ANSWERS_BY_POST]
    given = next(row for row in told if row["state"] == "given")
    spoiled = [
        given | {"event_id": f"{given['event_id']}-unknown-purpose", "purposes": ["improve_everything"]},
        given | {"event_id": f"{given['event_id']}-no-zone", "effective_at": "2026-01-20 10:15:00"},
    ]
    return "".join(_json(row) + "\n" for row in (*told, told[0], *spoiled))


def consents_csv(rows: Iterable[Row]) -> str:
    """Return the events of the tenant that keeps a spreadsheet; its times have the offset of Berlin in winter."""
    return _csv([_as_cells(row) for row in rows if row["tenant"] == ANSWERS_BY_POST])


def agreements_csv() -> str:
    """Return what every tenant agreed to."""
    return _csv([{name: _cell(value) for name, value in row.items()} for row in agreements()])


def _told(dice: Dice, person: Person) -> Iterator[Row]:
    last: str | None = None
    for said in STORIES[person.story].tell(dice, person.joined_at):
        row = _row(dice, person, said, last)
        last = row["event_id"]
        yield row


def _row(dice: Dice, person: Person, said: Said, last: str | None) -> Row:
    event_id = "cns-" + dice.text(_ID_ALPHABET, 16)
    effective_at = written(said.effective_at)
    version = "2" if effective_at >= _SECOND_NOTICE_FROM else "1"
    guarded = person.age_band in ("under-13", "13-15")
    row: Row = {
        "event_id": event_id,
        "tenant": person.tenant.slug,
        "data_subject_id": person.product_id,
        "state": said.state,
        "legal_basis": "consent",
        "purposes": sorted(said.purposes),
        "data_categories": [],
        "retroactive": False,
        "derivatives": True,
        "notice_id": "bloom-training",
        "notice_version": version,
        "language": _LANGUAGES.get(person.told_country, "en"),
        "jurisdiction": person.told_country,
        "age_band": person.age_band,
        "expressed_by": "guardian" if guarded else "data-subject",
        "method": "signed-form" if person.tenant.slug == ANSWERS_BY_POST else "settings-page",
        "evidence": f"consent-forms/v{version}/{event_id}",
        "effective_at": effective_at,
        "expires_at": None,
        "recorded_at": written(said.effective_at + said.late),
        "supersedes": last,
    }
    changes = {name: written(value) if isinstance(value, datetime) else value for name, value in said.changes}
    return row | changes


def _as_cells(row: Row) -> dict[str, str]:
    return {name: _in_winter(value) if name.endswith("_at") else _cell(value) for name, value in row.items()}


def _in_winter(at: str | None) -> str:
    return "" if at is None else datetime.fromisoformat(at).astimezone(_BERLIN_IN_WINTER).isoformat()


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ";".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _csv(rows: list[dict[str, str]]) -> str:
    sheet = io.StringIO(newline="")
    writer = csv.DictWriter(sheet, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return sheet.getvalue()


def _json(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False)
