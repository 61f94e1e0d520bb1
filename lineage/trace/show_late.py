"""The late-news report as a person reads it: what to act on first, then what nobody could have known."""

from collections.abc import Mapping
from typing import Any

from lineage.commands.wording import moment
from lineage.trace.saying import enumerate_sentences, grid, say
from lineage.trace.turning import When

Document = Mapping[str, Any]


def show_late(document: Document) -> None:
    """Show what was used after and before it was known that it should not be."""
    after, before, totals = (
        document["used_after_it_was_known"],
        document["used_before_it_was_known"],
        document["totals"],
    )
    since = f", since {moment(document['since'])}" if document["since"] else ""
    say(f"What was used although somebody had said no, as known at {moment(document['asked_at'])}{since}.")
    if after:
        say(
            f"[red]Used after it was known: {_count(totals['after']['models'], 'model')} read "
            f"{_count(totals['after']['records'], 'record')}, against {_count(totals['after']['news'], 'statement')}. "
            "Act on these.[/red]"
        )
        grid(
            "Used after it was known",
            ("tenant", "who", "said", "known since", "model", "run", "trained", "records", "readings", "steps"),
            (_model_row(news, model) for news in after for model in news["models"]),
        )
    else:
        say("Nothing was used after it was known.")
    if before:
        say(
            f"Used before it was known: {_count(totals['before']['records'], 'record')} in "
            f"{_count(totals['before']['snapshots'], 'snapshot')} and {_count(totals['before']['models'], 'model')}. "
            "This was lawful as far as was known."
        )
        grid(
            "Used before it was known",
            ("tenant", "who", "said", "effective", "recorded", "later by", "snapshots", "models", "records"),
            (_news_row(news) for news in before),
        )
    else:
        say("Nothing was used between the day something took effect and the day it became known.")
    for title, name in (("Not looked up", "not_looked_up"), ("Does not verify, and was not followed", "unverified")):
        told = [one if isinstance(one, str) else f"{one['directory']}: {one['why']}" for one in document[name]]
        enumerate_sentences(title, told)


def _model_row(news: Document, model: Document) -> list[object]:
    steps = f"{model['first_step']}-{model['last_step']}"
    trained = moment(model["started_at"])
    if model["when"] == When.DURING:
        trained += " (under way when it became known)"
    said = [news["tenant"], _who(news), news["state"], moment(news["known_at"])]
    return [*said, model["model"], model["run"], trained, model["records"], model["readings"], steps]


def _news_row(news: Document) -> list[object]:
    later = "" if news["recorded_days_later"] is None else f"{news['recorded_days_later']} days"
    said = [news["tenant"], _who(news), news["state"], moment(news["effective_at"]), moment(news["recorded_at"]), later]
    return [*said, len(news["snapshots"]), len(news["models"]), news["records"]]


def _who(news: Document) -> str:
    people = news["people"]
    if news["kind"] == "agreement":
        return "the tenant's agreement"
    if news["kind"] == "everyone":
        return "everyone of the tenant"
    return people[0] if len(people) == 1 else _count(len(people), "person", "people")


def _count(number: int, one: str, several: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
