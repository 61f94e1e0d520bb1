"""Taking in links between the ids of one person, and never letting one that cannot be read hide a "no".

A link joins what two ids said: a refusal by either binds both, and a grant by either may serve both. So a line
that cannot be read is unsafe either way, taken or left: it may hide that somebody who refused is the same
person, or that two people were not one after all. It is not recorded, and every id that can be made out in it
is *suspended*: state ``invalidated`` on ``train_ai_system``, method ``unreadable-link``. Only a grant that takes
effect later lifts that. The same holds for a link whose ``event_id`` stands for another.

Of a file that was cut short nothing is taken: what is missing may undo any of it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from lineage.keys.vault import Vault
from lineage.ledger.fields import PERSON, SAME_AS, read_event, read_person, read_tenant
from lineage.ledger.lines import Line, RejectReason, Shape, is_cut_short
from lineage.ledger.reading import Reading, read_events
from lineage.ledger.suspensions import UNREADABLE_LINK, suspended_person
from policies.consent import ConsentEvent
from policies.consent_event import EVERYONE
from policies.errors import InputError
from policies.person_link import PersonLink

LINKS = Shape(
    names=frozenset(PersonLink.model_fields),
    needed=("tenant", PERSON, SAME_AS),
    lists=frozenset(),
    booleans=frozenset({"linked"}),
)


@dataclass
class LinkReading:
    """A file of links as it is read.

    Attributes:
        links: Iterate over it for the links to record.
        suspensions: What suspends the people of the lines that could not be read, those read so far.
    """

    links: Reading[PersonLink]
    suspensions: list[ConsentEvent] = field(default_factory=list)


def read_links(path: Path, vault: Vault, now: datetime) -> LinkReading:
    """Read person links from JSON Lines or CSV; a line has the fields of ``PersonLink``.

    Both ids are the product's own, or pseudonyms. ``linked`` left out is true, ``recorded_at`` left out is
    ``now``, ``effective_at`` left out is ``recorded_at``, and ``event_id`` left out is made from the content.

    Args:
        path: The file. It is read as ``links`` is iterated over.
        vault: Makes the pseudonyms.
        now: The present, UTC. Nothing was recorded after it.

    Raises:
        InputError: The file cannot be read, was cut short, or a CSV has no usable header; nothing of it may
            be kept.
        UsageError: ``now`` has no zone.
    """
    if is_cut_short(path):
        raise InputError(f"{path.name}: ends before its end.", remedy="Nothing was imported. Deliver it whole.")

    def heard(line: Line) -> PersonLink | None:
        line.fields.setdefault("effective_at", line.fields["recorded_at"])
        tenant = read_tenant(line)
        people = {} if tenant is None else {name: _person(line, tenant, vault, name) for name in (PERSON, SAME_AS)}
        line.fields |= {name: person for name, person in people.items() if person is not None}
        link = read_event(line, PersonLink)
        if link is None and tenant is not None:
            for person in sorted({person for person in people.values() if person is not None}):
                suspended = suspended_person(line, tenant, person, vault, UNREADABLE_LINK)
                reading.suspensions.append(suspended)
                line.suspends = True
        return link

    reading = LinkReading(read_events(path, LINKS, now, heard, lambda _link: False))
    return reading


def _person(line: Line, tenant: str, vault: Vault, name: str) -> str | None:
    """Return who a field names; a link is between people, so it cannot name everyone."""
    person = read_person(line, tenant, vault, name)
    if person != EVERYONE:
        return person
    line.fault(RejectReason.PERSON_UNREADABLE, name)
    return None
