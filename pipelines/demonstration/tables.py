"""The demo, told to a person: what came in, what was let through and why, and how the weights answer for it."""

import json
from datetime import UTC, datetime

from rich.rule import Rule

from lineage.commands.snapshot_views import show_verification
from lineage.trace import trace_model, trace_person
from lineage.trace.show import show_model, show_person
from pipelines.demonstration.demo import MAIN, Journey
from pipelines.demonstration.officers import APPROVER, AUTHOR
from pipelines.journey import governed_parts
from pipelines.reports import added, most_first
from policies.terminal import out, table


def show_demo(journey: Journey) -> None:
    """Print the whole story, in the order in which it happened."""
    _show_world(journey)
    _show_funnel(journey)
    _show_redaction(journey)
    _show_snapshots(journey)
    _show_weights(journey)
    _show_person(journey)
    _show_next(journey)


def _show_world(journey: Journey) -> None:
    counts = journey.world.counts
    _heading("The world")
    _say(
        f"Bloom, an app builder, and everything below, is generated from seed {journey.world.seed}. "
        "So are its keys and salts: whoever knows the seed can read everything. Never do so with people's data."
    )
    scopes = {event.tenant: event.scope.value for event in journey.deployment.ledger.agreements()}
    rows = [(tenant, scopes.get(tenant, "no agreement"), count) for tenant, count in sorted(counts.by_tenant.items())]
    out.print(table("Tenants", ("tenant", "agreement, last heard", "interactions"), rows))
    people = most_first(counts.people)
    out.print(table("People, by what they said about training", ("story", "people"), people))


def _show_funnel(journey: Journey) -> None:
    counts = journey.records()
    denied = journey.snapshot().manifest.counts.denied_by_reason
    redacted = sum(part.redacted for part in governed_parts(journey.deployment))
    rows = [("landed: everything the logs held", counts["landed"])]
    rows += [(f"  quarantined: {reason}", -count) for reason, count in journey.quarantined_by_reason().items()]
    rows += [(f"  denied: {reason}", -count) for reason, count in most_first(denied)]
    rows += [(f"published in {journey.snapshot().manifest.label}", counts["permitted"])]
    _heading("The funnel")
    out.print(table("What became of the interactions", ("stage", "records"), rows))
    _say(f"{redacted:,} governed records held something to redact.")


def _show_redaction(journey: Journey) -> None:
    found = journey.recall.document()
    rows = [
        (kind, counts["planted"], counts["found"], f"{counts['found'] / counts['planted']:.0%}")
        for kind, counts in found["by_type"].items()
    ]
    rows += [("all", found["planted"], found["found"], f"{found['found'] / max(found['planted'], 1):.0%}")]
    _heading("Redaction")
    out.print(table("Planted values that are gone from the governed text", ("type", "planted", "gone", "recall"), rows))
    entities = most_first(added(part.entities for part in governed_parts(journey.deployment)))
    _say("Replaced in all: " + ", ".join(f"{count:,} {kind}" for kind, count in entities) + ".")


def _show_snapshots(journey: Journey) -> None:
    _heading("Snapshots")
    rows = [
        (manifest.label, manifest.pool.tenant or "shared", len(manifest.tenant_roots), manifest.rows, manifest.root)
        for manifest in journey.manifests()
    ]
    out.print(table("Published", ("snapshot", "pool", "tenants", "records", "root"), rows))
    _say(
        f"The policy was put in force by two officers, {AUTHOR} and {APPROVER}. {AUTHOR} released {MAIN} for training; "
        "the others are not released, and nothing trains on them."
    )


def _show_weights(journey: Journey) -> None:
    deployment = journey.deployment
    steps = [json.loads(line) for line in (journey.model / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    _heading("The weights")
    first, last = steps[0]["loss"], steps[-1]["loss"]
    _say(f"A tiny model learned for {len(steps)} steps; its loss went from {first:.2f} to {last:.2f}.")
    show_verification(journey.verified.document())
    show_model(trace_model(journey.model, deployment.ledger, deployment.home.trusted(), datetime.now(UTC)))


def _show_person(journey: Journey) -> None:
    deployment, person = journey.deployment, journey.world.withdrew_late
    _heading("One person")
    _say(f"{person.product_id} of {person.tenant} {person.about}.")
    show_person(
        trace_person(
            person.tenant,
            person.product_id,
            deployment.warehouse,
            deployment.ledger,
            deployment.vault,
            deployment.home.trusted(),
            datetime.now(UTC),
        )
    )


def _show_next(journey: Journey) -> None:
    home, world = journey.deployment.settings.home, journey.world
    late, in_time = world.withdrew_late, world.withdrew_in_time
    model = journey.model.relative_to(journey.deployment.warehouse.local_path())
    _heading("Look next")
    for command in (
        f"lineweight verify {home}/{model} --home {home}",
        f"lineweight trace person {in_time.product_id} --tenant {in_time.tenant} --home {home}",
        f"lineweight certificate person {late.product_id} --tenant {late.tenant} --out passport.html --home {home}",
        f"lineweight bundle {MAIN} --out {MAIN}.bundle --home {home}",
        f"lineweight verify {MAIN}.bundle --home {home}",
        f"lineweight policy explain model-training --home {home}",
        f"lineweight trace late --home {home}",
        f"lineweight snapshot export {MAIN} --to exported --format jsonl --home {home}",
    ):
        out.print(f"  {command}", soft_wrap=True, highlight=False)
    _say(
        f"The pages: LINEWEIGHT_HOME={home} dg dev, then http://127.0.0.1:3000. "
        f"The files: {home}/demo/logs (what came in), {home}/snapshots and {home}/models (what came out)."
    )
    _say(f"It took {sum(journey.seconds.values()):.0f} s.")


def _heading(title: str) -> None:
    out.print(Rule(title, style="bold"))


def _say(sentence: str) -> None:
    out.print(sentence, highlight=False)
