"""A certificate for a model: its weights, what they learned from, on what grounds, and what was verified and what not.

The chain is verified first, from the weights to the leaves of the snapshot; a model that does not verify gets no
certificate. Records, people and customers are counted and not named.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from lineage import training_statement as training
from lineage.canonical import rfc3339
from lineage.certificates.certificate import Certificate, Document, Enclosed, certified
from lineage.certificates.enclosing import LogProofs, enclose_statement, issuer, snapshot_facts
from lineage.home import Home
from lineage.models import MODELS, Model, NotVerifiedError, model_directories, open_model
from lineage.predicate import read_predicate
from lineage.proving.data_subjects import COMMITMENT
from lineage.snapshot import Snapshot, find_snapshot
from lineage.statement import TrustedKey, open_envelope
from lineage.ticket import RELEASE_PREDICATE, Terms
from lineage.trace import trace_model
from lineage.trace.evidence import noting
from lineage.training_admission import TICKET_FILE
from lineage.verifying.consents import NO_LEDGER
from lineage.verifying.links import Link
from lineage.verifying.logged import LogEvidence
from lineage.verifying.model import TRAINING_FILE
from lineage.verifying.verify import verify_path
from policies.errors import UsageError

BASE_MODEL = "base-model"
TRACED = ("records", "readings", "tokens", "optimizer_steps", "skipped", "grounds", "consent_today", "weights")


@dataclass
class ModelCertificate:
    """Makes the certificate of one model.

    Attributes:
        home: Where everything is.
        trusted: The keys that may have signed.
        at: The instant for which consents are asked about, on both clocks, UTC.
        statements: Enclose the snapshot's signed statement, which names every customer of its pool.
    """

    home: Home
    trusted: Sequence[TrustedKey]
    at: datetime
    statements: bool = True
    enclosed: Enclosed = field(default_factory=Enclosed)

    def of(self, place: Path) -> Certificate:
        """Return the certificate of a model.

        Args:
            place: Its directory, in the home.

        Raises:
            NotVerifiedError: A link of the chain is broken; the message names it.
            UsageError: There is no model of this home.
        """
        home, root = self.home, self.home.warehouse.local_path().resolve()
        directory = place.resolve().relative_to(root).as_posix() if place.resolve().is_relative_to(root) else ""
        if not directory.startswith(f"{MODELS}/"):
            raise UsageError(f"{place}: is no model of this home.", remedy="Name a model, as NAME or NAME/RUN.")
        opened = open_envelope(home.warehouse.read(f"{directory}/{TRAINING_FILE}"), self.trusted)
        stated = training.dependency(opened.predicate, training.SNAPSHOT_STATEMENT).sha256
        log = LogEvidence(self._log.proofs([opened.statement_digest, stated]))
        report = verify_path(place, self.trusted, log=log)
        if report.broken is not None:
            raise NotVerifiedError(f"{directory}: {report.broken.link}: {report.broken.detail}")
        traced = trace_model(place, home.ledger(), self.trusted, self.at)
        model = open_model(home.warehouse, directory, self.trusted)
        snapshot = Snapshot.open(home.warehouse, find_snapshot(home.warehouse, model.snapshot), self.trusted)
        predicate = model.opened.predicate
        label = f"{model.name}/{model.run}"
        document = {
            "kind": "model",
            "at": rfc3339(self.at),
            "issuer": issuer(home, self.enclosed),
            **model.document(),
            **{name: traced[name] for name in TRACED},
            **_people(model, snapshot),
            "by_source": _by_source(traced["by_source"]),
            "statement": model.opened.statement_digest,
            "signed_by": list(model.opened.key_ids),
            "enclosed": self.enclosed.add_json(
                f"training/{label}", home.warehouse.read(f"{directory}/{TRAINING_FILE}")
            ),
            "log": self._log.enclose(f"log/{label}", model.opened.statement_digest, self.enclosed),
            "trained_on": {
                **snapshot_facts(snapshot),
                "enclosed": enclose_statement(home, snapshot, self.enclosed) if self.statements else None,
                "log": self._log.enclose(f"log/{model.snapshot}", snapshot.statement_digest, self.enclosed),
            },
            "ticket": self._ticket(directory, label),
            "consumption_root": training.consumption(predicate).root,
            "verified": {
                "checks": [_check(check.link, check.detail) for check in report.checks],
                "not_checked": [sentence for sentence in report.not_checked if sentence != NO_LEDGER],
            },
            "descends_from": [one.document() for one in training.dependencies(predicate, BASE_MODEL)],
            **self._descendants(model),
        }
        return certified(document, self.enclosed, home.vault())

    def _ticket(self, directory: str, label: str) -> Document:
        """Enclose the release ticket that the run was admitted by, and return what it says."""
        data = self.home.warehouse.read(f"{directory}/{TICKET_FILE}")
        opened = open_envelope(data, self.trusted)
        terms = read_predicate(opened, RELEASE_PREDICATE, Terms, "The release ticket")
        return {
            **terms.document(),
            "digest": opened.statement_digest,
            "signed_by": list(opened.key_ids),
            "enclosed": self.enclosed.add_json(f"ticket/{label}", data),
        }

    def _descendants(self, model: Model) -> Document:
        """Return the models of this home that were trained from this one's weights, and those that did not verify."""
        own = set(training.stated_weights(model.opened.artifacts).values()) | {model.opened.statement_digest}
        found: list[str] = []
        unverified: list[dict[str, str]] = []
        for directory in model_directories(self.home.warehouse):
            with noting(unverified, directory):
                opened = open_envelope(self.home.warehouse.read(f"{directory}/{TRAINING_FILE}"), self.trusted)
                if any(base.sha256 in own for base in training.dependencies(opened.predicate, BASE_MODEL)):
                    found.append(directory.removeprefix(f"{MODELS}/"))
        return {"descendants": found, "unverified": unverified}

    @cached_property
    def _log(self) -> LogProofs:
        return LogProofs(self.home)


def _people(model: Model, snapshot: Snapshot) -> Document:
    """Count the people who wrote what was read, and the customers whose it was."""
    parts, tenants = [], set()
    for place, shard in enumerate(snapshot.manifest.shards):
        rows = model.read.filter(pc.equal(model.read["shard"], place))["row"].combine_chunks()
        if len(rows):
            tenants.add(shard.tenant)
            parts.append(snapshot.leaves_file(place)[COMMITMENT].take(rows).cast(pa.binary()))
    chunks = [chunk for part in parts for chunk in part.chunks]
    people = pc.count_distinct(pa.chunked_array(chunks, pa.binary())).as_py()
    return {"people": people, "tenants": len(tenants)}


def _by_source(rows: Sequence[Document]) -> list[Document]:
    """Add up over customers what was counted by customer and source."""
    ordered = sorted(rows, key=lambda row: row["source"] or "")
    return [
        {
            "source": source or None,
            "records": sum(row["records"] for row in of_source),
            "tokens": sum(row["tokens"] for row in of_source),
            "first_step": min(row["first_step"] for row in of_source),
            "last_step": max(row["last_step"] for row in of_source),
        }
        for source, of_source in (
            (key, list(group)) for key, group in groupby(ordered, key=lambda row: row["source"] or "")
        )
    ]


def _check(link: str, detail: str) -> dict[str, Any]:
    """Return a link that holds; of the one whose detail names customers, without it."""
    return {"link": link, "detail": "" if link.endswith(Link.TENANTS) else detail}
