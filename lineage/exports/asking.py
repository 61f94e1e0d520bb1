"""The queries of figures: SQL over a snapshot's and a model's files, and the commands that know.

Everything here is text, put together for people to read and run; nothing here runs it. Paths are relative to the
home, and commands are run there.
"""

from dataclasses import dataclass

from lineage.exports.figure import ANSWER, Query
from lineage.manifest import SnapshotManifest

EXPORTED = "exported"
"""Where a check takes a snapshot's records out to; whoever checked removes it."""

LEDGER = f"lineweight ledger show --home . --json > {ANSWER}"
BY_NAME = "group by 1 order by 1"


@dataclass(frozen=True, slots=True)
class SnapshotQueries:
    """How figures of one snapshot are found again."""

    manifest: SnapshotManifest

    def shown(self, place: str) -> Query:
        """Return where `snapshot show` says it."""
        return Query(command=f"lineweight snapshot show {self.manifest.label} --home . --json", place=place)

    def of_shards(self, what: str, rest: str = "") -> Query:
        """Return SQL over the manifest's shards, each as ``s``."""
        return Query(sql=select(what, f"({select('unnest(shards) as s', self._file('manifest.json'))})", rest))

    def of_canaries(self, what: str) -> Query:
        """Return SQL over the canaries that were planted, each as ``c``."""
        shape = "map(varchar, struct(planted bigint, found bigint, at_least double))"
        file = f"read_json({self._file('manifest.json')}, columns = {{redaction: 'json'}})"
        maps = select(f"cast(redaction->'residual'->'canaries' as {shape}) as m", file)
        each = select("unnest(map_values(m)) as c", f"({maps})")
        return Query(sql=select(what, f"({each})", "where c.planted > 0"))

    def of_leaves(self, what: str, rest: str = "") -> Query:
        """Return SQL over the leaves."""
        return Query(sql=select(what, self.leaves, rest))

    def by_fact(self, fact: str, together: str = "", fewest: int = 1) -> Query:
        """Return SQL that counts leaves by a fact of the decision that each names.

        What is said of fewer than ``fewest`` people is counted under ``together``.
        """
        return counted_by_fact(fact, f"{self.leaves} as l {self.decided}", together, fewest)

    def by_source(self) -> Query:
        """Return SQL that counts leaves by the source that their file was considered under."""
        return Query(sql=select("b.source, count(*)", f"{self.leaves} as l {self.considered}", BY_NAME))

    def of_batches(self, what: str) -> Query:
        """Return SQL over the ledger's batches, each as ``b``, whose records are in the snapshot."""
        used = select("lower(hex(source_batch_digest))", self.leaves)
        listed = select("unnest(batches) as b", f"'{ANSWER}'")
        return Query(command=LEDGER, sql=select(what, f"({listed})", f"where b.batch in ({used})"))

    def recorded(self, what: str) -> Query:
        """Return SQL over what the ledger says of this snapshot's publication, as ``a``."""
        listed = select("unnest(artifacts) as a", f"'{ANSWER}'")
        this = f"where a.kind = 'snapshot' and a.digest = '{self.manifest.digest()}'"
        return Query(command=LEDGER, sql=select(what, f"({listed})", this))

    def of_records(self, what: str, rest: str = "") -> Query:
        """Return SQL over the records, decrypted into a directory."""
        command = f"lineweight snapshot export {self.manifest.label} --to {EXPORTED} --home ."
        return Query(command=command, sql=select(what, f"'{EXPORTED}/*.parquet'", rest))

    @property
    def leaves(self) -> str:
        """The leaves files."""
        return self._file("leaves/*.parquet")

    @property
    def decided(self) -> str:
        """Joins leaves ``l`` with the decisions ``d``."""
        return f"join {self._file(self.manifest.decisions.path)} as d on lower(hex(l.decision_digest)) = d.digest"

    @property
    def considered(self) -> str:
        """Joins leaves ``l`` with ``b``: batches, and the source that each was considered under."""
        parts = select("unnest(parts) as p", self._file(self.manifest.inputs.path))
        named = "p.batch as batch, string_agg(distinct p.source, ' or ' order by p.source) as source"
        sources = select(named, f"({parts})", "group by 1")
        return f"join ({sources}) as b on lower(hex(l.source_batch_digest)) = b.batch"

    def _file(self, path: str) -> str:
        return f"'{self.manifest.directory}/{path}'"


@dataclass(frozen=True, slots=True)
class ModelQueries:
    """How figures of one model are found again.

    Attributes:
        model: ``name/run``.
        consumption: The consumption ledger, in the home.
        snapshot: Those of the snapshot it was trained on.
    """

    model: str
    consumption: str
    snapshot: SnapshotQueries

    def traced(self, place: str) -> Query:
        """Return where `trace model` says it."""
        return Query(command=f"lineweight trace model {self.model} --home . --json", place=place)

    def of_skipped(self) -> Query:
        """Return SQL that counts what was skipped, by reason."""
        skipped = f"where skipped_reason is not null {BY_NAME}"
        return Query(sql=select("skipped_reason, count(*)", f"'{self.consumption}'", skipped))

    def of_dependencies(self, what: str, name: str) -> Query:
        """Return SQL over what the training statement says was taken in, each as ``d``."""
        taken_in = "'predicate'->'buildDefinition'->'resolvedDependencies'"
        said = f"unnest(cast(decode(from_base64(payload))::json->{taken_in} as json[])) as d"
        each = select(said, f"'models/{self.model}/training.dsse.json'")
        return Query(sql=select(what, f"({each})", f"where d->>'name' = '{name}'"))

    def of_recipe(self, *left_out: str) -> Query:
        """Return SQL over what was asked of the training: names and values, as text, but for some."""
        hidden = ", ".join(f"'{name}'" for name in left_out)
        source = f"read_json_objects('models/{self.model}/recipe.json') as f, json_each(f.json) as e"
        return Query(sql=select("e.key, e.value->>'$'", source, f"where e.type <> 'NULL' and e.key not in ({hidden})"))

    def tokens_once(self) -> Query:
        """Return SQL that counts the tokens of each record once."""
        return Query(sql=select("sum(r.n_tokens)", f"{self._once} as r"))

    def people(self) -> Query:
        """Return SQL that counts the people whose records were read."""
        return Query(sql=select("count(distinct l.data_subject_commitment)", self._read))

    def by_fact(self, fact: str, together: str = "", fewest: int = 1) -> Query:
        """Return SQL that counts records read by a fact, as that of the snapshot."""
        return counted_by_fact(fact, f"{self._read} {self.snapshot.decided}", together, fewest)

    def by_source(self, tokens: bool = False) -> Query:
        """Return SQL that counts records read, or their tokens, by source."""
        what = "sum(r.n_tokens)" if tokens else "count(*)"
        return Query(sql=select(f"b.source, {what}", f"{self._read} {self.snapshot.considered}", BY_NAME))

    @property
    def _once(self) -> str:
        """Each record read, once, with the most tokens any reading of it had."""
        what, file = "record_id, max(n_tokens) as n_tokens", f"'{self.consumption}'"
        return f"({select(what, file, 'where skipped_reason is null group by record_id')})"

    @property
    def _read(self) -> str:
        return f"{self._once} as r join {self.snapshot.leaves} as l using (record_id)"


def counted_by_fact(fact: str, joined: str, together: str, fewest: int) -> Query:
    """Return SQL that counts leaves ``l`` joined with decisions ``d`` by a fact of theirs."""
    if fewest <= 1:
        return Query(sql=select(f"d.facts.{fact}, count(*)", joined, BY_NAME))
    people = "count(distinct l.data_subject_commitment) as people"
    counted = select(f"d.facts.{fact} as value, count(*) as records, {people}", joined, "group by 1")
    named = f"case when people < {fewest} then '{together}' else value end, sum(records)"
    return Query(sql=select(named, f"({counted})", BY_NAME))


def select(what: str, source: str, rest: str = "") -> str:
    """Return a select, in words."""
    return " ".join(part for part in ("select", what, "from", source, rest) if part)
