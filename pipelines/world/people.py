"""Who uses Bloom: about one person for every ten interactions, each with a consent story."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipelines.world.dates import LOGS_FROM, LOGS_UNTIL
from pipelines.world.dice import Dice
from pipelines.world.stories import STORIES
from pipelines.world.tenants import SHARED_TENANT, TENANTS, Tenant

AGE_BANDS = {"adult": 85, "16-17": 4.5, "13-15": 3, "under-13": 1.5, "unknown": 6}
VOICES = ("plain", "terse", "warm", "thorough")
_ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True)
class Person:
    """One person with one tenant.

    Attributes:
        product_id: The product's own id; Lineweight keeps a pseudonym of it only.
        story: Key of ``STORIES``: what the person said about training, and when.
        country: Where the person is, as the product's log says; ``unknown`` where it does not.
        told_country: Where the person is, as the consent form says.
        logs_age: Whether the product's log knows the age band; the consent form does in any case.
        voice: How the person writes, one of ``VOICES``.
        activity: How much the person says, compared with others.
        joined_at: The person's first day, UTC.
    """

    tenant: Tenant
    product_id: str
    story: str
    country: str
    told_country: str
    age_band: str
    logs_age: bool
    voice: str
    activity: float
    joined_at: datetime

    @property
    def key(self) -> tuple[str, str]:
        """The tenant's slug and the product's id."""
        return self.tenant.slug, self.product_id


def people(seed: int, records: int) -> list[Person]:
    """Return everybody; the first two are those whose withdrawals the demo follows.

    Args:
        seed: Seed of the world.
        records: How many interactions they will have together.
    """
    dice = Dice(seed, "people")
    followed = next(tenant for tenant in TENANTS if tenant.slug == SHARED_TENANT)
    late = _followed(dice, followed, "withdrawn-late", "de")
    in_time = _followed(dice, followed, "withdrawn-in-time", "fr")
    others = [_person(dice) for _ in range(max(60, records // 10) - 3)]
    others[1] = replace(others[1], tenant=followed, story="withdrawn-unreadably", activity=4.0)
    # The same account in two workspaces: one id of the product, two people to Lineweight.
    host = next(tenant for tenant in TENANTS if tenant.slug == "copperline")
    twin = _person(dice, tenant=host, product_id=others[0].product_id)
    if others[0].tenant is host:
        twin = _person(dice, tenant=followed, product_id=others[0].product_id)
    return [late, in_time, *others, twin]


def _followed(dice: Dice, tenant: Tenant, story: str, country: str) -> Person:
    product_id = _product_id(dice)
    return Person(tenant, product_id, story, country, country, "adult", True, "plain", 0, LOGS_FROM)


def _product_id(dice: Dice) -> str:
    return "usr_" + dice.text(_ID_ALPHABET, 12)


def _person(dice: Dice, tenant: Tenant | None = None, product_id: str = "") -> Person:
    at = tenant or dice.choices(TENANTS, [one.weight for one in TENANTS])[0]
    country = dice.weighted(at.countries)
    known = country != "unknown" and dice.chance(0.85)
    early = dice.chance(0.6)
    return Person(
        tenant=at,
        product_id=product_id or _product_id(dice),
        story=dice.weighted({name: story.weight for name, story in STORIES.items()}),
        country=country if known else "unknown",
        told_country=country,
        age_band=dice.weighted(AGE_BANDS),
        logs_age=dice.chance(0.5),
        voice=dice.choice(VOICES),
        activity=min(dice.paretovariate(1.6), 4.0),
        joined_at=LOGS_FROM if early else dice.between(LOGS_FROM, LOGS_UNTIL - timedelta(days=30)),
    )
