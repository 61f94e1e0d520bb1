"""The tree over the people of a snapshot: sorted, counted, a function of the leaves, and what it can show."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage import merkle
from lineage.leaf import digest_column
from lineage.proving.data_subjects import DATA_SUBJECT_SCHEMA, data_subjects, entries, stated, tree
from lineage.proving.proofs import Neighbour, PersonProof, prove_person
from lineage.verifying.links import Link
from tests.lineage.harm import DIRECTORY, broken, verified
from tests.lineage.small_snapshot import SmallWorld

commitments = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=24)


def people_of(*columns: list[bytes]) -> pa.Table:
    return data_subjects([digest_column(column) for column in columns])


def person(number: int) -> bytes:
    return bytes([number]) * 32


def test_people_are_sorted_and_their_records_added_up_over_all_shards():
    people = people_of([person(7), person(3), person(7)], [person(3), person(200)])
    assert people.schema == DATA_SUBJECT_SCHEMA
    assert [row["data_subject_commitment"][0] for row in people.to_pylist()] == [3, 7, 200]
    assert people["records"].to_pylist() == [2, 2, 1]
    assert entries(people)[0] == person(3) + (2).to_bytes(8, "big")


@given(commitments, st.randoms(use_true_random=False))
def test_the_root_does_not_depend_on_how_the_records_lie_in_shards(held, random):
    shuffled = list(held)
    random.shuffle(shuffled)
    cut = random.randint(0, len(held))
    assert stated(people_of(held)) == stated(people_of(shuffled[:cut], shuffled[cut:]))


@given(commitments, st.binary(min_size=32, max_size=32))
def test_of_everybody_it_can_be_shown_that_they_are_in_or_that_they_are_not(held, somebody):
    people = people_of(held)
    root = bytes.fromhex(stated(people).root)
    for asked in (*held, somebody):
        proof = prove_person(people, asked)
        assert proof.holds(root)
        assert proof.records == held.count(asked)
        assert not proof.holds(merkle.leaf_hash(root))


@given(commitments, st.data())
def test_nobody_who_is_in_can_be_shown_to_be_out(held, data):
    """Of all pairs of entries, with all that is known of the tree, none shows that a member is missing."""
    people = people_of(held)
    root, hashes, listed = bytes.fromhex(stated(people).root), tree(people), entries(people)
    hidden = data.draw(st.sampled_from(held))

    def neighbour(place: int) -> Neighbour:
        records = int.from_bytes(listed[place][32:], "big")
        return Neighbour(place, listed[place][:32], records, tuple(merkle.inclusion_proof(hashes, place)))

    places = [place for place in range(len(listed)) if listed[place][:32] != hidden]
    chosen = data.draw(st.lists(st.sampled_from(places), max_size=2)) if places else []
    count = data.draw(st.sampled_from([len(listed), len(listed) - 1, len(listed) + 1, 0]))
    assert not PersonProof(hidden, count, tuple(map(neighbour, chosen))).holds(root)


@pytest.mark.parametrize(
    "forged",
    [
        lambda proof: PersonProof(proof.commitment, proof.count, proof.neighbours[:1]),
        lambda proof: PersonProof(proof.commitment, proof.count, proof.neighbours[1:]),
        lambda proof: PersonProof(proof.commitment, proof.count, ()),
        lambda proof: PersonProof(proof.commitment, proof.count + 1, proof.neighbours),
        lambda proof: PersonProof(person(30), proof.count, proof.neighbours),
        lambda proof: PersonProof(proof.commitment, proof.count, proof.neighbours[:1] * 2),
    ],
    ids=["only before", "only after", "nothing", "another size", "beyond both", "one twice"],
)
def test_a_proof_with_a_gap_shows_nothing(forged):
    people = people_of([person(1), person(9), person(20), person(40)])
    root = bytes.fromhex(stated(people).root)
    honest = prove_person(people, person(15))
    assert [one.index for one in honest.neighbours] == [1, 2]
    assert honest.holds(root)
    assert not forged(honest).holds(root)


def test_a_snapshot_that_leaves_a_person_out_of_its_people_is_refused(world: SmallWorld):
    manifest = world.publish()
    for changed in ({"count": manifest.data_subjects.count - 1}, {"root": "0" * 64}):
        document = manifest.document()
        document["data_subjects"] |= changed
        world.sign(type(manifest).model_validate(document))
        assert broken(verified(world)) == Link.DATA_SUBJECTS
    world.sign(manifest)
    assert verified(world, DIRECTORY).verified
