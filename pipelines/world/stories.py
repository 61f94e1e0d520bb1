"""What people said about training on their words, as stories: sequences of consent events."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pipelines.world.dates import AS_OF, LATE_NEWS, LOGS_FROM, NOTICE_FROM
from pipelines.world.dice import Dice

TRAINING = "train_ai_system"
FINETUNING = "train_ai_system.finetune"
WITHDREW_LATE_AT = datetime(2026, 5, 20, 17, 40, tzinfo=UTC)
WITHDREW_IN_TIME_AT = datetime(2026, 4, 14, 8, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Said:
    """One statement.

    Attributes:
        effective_at: From when it binds.
        late: How long it took to reach the books.
        changes: Fields of the event that differ from the ordinary.
    """

    state: str
    effective_at: datetime
    purposes: tuple[str, ...] = (TRAINING,)
    late: timedelta = timedelta(seconds=2)
    changes: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Story:
    """A kind of story, told from the day a person joined.

    Attributes:
        about: What happens, for a reader.
        weight: How often it happens; 0 for the stories that are told of one person only.
        tell: Returns the statements, given the dice and the day of joining.
    """

    about: str
    weight: float
    tell: Callable[[Dice, datetime], Iterator[Said]]


def _asked(dice: Dice, joined_at: datetime) -> datetime:
    """Return when the person is asked: before the first word, at the earliest when asking began."""
    return max(NOTICE_FROM, joined_at - timedelta(minutes=dice.randint(3, 15 * 24 * 60)))


def _during(dice: Dice, joined_at: datetime, before: datetime = AS_OF) -> datetime:
    return dice.between(max(joined_at, LOGS_FROM) + timedelta(days=7), before - timedelta(days=2))


def _given(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))


def _for_finetuning(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at), (FINETUNING, "train_ai_system.preference"))


def _for_evaluation(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at), ("train_ai_system.evaluation",))


def _for_feedback(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at), changes=(("data_categories", ["user.behavior"]),))


def _without_weights(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at), changes=(("derivatives", False),))


def _given_midway(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("requested", _asked(dice, joined_at))
    yield Said("given", _during(dice, joined_at))


def _retroactive(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _during(dice, joined_at), changes=(("retroactive", True),))


def _renewed(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    given_at = _asked(dice, joined_at)
    yield Said("given", given_at, changes=(("expires_at", given_at + timedelta(days=120)),))
    again_at = given_at + timedelta(days=dice.randint(90, 115))
    if again_at < AS_OF:
        yield Said("renewed", again_at, changes=(("expires_at", again_at + timedelta(days=365)),))


def _expired(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    given_at = _asked(dice, joined_at)
    yield Said("given", given_at, changes=(("expires_at", given_at + timedelta(days=30)),))


def _given_again(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))
    withdrawn_at = _during(dice, joined_at, AS_OF - timedelta(days=10))
    yield Said("withdrawn", withdrawn_at)
    yield Said("given", dice.between(withdrawn_at + timedelta(days=1), AS_OF - timedelta(days=1)))


def _withdrawn(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))
    yield Said("withdrawn", _during(dice, joined_at), late=timedelta(minutes=dice.randint(0, 60 * 24)))


def _withdrawn_for_finetuning(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))
    yield Said("withdrawn", _during(dice, joined_at), (FINETUNING,))


def _withdrawn_later(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))
    yield Said("withdrawn", AS_OF + timedelta(days=dice.randint(3, 20), minutes=dice.randint(0, 600)))


def _withdrawn_late(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))
    yield Said("withdrawn", WITHDREW_LATE_AT, late=LATE_NEWS - WITHDREW_LATE_AT, changes=(("method", "letter"),))


def _withdrawn_in_time(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))
    yield Said("withdrawn", WITHDREW_IN_TIME_AT, late=timedelta())


def _withdrawn_unreadably(dice: Dice, joined_at: datetime) -> Iterator[Said]:
    yield Said("given", _asked(dice, joined_at))
    yield Said("withdrawn", WITHDREW_IN_TIME_AT - timedelta(days=9), ("train_everything",))


def _one_word(state: str) -> Callable[[Dice, datetime], Iterator[Said]]:
    def tell(dice: Dice, joined_at: datetime) -> Iterator[Said]:
        yield Said(state, _asked(dice, joined_at))

    return tell


def _taken_back(state: str) -> Callable[[Dice, datetime], Iterator[Said]]:
    """Tell of a grant that somebody else ends: a guardian, or the desk that finds it void."""

    def tell(dice: Dice, joined_at: datetime) -> Iterator[Said]:
        yield Said("given", _asked(dice, joined_at))
        yield Said(state, _during(dice, joined_at), changes=(("expressed_by", "controller"), ("method", "review")))

    return tell


def _silent(_dice: Dice, _joined_at: datetime) -> Iterator[Said]:
    yield from ()


STORIES = {
    "given": Story("gave consent before the first word", 44, _given),
    "given-for-finetuning": Story("gave consent for fine-tuning and preferences only", 6, _for_finetuning),
    "given-for-evaluation": Story("gave consent for evaluation only", 3, _for_evaluation),
    "given-for-behaviour": Story("gave consent for usage data, not for what they write", 2, _for_feedback),
    "given-without-weights": Story("gave consent, but not for what lasts, such as weights", 2, _without_weights),
    "given-midway": Story("gave consent after a while, for the time from then on", 5, _given_midway),
    "given-retroactively": Story("gave consent after a while, for what went before too", 5, _retroactive),
    "renewed": Story("renewed before it expired", 5, _renewed),
    "expired": Story("let a consent of thirty days run out", 4, _expired),
    "given-again": Story("withdrew, and gave consent again", 3, _given_again),
    "withdrawn": Story("withdrew in time", 5, _withdrawn),
    "withdrawn-for-finetuning": Story("withdrew for fine-tuning only", 2, _withdrawn_for_finetuning),
    "withdrawn-later": Story("withdrew after the snapshot", 2, _withdrawn_later),
    "refused": Story("refused", 4, _one_word("refused")),
    "requested": Story("was asked and has not answered", 3, _one_word("requested")),
    "deferred": Story("asked to be asked again", 1, _one_word("deferred")),
    "revoked": Story("had a consent that a guardian revoked", 1, _taken_back("revoked")),
    "invalidated": Story("had a consent that was found void", 1, _taken_back("invalidated")),
    "never-asked": Story("was never asked", 5, _silent),
    "withdrawn-late": Story("withdrew before the snapshot, and we learned of it after", 0, _withdrawn_late),
    "withdrawn-in-time": Story("withdrew in April, known the same day", 0, _withdrawn_in_time),
    "withdrawn-unreadably": Story("withdrew, in words that name no known purpose", 0, _withdrawn_unreadably),
}
