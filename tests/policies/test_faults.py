"""What is wrong with a document: where, what, and what to do, for whoever wrote it."""

from pathlib import Path

import pytest

from policies.document import DOCUMENTS, read_policies
from policies.faults import ANYTHING_ELSE, Fault, fault_of
from policies.strict_yaml import MAX_BYTES, MAX_DEPTH

SHIPPED = (DOCUMENTS / "model-training.yaml").read_text()
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n"


def changed(was: str, becomes: str) -> str:
    assert was in SHIPPED
    return SHIPPED.replace(was, becomes, 1)


@pytest.mark.parametrize(
    ("text", "path", "remedy"),
    [
        (changed("version: 1", "version: 1.10"), "version", "Write a whole number"),
        (changed("version: 1", 'version: "1"'), "version", "Write a whole number"),
        (changed("version: 1\n", ""), "version", "Add the key"),
        (changed("version: 1", "version: 0"), "version", "Write a number in the range"),
        (changed("version: 1", "version: 1\nversion: 2"), "version", "Keep one of the two."),
        (changed("policy_id: model-training", "policy_id: no"), "policy_id", "Say what is meant"),
        (changed("policy_id: model-training", "policy_id: Model Training"), "policy_id", "Use small letters"),
        (changed("policy_id: model-training", "policy_id:"), "policy_id", "Write a value"),
        (changed("commercial: true", "commercial: yes"), "commercial", "Say what is meant"),
        (changed("commercial: true", 'commercial: "true"'), "commercial", "Write true or false"),
        (changed("deny:", "denied:"), "denied", "Is deny meant?"),
        (changed("age_band: [under-13", "age: [under-13"), "deny.0.when.age", "Is age_band meant?"),
        (changed("age_band: [unknown]", "age_band: unknown"), "deny.1.when.age_band", "Write a list"),
        (changed("age_band: [unknown]", "age_band: [young]"), "deny.1.when.age_band.0", "Write one of the words"),
        (changed("age_band: [unknown]", "age_band: []"), "deny.1.when.age_band", "Name at least one."),
        (changed("when: {age_band: [unknown]}", "when: {}"), "deny.1.when", "Name at least one."),
        (changed("jurisdiction: [unknown]", "jurisdiction: [no]"), "deny.2.when.jurisdiction.0", "text in quotes"),
        (changed("id: age-unknown", "id: minors"), "deny.0.id", "Give one of the two another name."),
        (
            changed("when: {age_band: [unknown]}", "when: {notice: [outdated]}"),
            "deny.1.when.notice",
            "List the notices",
        ),
        (changed("policy_id: model-training", "policy_id: &id model-training"), "policy_id", "Take it out"),
        ("policy_id: !!str 3\n", "policy_id", "Take it out"),
        (BOMB, "line 2", "Take it out"),
        ("a: " + "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), "line 1", "Write a smaller document"),
        (SHIPPED + "#" * MAX_BYTES, "", "Write a smaller document"),
        ("\ufeff" + SHIPPED, "byte 0", "Save the file as UTF-8"),
        (SHIPPED.encode("utf-16"), "byte 0", "Save the file as UTF-8"),
        (SHIPPED.replace("nobody knows", "nobody knöws").encode("latin-1"), None, "Save the file as UTF-8"),
        (SHIPPED + "---\npolicy_id: b\n", None, "Keep one policy in a file."),
        ("", "line 1", "Write a policy"),
        ("# to be written\n", "line 1", "Write a policy"),
        ("- one\n- two\n", "document", "Write keys with values"),
        ("just a sentence\n", "document", "Write keys with values"),
        ("policy_id: 'a\n", None, ANYTHING_ELSE),
    ],
    ids=lambda value: "" if isinstance(value, str | bytes) and len(value) > 60 else None,
)
def test_every_trap_is_refused_with_its_place_and_a_remedy(tmp_path: Path, text, path, remedy):
    (tmp_path / "a.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    read = read_policies([tmp_path])
    assert read.policies == {}
    faults = [fault_of(told) for told in read.faults]
    assert all(fault.file == "a.yaml" for fault in faults)
    assert any(path in (None, fault.path) and remedy in fault.remedy for fault in faults), faults


def test_a_fault_shows_nothing_of_what_was_written(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(changed("age_band: [unknown]", "age_band: [Grandma Duck]"))
    told = " ".join(str(fault_of(fault).document()) for fault in read_policies([tmp_path]).faults)
    assert "Grandma" not in told


def test_a_fault_of_a_file_as_a_whole_has_no_path():
    assert fault_of("a.yaml: larger than 1,000,000 bytes") == Fault(
        "a.yaml", "", "larger than 1,000,000 bytes", "Write a smaller document; no policy needs as much."
    )


def test_files_and_directories_are_read_together_and_a_file_is_named_as_it_was_given(tmp_path: Path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.yaml").write_text(SHIPPED)
    (tmp_path / "b.yaml").write_text(SHIPPED)
    read = read_policies([tmp_path / "one", tmp_path / "b.yaml", tmp_path / "c.yaml"])
    assert read.faults == (
        f"{tmp_path / 'b.yaml'}: policy_id: a.yaml has the same one",
        f"{tmp_path / 'c.yaml'}: file: cannot be read",
    )
    assert list(read.policies) == ["a.yaml", str(tmp_path / "b.yaml")]
