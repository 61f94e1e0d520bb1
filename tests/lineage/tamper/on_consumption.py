"""Attacks on what a model read: the consumption ledger, revocation feeds and the release ticket."""

from collections.abc import Callable

from lineage.canonical import digest_of
from lineage.consumption import CONSUMPTION_SCHEMA
from lineage.verifying.model import NOT_REPEATED
from lineage.verifying.release import NO_LATER_FEED, NO_LATER_REFUSAL, NOT_OTHERS
from tests.lineage.tamper.attack import Attack, Attacker, Copy
from tests.lineage.tamper.forger import LEDGER, MODEL, Document, Forger, payload
from tests.lineage.tamper.touching import flip, ledger, remove, retrained, spare, statement, table

FILES, KEY = Attacker.FILES, Attacker.KEY
TICKET = f"{MODEL}/ticket.dsse.json"
FIRST, SECOND = (f"{MODEL}/revocations/0000{number}.dsse.json" for number in (1, 2))
REVOKED = 19  # the row of the ledger that was skipped as revoked
Rows = list[Document]


def _rows(change: Callable[[Rows], object]) -> Callable[[Copy], object]:
    return table(LEDGER, CONSUMPTION_SCHEMA, change)


def _another_leaf(rows: Rows) -> None:
    rows[0]["leaf"] = bytes(32)


def _another_record(rows: Rows) -> None:
    rows[0]["record_id"] = rows[1]["record_id"]


def _one_epoch(rows: Rows) -> None:
    for row in rows:
        row["epoch"] = 0


def _backwards(rows: Rows) -> None:
    rows.reverse()


def _trained_on_revoked(rows: Rows) -> None:
    rows[REVOKED].update(skipped_reason=None, n_tokens=12)


def _skipped_without_word(rows: Rows) -> None:
    rows[3].update(skipped_reason="revoked", n_tokens=0)


def _forget(forger: Forger, *paths: str) -> None:
    """The statement names some of what it was admitted by no longer."""
    said = forger.predicate["buildDefinition"]
    said["resolvedDependencies"] = [
        one for one in said["resolvedDependencies"] if f"{MODEL}/{one.get('annotations', {}).get('path')}" not in paths
    ]


def _without_second_feed(forger: Forger) -> None:
    _forget(forger, SECOND)
    (forger.tree / SECOND).unlink()
    forger.change_ledger(_trained_on_revoked)


def _feed_heard_late(forger: Forger) -> None:
    forger.dependency("revocation-feed")["annotations"]["from_step"] = "6"
    forger.change_ledger(_trained_on_revoked)


def _feeds_out_of_order(forger: Forger) -> None:
    taken_in = forger.predicate["buildDefinition"]["resolvedDependencies"]
    places = [place for place, one in enumerate(taken_in) if one["name"] == "revocation-feed"]
    first, second = places[-2:]
    taken_in[first], taken_in[second] = taken_in[second], taken_in[first]


def _feed_that_revokes_nothing(forger: Forger) -> None:
    digest = forger.sign_again(SECOND, lambda said: said["predicate"].update(revoked={}))
    forger.dependency("revocation-feed")["digest"] = {"sha256": digest}
    forger.change_ledger(_trained_on_revoked)


def _as_stated(name: str, path: str, spare_name: str) -> Callable[[Copy], object]:
    """A genuine file of something else, which the statement is signed anew to name."""

    def changed(copy: Copy) -> None:
        spare(path, spare_name)(copy)
        forger = copy.forger()
        forger.dependency(name)["digest"] = {"sha256": digest_of(payload(copy.read(path)))}
        forger.save_model()

    return changed


def _own_ticket(forger: Forger) -> None:
    digest = forger.sign_again(TICKET, lambda said: said["predicate"].update(max_epochs=99))
    forger.dependency("release-ticket")["digest"] = {"sha256": digest}


def _hidden_person(forger: Forger) -> None:
    """Nothing of the first person stands in the ledger any more, and every count follows."""
    person = forger.leaves(0).to_pylist()[0]["data_subject_commitment"]
    theirs = {one["record_id"] for one in forger.leaves(0).to_pylist() if one["data_subject_commitment"] == person}

    def without(rows: Rows) -> None:
        rows[:] = [row for row in rows if row["record_id"] not in theirs]

    forger.change_ledger(without)


def _marked_as_skipped(rows: Rows) -> None:
    rows[0].update(skipped_reason="no-assistant-token-within-max-tokens", n_tokens=0)


ATTACKS = (
    Attack("a byte of the ledger is changed", FILES, flip(LEDGER), "consumption ledger"),
    Attack("the optimizer step of a row is changed", FILES, _rows(lambda rows: rows[0].update(optimizer_step=1)),
           "consumption ledger"),
    Attack("a row that says it was skipped is dropped", FILES, _rows(lambda rows: rows.pop(REVOKED)),
           "consumption ledger"),
    Attack("a row is added", FILES, _rows(lambda rows: rows.append(rows[0])), "consumption ledger"),
    Attack("two rows change places", FILES, _rows(lambda rows: rows.insert(0, rows.pop(1))), "consumption ledger"),
    Attack("the ledger is removed", FILES, remove(LEDGER), "consumption ledger"),
    Attack("the ledger is changed, and the statement signed with the old root", KEY,
           lambda copy: _with_old_root(copy), "consumption ledger"),
    Attack("a row names a leaf that the snapshot does not have", KEY, ledger(_another_leaf), "consumption ⊆ snapshot"),
    Attack("a row names another record's id", KEY, ledger(_another_record), "consumption ⊆ snapshot"),
    Attack("a row lies beyond its shard", KEY, ledger(lambda rows: rows[0].update(row=7)), "consumption ⊆ snapshot"),
    Attack("a row lies in a shard that there is not", KEY, ledger(lambda rows: rows[0].update(shard=9)),
           "consumption ⊆ snapshot"),
    Attack("two epochs are written down as one, to stay within a ticket", KEY, ledger(_one_epoch),
           "consumption ledger"),
    Attack("the ledger is written backwards", KEY, ledger(_backwards), "consumption ledger"),
    Attack("an optimizer step is left out of the ledger", KEY,
           ledger(lambda rows: rows.__setitem__(slice(4, 8), [])), "consumption ledger"),
    Attack("the first step is not the first", KEY,
           ledger(lambda rows: [row.update(optimizer_step=row["optimizer_step"] + 1) for row in rows]),
           "consumption ledger"),
    Attack("a record is left out of an epoch that was finished", KEY, ledger(lambda rows: rows.pop(1)),
           "consumption ledger"),
    Attack("a withdrawn person's rows are left out of the ledger", KEY, retrained(_hidden_person),
           "consumption ledger"),
    Attack("the ledger is emptied", KEY, ledger(lambda rows: rows.clear()), "consumption ledger"),
    Attack("a record of the last epoch is left out of the ledger", KEY, ledger(lambda rows: rows.pop(12)),
           untold=NOT_REPEATED),
    Attack("a row says that it was skipped, and was not", KEY, ledger(_marked_as_skipped), untold=NOT_REPEATED),
    # Revocations.
    Attack("a feed is removed", FILES, remove(SECOND), "revocations"),
    Attack("a feed is changed", FILES, flip(SECOND), "revocations"),
    Attack("an older feed in its place", FILES, lambda copy: copy.write(SECOND, copy.read(FIRST)), "revocations"),
    Attack("a later feed in its place", FILES, spare(SECOND, "a later feed"), "revocations"),
    Attack("a record is read after it was revoked", KEY, ledger(_trained_on_revoked), "revocations"),
    Attack("a record is skipped as revoked that nobody revoked", KEY, ledger(_skipped_without_word), "revocations"),
    Attack("the feeds are stated out of order", KEY, retrained(_feeds_out_of_order), "revocations"),
    Attack("the feed that revokes a record is no longer named, and the record was read", KEY,
           retrained(_without_second_feed), untold=NO_LATER_FEED),
    Attack("the feed is said to have been heard only after the record was read", KEY, retrained(_feed_heard_late),
           untold=NOT_REPEATED),
    Attack("a feed that revokes nothing is signed in its place", KEY, retrained(_feed_that_revokes_nothing),
           untold=NO_LATER_FEED),
    # The ticket.
    Attack("the ticket is removed", FILES, remove(TICKET), "release ticket"),
    Attack("the ticket of another snapshot", FILES, spare(TICKET, "ticket of another snapshot"), "release ticket"),
    Attack("another ticket of the same snapshot", FILES, spare(TICKET, "ticket for one epoch"), "release ticket"),
    Attack("a ticket signed by nobody who is trusted", FILES, statement(TICKET, lambda said: None, "stranger"),
           "release ticket"),
    Attack("the ticket of another snapshot, named by the statement", KEY,
           _as_stated("release-ticket", TICKET, "ticket of another snapshot"), "release ticket"),
    Attack("a ticket that had run out", KEY, _as_stated("release-ticket", TICKET, "ticket that ran out"),
           "release ticket"),
    Attack("a ticket for fewer epochs", KEY, _as_stated("release-ticket", TICKET, "ticket for one epoch"),
           "release ticket"),
    Attack("a ticket decided after the training", KEY, _as_stated("release-ticket", TICKET, "ticket of later"),
           "release ticket"),
    Attack("a refusal presented as an approval", KEY, _as_stated("release-ticket", TICKET, "ticket that refuses"),
           "release ticket"),
    Attack("a ticket for another team", KEY, _as_stated("release-ticket", TICKET, "ticket for another team"),
           "release ticket"),
    Attack("the statement names no ticket", KEY, retrained(lambda forger: _forget(forger, TICKET)), "release ticket"),
    Attack("the deployment signs a ticket itself", KEY, retrained(_own_ticket), untold=NOT_OTHERS),
    Attack("the release was refused after the training began", KEY, retrained(lambda forger: None),
           untold=NO_LATER_REFUSAL),
)  # fmt: skip


def _with_old_root(copy: Copy) -> None:
    forger = copy.forger()
    consumed = forger.predicate["runDetails"]["byproducts"][0]
    root = consumed["annotations"]["root"]
    forger.change_ledger(lambda rows: rows[0].update(n_tokens=11))
    forger._follow_files()
    consumed["annotations"]["root"] = root
    forger._follow_files = lambda: None  # type: ignore[method-assign]
    forger.save_model()
