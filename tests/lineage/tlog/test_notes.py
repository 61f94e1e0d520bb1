"""Notes, checkpoints and proofs: what is accepted is what the log signed, and nothing beside it."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from lineage import merkle
from lineage.dsse import TrustedKey
from lineage.tlog.checkpoint import Checkpoint, open_checkpoint
from lineage.tlog.note import NoteKey, NoteRefusedError, open_note, sign_note
from lineage.tlog.proof import LogProof, read_proof, verify_entry

ORIGIN = "lineweight.example/log"


class Key:
    """An Ed25519 key made from one byte."""

    def __init__(self, seed: int) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.trusted = TrustedKey(self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    @property
    def key_id(self) -> str:
        return self.trusted.key_id

    def sign(self, data: bytes) -> bytes:
        return self._private.sign(data)


LOG, STRANGER = Key(1), Key(2)
ENTRIES = [f"statement {number}".encode() for number in range(11)]
LEAVES = [merkle.leaf_hash(entry) for entry in ENTRIES]
HEAD = Checkpoint(ORIGIN, len(LEAVES), merkle.root(LEAVES))
NOTE = HEAD.sign(LOG.trusted, LOG)


def proof_of(index: int, note: bytes = NOTE) -> LogProof:
    return LogProof(index, tuple(merkle.inclusion_proof(LEAVES, index)), note)


def test_the_note_of_the_specification_has_the_key_id_it_states():
    """`PeterNeumann` with the key of golang.org/x/mod/sumdb/note's documentation."""
    raw = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    key = NoteKey("PeterNeumann", TrustedKey(raw))
    assert key.written() == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    assert open_note(f"{text}\n\u2014 PeterNeumann {signature}\n".encode(), [key]).text == text


def test_a_checkpoint_comes_back_as_it_was_signed():
    assert open_checkpoint(NOTE, ORIGIN, [LOG.trusted]) == HEAD
    assert NOTE.decode().split("\n")[:2] == [ORIGIN, "11"]
    assert HEAD.sign(LOG.trusted, LOG) == NOTE


@pytest.mark.parametrize(
    ("data", "origin", "keys"),
    [
        (NOTE, ORIGIN, []),
        (NOTE, ORIGIN, [STRANGER.trusted]),
        (NOTE, "another.example/log", [LOG.trusted]),
        (HEAD.sign(STRANGER.trusted, STRANGER), ORIGIN, [LOG.trusted]),
        (NOTE.replace(b"\n11\n", b"\n10\n"), ORIGIN, [LOG.trusted]),
        (sign_note(f"{ORIGIN}\n011\n{'A' * 43}=\n", ORIGIN, LOG.trusted, LOG), ORIGIN, [LOG.trusted]),
        (sign_note(f"{HEAD.text()}more\n", ORIGIN, LOG.trusted, LOG), ORIGIN, [LOG.trusted]),
        (sign_note(f"{ORIGIN}\n1\nAAAA\n", ORIGIN, LOG.trusted, LOG), ORIGIN, [LOG.trusted]),
        (sign_note(f"{ORIGIN}\n1\n!\n", ORIGIN, LOG.trusted, LOG), ORIGIN, [LOG.trusted]),
        (sign_note("elsewhere\n0\n" + HEAD.text().split("\n")[2] + "\n", ORIGIN, LOG.trusted, LOG), ORIGIN,
         [LOG.trusted]),
        (HEAD.text().encode(), ORIGIN, [LOG.trusted]),
        (NOTE.rstrip(b"\n"), ORIGIN, [LOG.trusted]),
        (NOTE + NOTE.rpartition(b"\n\n")[2] * 16, ORIGIN, [LOG.trusted]),
        (b"", ORIGIN, [LOG.trusted]),
        (b"\xff\n\n\xff\n", ORIGIN, [LOG.trusted]),
    ],
    ids=["no key trusted", "another key trusted", "another log", "signed by a stranger", "another size",
         "a size with a leading zero", "an extension line", "a short root", "a root that is no base64",
         "another origin under the log's name", "no signature", "cut off", "too many signatures", "empty", "no text"],
)  # fmt: skip
def test_what_the_log_did_not_sign_is_refused(data: bytes, origin: str, keys: list[TrustedKey]):
    with pytest.raises(NoteRefusedError):
        open_checkpoint(data, origin, keys)


def test_a_witness_may_sign_beside_the_log_and_is_passed_over_where_it_is_unknown():
    witness = sign_note(HEAD.text(), "witness.example", STRANGER.trusted, STRANGER).rpartition(b"\n\n")[2]
    both = NOTE + witness
    assert open_checkpoint(both, ORIGIN, [LOG.trusted]) == HEAD
    named = [NoteKey(ORIGIN, LOG.trusted), NoteKey("witness.example", STRANGER.trusted)]
    assert open_note(both, named).signed_by == (ORIGIN, "witness.example")


def test_a_false_signature_by_a_trusted_key_refuses_the_note_whoever_else_signed():
    false = sign_note("other\n", "witness.example", STRANGER.trusted, STRANGER).rpartition(b"\n\n")[2]
    named = [NoteKey(ORIGIN, LOG.trusted), NoteKey("witness.example", STRANGER.trusted)]
    with pytest.raises(NoteRefusedError, match="does not match"):
        open_note(NOTE + false, named)


@pytest.mark.parametrize(("text", "name"), [("no newline", ORIGIN), ("bell\a\n", ORIGIN), ("fine\n", "two words"),
                                            ("fine\n", "plus+sign"), ("fine\n", "")])  # fmt: skip
def test_what_cannot_stand_in_a_note_is_not_signed(text: str, name: str):
    with pytest.raises(NoteRefusedError):
        sign_note(text, name, LOG.trusted, LOG)


def test_nobody_signs_in_the_name_of_a_key_that_is_not_theirs():
    with pytest.raises(NoteRefusedError, match="not the one that signs"):
        sign_note("fine\n", ORIGIN, STRANGER.trusted, LOG)


@pytest.mark.parametrize("index", range(len(ENTRIES)))
def test_a_proof_is_a_file_that_verifies_by_itself(index: int):
    file = proof_of(index).written()
    assert file.startswith(b"c2sp.org/tlog-proof@v1\nindex ")
    assert verify_entry(ENTRIES[index], read_proof(file), ORIGIN, [LOG.trusted]) == HEAD
    for other in range(len(ENTRIES)):
        if other != index:
            with pytest.raises(NoteRefusedError, match="another one"):
                verify_entry(ENTRIES[other], read_proof(file), ORIGIN, [LOG.trusted])


def test_extra_data_is_passed_over_for_nothing_authenticates_it():
    file = proof_of(3).written().replace(b"index", b"extra AAAA\nindex", 1)
    assert read_proof(file) == proof_of(3)


@given(st.binary(max_size=300) | st.integers(0, 400).map(lambda cut: proof_of(5).written()[:cut]))
def test_a_damaged_proof_is_refused_and_raises_nothing_else(data: bytes):
    with pytest.raises(NoteRefusedError):
        verify_entry(ENTRIES[5], read_proof(data), ORIGIN, [LOG.trusted])


@pytest.mark.parametrize("by", [1, 2, 3, 0x20, 0x80])
def test_no_byte_of_a_proof_can_be_changed(by: int):
    whole = proof_of(5).written()
    for place in range(len(whole)):
        file = bytearray(whole)
        file[place] ^= by
        with pytest.raises(NoteRefusedError):
            verify_entry(ENTRIES[5], read_proof(bytes(file)), ORIGIN, [LOG.trusted])
