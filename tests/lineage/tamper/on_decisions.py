"""Attacks on why records are in a snapshot: policy, activation, decisions, counts, request, inputs and quality."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from lineage import leaf
from lineage.canonical import canonical_json, digest_of, sha256_hex
from lineage.verifying.activation import NO_ACTIVATION, NO_DUTIES, NO_NEWER
from lineage.verifying.snapshot import NO_CLOCK, NO_FACTS
from policies.decision import decide
from policies.document import load_policy
from policies.facts import Facts
from tests.lineage.small_snapshot import POLICY
from tests.lineage.tamper.attack import Attack, Attacker, Copy
from tests.lineage.tamper.forger import SNAPSHOT, Document, Forger
from tests.lineage.tamper.touching import flip, forged, manifest, remove, swap_text
from tests.lineage.tamper.world import activated

FILES, KEY = Attacker.FILES, Attacker.KEY
SOFTENED = POLICY.replace(b"    when: {age_band: [under-13, 13-15, 16-17]}", b"    when: {age_band: [under-13]}")
ELSEWHERE = POLICY.replace(b"purpose: train_ai_system.finetune", b"purpose: train_ai_system.evaluation")
OLDER = POLICY.replace(b"version: 1\n", b"version: 7\n").replace(b"retain_days: 730", b"retain_days: 9999")
assert SOFTENED != POLICY != OLDER


def _decisions(change: Callable[[list[Document]], object]) -> Callable[[Copy], object]:
    return forged(lambda forger: forger.change("decisions", change))


def _restated(forger: Forger, **facts: Any) -> None:
    """The one decision rests on other facts, made again; the leaves name it."""
    policy = load_policy(forger.read(f"{SNAPSHOT}/{forger.manifest['policy']['path']}"), "policy.yaml")

    def change(said: list[Document]) -> None:
        one = Facts(**{**said[0]["facts"], **facts})
        made = {"facts": one.document(), "policy": digest_of(policy.document()), **decide(policy, one).document()}
        said[0].update(made, digest=digest_of(made))

    forger.change("decisions", change)
    _name_decision(forger)


def _name_decision(forger: Forger) -> None:
    decision = forger.json(f"{SNAPSHOT}/decisions.json")[0]
    for index in (0, 1):
        rows = forger.leaves(index).to_pylist()
        for row in rows:
            row["decision_digest"] = bytes.fromhex(decision["digest"])
            row["policy_digest"] = bytes.fromhex(decision["policy"])
        forger.put_leaves(index, pa.Table.from_pylist(rows, schema=leaf.LEAF_SCHEMA))


def _another_policy(data: bytes, *, activation: str = "") -> Callable[[Copy], object]:
    """Another policy, with its own digest everywhere, and decisions made again by it."""

    def change(copy: Copy) -> None:
        forger = copy.forger()
        policy = load_policy(data, "policy.yaml")
        forger.attach("policy", data)
        digest = digest_of(policy.document())
        forger.manifest["policy"].update(digest=digest, version=policy.version)
        signers = list(copy.genuine.officers.values()) if activation == "officers" else [copy.genuine.vault]
        if activation == "none":
            forger.manifest["policy"]["activation"] = None
        elif activation:
            _attach_activation(forger, activated(signers, digest, policy.version))
        _restated(forger)
        forger.save()

    return change


def _attach_activation(forger: Forger, data: bytes) -> None:
    named = forger.manifest["policy"]["activation"]
    forger.write(f"{SNAPSHOT}/{named['path']}", data)
    named["sha256"] = sha256_hex(data)


def _activation(name: str) -> Callable[[Copy], object]:
    def change(copy: Copy) -> None:
        forger = copy.forger()
        _attach_activation(forger, copy.genuine.spare[name])
        forger.save()

    return change


def _facts(**facts: Any) -> Callable[[list[Document]], object]:
    return lambda said: said[0]["facts"].update(facts)


def _denied(said: list[Document]) -> None:
    said[0].update(effect="deny", reason="minors", rule="minors")
    made = {name: said[0][name] for name in ("facts", "policy", "effect", "reason", "rule")}
    said[0]["digest"] = digest_of(made)


def _minor_denied(said: list[Document]) -> None:
    """A denial is listed that the manifest's counts do not hold."""
    policy = load_policy(POLICY, "policy.yaml")
    facts = Facts(**{**said[0]["facts"], "age_band": "under-13"})
    made = {"facts": facts.document(), "policy": digest_of(policy.document()), **decide(policy, facts).document()}
    said.append({**made, "digest": digest_of(made), "records": 1})


def _counts(**changes: Any) -> Callable[[Copy], object]:
    return forged(lambda forger: forger.manifest["counts"].update(changes))


def _fewer_let_through(said: Document) -> None:
    part = said["parts"][0]
    part.update(permitted=part["permitted"] - 1, denied=part["denied"] + 1)


def _gate_failed(forger: Forger) -> None:
    forger.attach("quality", canonical_json({"results": [], "success": False}))


def _one_gate_failed(forger: Forger) -> None:
    forger.attach("quality", canonical_json({"results": [{"severity": "critical", "success": False}], "success": True}))


ATTACKS = (
    # Policy and activation.
    Attack("the policy is changed by a byte", FILES, swap_text(f"{SNAPSHOT}/policy.yaml", b"730", b"731"),
           "snapshot: policy"),
    Attack("a softened policy under the digest of the old one", KEY,
           forged(lambda forger: forger.attach("policy", SOFTENED)), "snapshot: policy"),
    Attack("a softened policy with a digest of its own everywhere", KEY, _another_policy(SOFTENED),
           "snapshot: activation"),
    Attack("a softened policy, activated by the deployment's own key", KEY,
           _another_policy(SOFTENED, activation="deployment"), "snapshot: activation"),
    Attack("a softened policy, and the manifest names no activation", KEY,
           _another_policy(SOFTENED, activation="none"), untold=NO_ACTIVATION),
    Attack("another version of the policy that officers did activate", KEY,
           _another_policy(OLDER, activation="officers"), untold=NO_NEWER),
    Attack("a policy for another purpose, that officers did activate", KEY,
           _another_policy(ELSEWHERE, activation="officers"), "snapshot: policy"),
    Attack("the manifest names another version of the policy", KEY,
           forged(lambda forger: forger.manifest["policy"].update(version=2)), "snapshot: policy"),
    Attack("the text was redacted with another profile than the policy asks for", KEY,
           forged(lambda forger: forger.manifest["redaction"].update(profile="lenient")), "snapshot: policy"),
    Attack("the activation is changed by a byte", FILES, flip(f"{SNAPSHOT}/activation.dsse.json"),
           "snapshot: activation"),
    Attack("the activation is removed", FILES, remove(f"{SNAPSHOT}/activation.dsse.json"), "snapshot: activation"),
    Attack("an activation by one officer", KEY, _activation("activation by one officer"), "snapshot: activation"),
    Attack("an activation by one officer and the deployment", KEY,
           _activation("activation by one officer and the deployment"), "snapshot: activation"),
    Attack("an activation of another version", KEY, _activation("activation of version 2"), "snapshot: activation"),
    # Decisions and counts.
    Attack("a decision's facts are changed", FILES, swap_text(f"{SNAPSHOT}/decisions.json", b"adult", b"13-15"),
           "snapshot: consent receipts"),
    Attack("a decision's facts are changed, and its digest is not", KEY, _decisions(_facts(jurisdiction="fr")),
           "snapshot: decisions"),
    Attack("a decision to permit, from facts that the policy denies", KEY,
           forged(lambda forger: _permitted_minor(forger)), "snapshot: decisions"),
    Attack("facts that cannot be", KEY, forged(lambda forger: _impossible(forger)), "snapshot: decisions"),
    Attack("leaves name a decision that denies", KEY, forged(lambda forger: _denied_leaves(forger)),
           "snapshot: decisions"),
    Attack("a decision counts one record less", KEY, _decisions(lambda said: said[0].update(records=9)),
           "snapshot: decisions"),
    Attack("a decision is listed in two halves that do not add up", KEY,
           _decisions(lambda said: said.append({**said[0], "records": 1})), "snapshot: decisions"),
    Attack("a denial is listed that the counts do not hold", KEY, _decisions(_minor_denied), "snapshot: decisions"),
    Attack("decisions.json is no list", KEY, forged(lambda forger: forger.attach("decisions", b"{}")),
           "snapshot: consent receipts"),
    Attack("facts that are not so, with a decision that follows from them", KEY,
           forged(lambda forger: _restated(forger, jurisdiction="fr")), untold=NO_FACTS),
    Attack("the denied are fewer, and the sum does not add up", KEY, _counts(denied=1), "snapshot copies"),
    Attack("the reasons of the denied do not add up", KEY, _counts(denied_by_reason={"consent-unknown": 1}),
           "snapshot copies"),
    Attack("the denied are fewer, and every sum of the manifest follows", KEY,
           _counts(denied=1, considered=12, denied_by_reason={"consent-unknown": 1}), "snapshot: inputs"),
    Attack("fewer were denied and more quarantined", KEY,
           _counts(denied=1, quarantined=2, denied_by_reason={"consent-unknown": 1}), "snapshot: inputs"),
    Attack("what was quarantined is told as denied", KEY,
           _counts(denied=3, quarantined=0, denied_by_reason={"consent-unknown": 3}), "snapshot: inputs"),
    Attack("the denied are told for another reason", KEY, _counts(denied_by_reason={"tenant-scope-none": 2}),
           untold=NO_FACTS),
    # Request, inputs, quality.
    Attack("the request is changed", FILES, flip(f"{SNAPSHOT}/request.json"), "snapshot: request"),
    Attack("the request asked for another seed", KEY,
           forged(lambda forger: forger.change("request", lambda said: said.update(seed=8))), "snapshot: request"),
    Attack("the inputs are changed", FILES, flip(f"{SNAPSHOT}/inputs.json"), "snapshot: inputs"),
    Attack("the inputs were redacted by another version", KEY,
           forged(lambda forger: forger.change("inputs", lambda said: said["parts"][0].update(redaction="0" * 64))),
           "snapshot: inputs"),
    Attack("a part of the inputs is left out", KEY,
           forged(lambda forger: forger.change("inputs", lambda said: said["parts"].pop())), "snapshot: inputs"),
    Attack("the snapshot holds more records than the gate let through", KEY,
           forged(lambda forger: forger.change("inputs", _fewer_let_through)), "snapshot: inputs"),
    Attack("the results of the quality gates are changed", FILES, flip(f"{SNAPSHOT}/quality.json"),
           "snapshot: quality"),
    Attack("quality.json says that a gate failed, and the manifest that all passed", KEY, forged(_gate_failed),
           "snapshot: quality"),
    Attack("quality.json holds a critical failure, and says that all passed", KEY, forged(_one_gate_failed),
           "snapshot: quality"),
    Attack("the manifest says that a gate failed", KEY,
           forged(lambda forger: forger.manifest["quality"].update(success=False)), "snapshot: quality"),
    Attack("the lease is longer than it was", KEY, manifest(lease_expires_at="2036-09-01T00:00:00.000000Z"),
           untold=NO_CLOCK),
    Attack("the officers who activated the policy had no such duty", KEY, forged(lambda forger: None),
           untold=NO_DUTIES),
)  # fmt: skip


def _made(forger: Forger, change: Callable[[Document], object]) -> None:
    def changed(said: list[Document]) -> None:
        change(said[0])
        made = {name: said[0][name] for name in ("facts", "policy", "effect", "reason", "rule")}
        said[0]["digest"] = digest_of(made)

    forger.change("decisions", changed)
    _name_decision(forger)


def _permitted_minor(forger: Forger) -> None:
    _made(forger, lambda decision: decision["facts"].update(age_band="under-13"))


def _impossible(forger: Forger) -> None:
    _made(forger, lambda decision: decision["facts"].update(age_band="ageless"))


def _denied_leaves(forger: Forger) -> None:
    _restated(forger, age_band="under-13")
