"""The verifier written from the documentation alone agrees with ours, stands alone, and never falls over."""

import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

import lineage.independent
from lineage.canonical import canonical_json, sha256_hex
from lineage.home import Home
from lineage.independent.__main__ import main
from lineage.independent.case import Depth
from lineage.independent.chain import Question, verify
from lineage.independent.envelopes import id_of
from lineage.independent.report import Refused, Report
from lineage.keys.rotating import rotate_key
from lineage.training_statement import Dependency, TrainingRun
from policies.document import load_policy
from policies.errors import LineweightError
from tests.lineage import small_snapshot
from tests.lineage.tamper import world as tampered
from tests.lineage.tamper.attack import NOT_BUNDLED, Attack, Attacker, Copy, packed
from tests.lineage.tamper.tables import ATTACKS
from tests.lineage.tamper.world import MODEL, SNAPSHOT, Genuine, build, take_home
from tests.lineage.traced_world import NOW

NEEDS_AN_ENGINE = {"a decision to permit, from facts that the policy denies"}
NEEDS_KEYS = {attack.name for attack in ATTACKS if attack.with_keys}
OURS_ALONE = {"the auditor trusts no key"}  # it empties the trust of our own verifier; asked of this one below
UNTOUCHED = Attack("nothing", Attacker.FILES, lambda copy: None)
PACKAGE = Path(lineage.independent.__file__).parent
TENSORS = sha256_hex(bytes(range(1, 9)))  # of the tampered world's two tensors


def as_documented(made: Callable[[TrainingRun], dict[str, Any]]) -> Callable[[TrainingRun], dict[str, Any]]:
    """Return what states a training, with all that the documentation says a training statement holds."""

    def stated(run: TrainingRun) -> dict[str, Any]:
        internal = {**run.internal, "plan": "ab" * 32, "tensors": {"model.safetensors": TENSORS}}
        further = (Dependency("tokenizer", "file:tokenizer.json", "cd" * 32), Dependency("code", "code", "ef" * 32))
        return made(replace(run, internal=internal, dependencies=(*run.dependencies, *further)))

    return stated


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Genuine]:
    """The world that attacks are made on, its policy file and training statement as the documentation wants them."""
    policy = canonical_json(load_policy(small_snapshot.POLICY, "policy.yaml").document())
    with pytest.MonkeyPatch.context() as patches:
        for module in (small_snapshot, tampered):
            patches.setattr(module, "POLICY", policy)
        patches.setattr(small_snapshot, "training_predicate", as_documented(small_snapshot.training_predicate))
        yield build(tmp_path_factory.mktemp("independent"))


@pytest.fixture
def copy(genuine: Genuine, tmp_path: Path) -> Copy:
    """A copy of what an auditor took home."""
    return Copy(Path(shutil.copytree(genuine.taken, tmp_path / "taken")), genuine)


def keys(genuine: Genuine) -> dict[str, Any]:
    public = [load_pem_public_key(pem) for pem in pems(genuine)]
    return {id_of(key): key for key in public}


def pems(genuine: Genuine) -> list[bytes]:
    return [genuine.vault.public_key_pem, *(key.public_key_pem for key in genuine.officers.values())]


def asked(path: Path, copy: Copy, attack: Attack = UNTOUCHED) -> tuple[Report, Refused | None]:
    """Verify as an attack is verified by ours."""
    proven = attack.published and any(copy.tree.glob("log/*.tlog-proof"))
    drawn = Depth("sample", attack.depth.records, attack.depth.seed) if attack.depth.records else Depth()
    published = copy.genuine.published if proven else None
    return verify(Question(path, keys(copy.genuine), published=published, depth=drawn))


def refusal(copy: Copy, attack: Attack) -> str:
    """Carry out an attack and pack what is left; return which link is refused, empty where none is."""
    if attack.home is not None:
        home = copy.tree.parent / "home"
        shutil.copytree(copy.genuine.home, home)
        attack.home(home)
        shutil.rmtree(copy.tree)
        take_home(copy.genuine, home, copy.tree)
    attack.change(copy)
    bundle = packed(copy, attack)
    if attack.archive is not None:
        attack.archive(bundle, copy)
    refused = asked(bundle, copy, attack)[1]
    return "" if refused is None else refused.link


SEEN = [one for one in ATTACKS if one.link not in ("", NOT_BUNDLED) and one.name not in NEEDS_AN_ENGINE | OURS_ALONE]


@pytest.mark.parametrize("attack", SEEN, ids=lambda attack: attack.name)
def test_what_ours_refuses_is_refused_and_nothing_but_keys_or_an_engine_sees_more(copy: Copy, attack: Attack):
    refused = refusal(copy, attack)
    assert bool(refused) != (attack.name in NEEDS_KEYS), refused


def test_what_only_a_policy_engine_sees_is_said_not_to_have_been_looked_at(copy: Copy):
    (attack,) = (one for one in ATTACKS if one.name in NEEDS_AN_ENGINE)
    attack.change(copy)
    report, refused = asked(copy.tree / MODEL, copy)
    assert refused is None
    assert any(sentence.startswith("Decisions: they were not made again") for sentence in report.not_checked)


@pytest.mark.parametrize("artifact", [MODEL, SNAPSHOT])
def test_what_nobody_touched_verifies(copy: Copy, artifact: str):
    report, refused = asked(copy.tree / artifact, copy)
    assert refused is None, (refused.link, refused)
    assert "leaves" in {name.removeprefix("snapshot: ") for name, _ in report.links}


@pytest.mark.parametrize("depth", [Depth(), Depth("fast"), Depth("sample", 4, "a word")], ids=lambda one: one.kind)
def test_a_bundle_verifies_at_every_depth_and_a_sample_is_opened(copy: Copy, depth: Depth):
    question = Question(packed(copy, UNTOUCHED), keys(copy.genuine), published=copy.genuine.published, depth=depth)
    report, refused = verify(question)
    assert refused is None, (refused.link, refused)
    told = dict(report.links)
    assert ("sample" in told) == (depth.kind == "sample")
    assert depth.kind != "sample" or re.match(r"(\d) records of 18 readings drawn, \1 opened\n", told["sample"])
    assert "published checkpoints" in told["transparency log"]


def test_weights_that_were_found_are_held_against_a_bundle(copy: Copy, tmp_path: Path):
    found = tmp_path / "found.bin"
    found.write_bytes(copy.read(f"{MODEL}/model.safetensors"))
    copy.remove(f"{MODEL}/model.safetensors")
    left_out = {f"{MODEL}/model.safetensors": sha256_hex(found.read_bytes())}
    bundle = packed(copy, replace(UNTOUCHED, left_out=left_out))
    question = Question(found, keys(copy.genuine), bundle=bundle)
    assert verify(question)[1] is None
    assert verify(replace(question, subject=bundle, bundle=None))[1] is None
    found.write_bytes(found.read_bytes()[:-1])
    refused = verify(question)[1]
    assert refused is not None
    assert refused.link == "weights"


def test_who_trusts_nobody_is_told_that_nothing_is_signed(copy: Copy):
    refused = verify(Question(copy.tree / MODEL, {}))[1]
    assert refused is not None
    assert (refused.link, str(refused).split(":")[0]) == ("signature", "no-trusted-key")


def test_a_key_that_was_rotated_counts_for_its_time_where_the_rotation_is_brought(copy: Copy, tmp_path: Path):
    home = Home(str(shutil.copytree(copy.genuine.home, tmp_path / "home")))
    rotate_key(home, "once a year", NOW + timedelta(days=30))
    shutil.copytree(tmp_path / "home/rotations", copy.tree / "rotations")
    new = load_pem_public_key(home.vault().public_key_pem)
    officers = [load_pem_public_key(key.public_key_pem) for key in copy.genuine.officers.values()]
    question = Question(copy.tree / MODEL, {id_of(key): key for key in [new, *officers]})
    report, refused = verify(question)
    assert refused is None, (refused.link, refused)
    assert any(sentence.startswith("Time: that what a retired key signed") for sentence in report.not_checked)
    shutil.rmtree(copy.tree / "rotations")
    refused = verify(question)[1]
    assert refused is not None
    assert str(refused).startswith("unknown-key")


def test_no_bit_of_a_bundle_makes_it_fall_over(copy: Copy):
    """A refusal is an answer; anything else that is raised is none, and fails this test."""
    chosen = random.Random(20261130)
    bundle = packed(copy, UNTOUCHED)
    whole, trusted = bundle.read_bytes(), keys(copy.genuine)
    for _ in range(25):
        data = bytearray(whole)
        for place in chosen.sample(range(len(data)), chosen.choice((1, 1, 40))):
            data[place] ^= 1 << chosen.randrange(8)
        bundle.write_bytes(data[: chosen.choice((len(data), len(data), chosen.randrange(len(data))))])
        verify(Question(bundle, trusted))


ODD: list[Any] = [None, True, -1, 1.5, 10**15, "", "x", "\ud800", [], {}, [[]], {"a": None}, "../x"]


def test_no_document_makes_it_fall_over_even_signed(copy: Copy):
    """One value of a signed document is exchanged for another kind of value, and all after it is signed anew."""
    chosen = random.Random(7)
    for number in range(30):
        forger = copy.forger()
        document = (forger.manifest, forger.predicate)[number % 2]
        holder, key = chosen.choice(list(places(document)))
        kept, holder[key] = holder[key], chosen.choice([one for one in ODD if one != "\ud800"])
        before = {path: copy.read(path) for path in signed_files(copy)}
        try:
            forger.save() if number % 2 == 0 else forger.save_model()
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, LineweightError):
            pass  # what contradicts itself so far cannot be signed
        else:
            verify(Question(copy.tree / MODEL, keys(copy.genuine)))
        holder[key] = kept
        for path, data in before.items():
            copy.write(path, data)


def signed_files(copy: Copy) -> list[str]:
    return [one.relative_to(copy.tree).as_posix() for one in copy.tree.rglob("*") if one.is_file()]


def places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every place of a document: what holds it, and its key or number."""
    inside = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in list(inside):
        yield document, key
        yield from places(value)


HARMS: dict[str, tuple[bytes, str]] = {
    "a key that stands twice": (b'{"a":1,"a":2}', "manifest"),
    "deep nesting": (b"[" * 100_000, "manifest"),
    "a number that is too long": (b'{"a":' + b"1" * 10_000 + b"}", "manifest"),
    "no text": (b"\xff\xfe", "manifest"),
    "nothing": (b"", "manifest"),
}


@pytest.mark.parametrize("name", HARMS)
def test_a_file_that_is_no_document_is_refused_in_one_sentence(copy: Copy, name: str):
    data, _ = HARMS[name]
    for path in (f"{SNAPSHOT}/manifest.json", f"{SNAPSHOT}/statement.dsse.json", f"{MODEL}/training.dsse.json"):
        kept = copy.read(path)
        copy.write(path, data)
        refused = asked(copy.tree / MODEL, copy)[1]
        assert refused is not None
        assert "\n" not in str(refused)
        copy.write(path, kept)


ALONE = """
import sys
class Nothing:
    def find_spec(self, name, path=None, target=None):
        root = name.partition('.')[0]
        known = {*sys.stdlib_module_names, 'independent', 'cryptography', '_cffi_backend', 'pyarrow'}
        if root not in known and not name.startswith('_sysconfigdata'):
            raise ImportError(f'{name} is not to be had here')
sys.meta_path.insert(0, Nothing())
sys.path.append(sys.argv[1])
import runpy
sys.path.insert(0, sys.argv[2])
sys.argv = sys.argv[2:]
runpy.run_module('independent', run_name='__main__', alter_sys=True)
"""


def alone(tmp_path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a copy of the directory from beside it, isolated, where nothing can be imported but its two libraries."""
    beside = tmp_path / "copied"
    shutil.copytree(PACKAGE, beside / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    libraries = Path(pa.__file__).parents[1]
    command = [sys.executable, "-I", "-S", "-c", ALONE, str(libraries), str(beside), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)


def test_the_directory_runs_copied_out_with_two_libraries_and_nothing_else(copy: Copy, tmp_path: Path):
    trust: list[str | Path] = []
    for number, pem in enumerate(pems(copy.genuine)):
        (tmp_path / f"{number}.pem").write_bytes(pem)
        trust += ["--trust", tmp_path / f"{number}.pem"]
    bundle = packed(copy, UNTOUCHED)
    verified = alone(tmp_path, bundle, *trust, "--published", copy.genuine.published, "--json")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["holds"] is True
    bundle.write_bytes(bundle.read_bytes()[:-1])
    refused = alone(tmp_path, bundle, *trust)
    assert (refused.returncode, refused.stderr) == (1, "")
    assert "REFUSED  bundle: the bundle is no ZIP file that can be read.\n" in refused.stdout
    assert alone(tmp_path, tmp_path / "nothing", *trust).returncode == 2


def test_a_key_of_another_kind_asks_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key

    other = generate_private_key(SECP256R1()).public_key()
    (tmp_path / "other.pem").write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(SystemExit, match="2"):
        main([str(tmp_path), "--trust", str(tmp_path / "other.pem")])
    assert "holds no Ed25519 key" in capsys.readouterr().err


def _weights_gone(copy: Copy) -> None:
    copy.remove(f"{MODEL}/model.safetensors")


def _another_permit(copy: Copy) -> None:
    """One record more of another decision that permits, and one less of the one that the leaves name."""
    forger = copy.forger()

    def change(decisions: list[dict[str, Any]]) -> None:
        first = next(one for one in decisions if one["effect"] == "permit")
        other = {**first, "facts": {**first["facts"], "jurisdiction": "fr"}, "records": 1}
        stated = {name: other[name] for name in ("facts", "policy", "effect", "reason", "rule")}
        first["records"] -= 1
        decisions.append({**other, "digest": sha256_hex(canonical_json(stated))})
        decisions.sort(key=lambda one: str(one["digest"]))

    forger.change("decisions", change)
    forger.save()


def _other_leaf(column: str) -> Callable[[Copy], None]:
    def harm(copy: Copy) -> None:
        forger = copy.forger()
        table = forger.leaves(0)
        place = table.schema.get_field_index(column)
        values = [bytes(32)] * table.num_rows
        other = pa.array(values, table.schema.field(place).type)
        forger.put_leaves(0, table.set_column(place, table.schema.field(place), other))
        forger.save()

    return harm


def _other_redaction(copy: Copy) -> None:
    forger = copy.forger()
    forger.change("inputs", lambda inputs: inputs["parts"][0].update(redaction="0" * 64))
    forger.save()


def _about_another_manifest(name: str, file: str) -> Callable[[Copy], None]:
    def harm(copy: Copy) -> None:
        forger = copy.forger()
        about = [{"name": "manifest.json", "digest": {"sha256": "0" * 64}}]
        signed = forger.sign_again(f"{MODEL}/{file}", lambda statement: statement.update(subject=about))
        forger.dependency(name)["digest"] = {"sha256": signed}
        forger.save_model()

    return harm


def _another_name(copy: Copy) -> None:
    forger = copy.forger()
    forger._follow_snapshot = lambda: None  # type: ignore[method-assign] # so that the name stands
    for name in ("snapshot", "snapshot-statement"):
        forger.dependency(name)["uri"] = "snapshot:other@v1"
    forger.save_model()


def _other_tensors(copy: Copy) -> None:
    forger = copy.forger()
    forger.stated = {"model.safetensors": "0" * 64}
    forger.save_model()


SIGNED: dict[str, tuple[Callable[[Copy], None], str, Depth]] = {
    "the weights are gone, and nobody said so": (_weights_gone, "weights", Depth()),
    "a permitted decision that no leaf names": (_another_permit, "snapshot: leaves ↔ decisions", Depth()),
    "leaves of another policy": (_other_leaf("policy_digest"), "snapshot: policy", Depth()),
    "leaves of another policy, drawn": (_other_leaf("policy_digest"), "sample", Depth("sample", 99, "x")),
    "leaves of another tenant, drawn": (_other_leaf("tenant_commitment"), "sample", Depth("sample", 99, "x")),
    "leaves of no decision, drawn": (_other_leaf("decision_digest"), "sample", Depth("sample", 99, "x")),
    "a part that was redacted otherwise": (_other_redaction, "snapshot: inputs", Depth("fast")),
    "a ticket about another manifest": (
        _about_another_manifest("release-ticket", "ticket.dsse.json"), "release ticket", Depth()),
    "a feed about another manifest": (
        _about_another_manifest("revocation-feed", "revocations/00002.dsse.json"), "revocations", Depth()),
    "the snapshot by another name": (_another_name, "snapshot copies", Depth()),
    "other tensors than stated": (_other_tensors, "weights header", Depth()),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
def test_what_the_deployment_signed_although_it_contradicts_itself_is_refused(copy: Copy, name: str):
    harm, link, depth = SIGNED[name]
    harm(copy)
    refused = verify(Question(copy.tree / MODEL, keys(copy.genuine), depth=depth))[1]
    assert refused is not None
    assert refused.link == link, refused
