"""Is everything that a request names there? Every fault at once, before anything is filed or built."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lineage.snapshot_request import SHARED, SnapshotRequest
from pipelines.snapshots.request import RequestError, read_request
from policies.document import Policy
from policies.errors import UsageError
from policies.strict_yaml import parse
from policies.vocabulary import covers
from training_jobs.recipe import Recipe

NAMED = 10
NOT_IN_A_REQUEST = ("snapshot", "name")  # fields of a recipe that the run decides


@dataclass(frozen=True)
class Named:
    """What the words of a request may name.

    Attributes:
        sources: Declared sources.
        policies: Policies in force, by id.
        tenants: Tenants that ever had an agreement.
    """

    sources: frozenset[str]
    policies: Mapping[str, Policy]
    tenants: frozenset[str]


def resolved(request: SnapshotRequest, policies: Mapping[str, Policy], name: str) -> SnapshotRequest:
    """Return a request that says its policy and its purpose.

    Args:
        request: What was asked for.
        policies: Policies in force, by id.
        name: What to call the request in messages.

    Raises:
        RequestError: No policy in force is meant, or more than one, or it is for something else.
    """
    if faults := tuple(f"{name}: {fault}" for fault in _policy_faults(request, policies)):
        raise RequestError(faults)
    policy = policies[request.policy] if request.policy is not None else _for_purpose(request, policies)[0]
    return request.model_copy(update={"policy": policy.policy_id, "purpose": request.purpose or policy.purpose})


def checked(data: bytes, name: str, named: Named) -> SnapshotRequest:
    """Read a request, and make sure that everything it names is there.

    Args:
        data: The file's bytes, strict YAML.
        name: What to call the file in messages.
        named: What it may name.

    Raises:
        RequestError: It is no request, or something is not there; every fault of both kinds at once.
    """
    faults: list[str] = []
    try:
        asked: SnapshotRequest | None = read_request(data, name)
    except RequestError as error:
        asked, faults = None, list(error.faults)
    spoken = _readable(data) if asked is None else asked
    faults += [fault for fault in (f"{name}: {one}" for one in _faults(spoken, named)) if not _told(fault, faults)]
    if asked is None or faults:
        raise RequestError(tuple(faults))
    return asked


def _readable(data: bytes) -> SnapshotRequest:
    """Return what can be read of a faulty request, unchecked: only names are looked up in it."""
    value = parse(data).value
    said: Mapping[str, Any] = value if isinstance(value, dict) else {}
    words = {name: said[name] for name in ("policy", "purpose") if isinstance(said.get(name), str)}
    sources = said.get("sources") if isinstance(said.get("sources"), list) else []
    return SnapshotRequest.model_construct(
        name="",
        pool=said["pool"] if isinstance(said.get("pool"), str) else SHARED,
        sources=tuple(source for source in sources or () if isinstance(source, str)),
        recipe=said["recipe"] if isinstance(said.get("recipe"), dict) else {},
        **words,
    )


def _told(fault: str, faults: Iterable[str]) -> bool:
    """Return whether something was said of the same place already."""
    place = fault.split(": ")[1]
    return any(other.split(": ")[1] == place for other in faults if other.count(": ") > 1)


def _faults(request: SnapshotRequest, named: Named) -> Iterator[str]:
    for place, source in enumerate(request.sources):
        if source not in named.sources:
            yield f"sources.{place}: there is no declared source {source}; {_known(named.sources)}"
    if request.tenant is not None and request.tenant not in named.tenants:
        yield f"pool: there is no tenant {request.tenant} with an agreement; {_known(named.tenants)}; or shared"
    yield from _policy_faults(request, named.policies)
    yield from _recipe_faults(request.recipe)


def _policy_faults(request: SnapshotRequest, policies: Mapping[str, Policy]) -> Iterator[str]:
    if request.policy is None and request.purpose is None:
        yield "policy: name a policy, or a purpose that exactly one policy in force is for"
    elif request.policy is None:
        found = _for_purpose(request, policies)
        if len(found) != 1:
            many = "no policy" if not found else "more than one policy"
            yield f"policy: {many} in force is for {request.purpose}; {_known(policies)}"
    elif request.policy not in policies:
        yield f"policy: there is no policy {request.policy} in force; {_known(policies)}"
    elif request.purpose is not None and not covers(policies[request.policy].purpose, request.purpose):
        purpose = policies[request.policy].purpose
        yield f"purpose: {request.policy} is for {purpose}, and not for {request.purpose}"


def _for_purpose(request: SnapshotRequest, policies: Mapping[str, Policy]) -> list[Policy]:
    return [policies[policy_id] for policy_id in sorted(policies) if policies[policy_id].purpose == request.purpose]


def _recipe_faults(recipe: Mapping[str, Any]) -> Iterator[str]:
    fields = {one.name: one.default for one in dataclasses.fields(Recipe) if one.name not in NOT_IN_A_REQUEST}
    for name, value in recipe.items():
        if name not in fields:
            yield f"recipe.{name}: is no option of training; {_known(fields)}"
        elif not _same_kind(value, fields[name]):
            yield f"recipe.{name}: {value!r} is not what the option takes"
        else:
            try:
                Recipe(snapshot="any", name="any", **{name: value})
            except UsageError as error:
                yield f"recipe.{error}"


def _same_kind(value: Any, default: Any) -> bool:
    """Return whether a value is of the kind of a default; an option without one counts something."""
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, float):
        return isinstance(value, int | float)
    return isinstance(value, int if default is None else type(default))


def _known(names: Iterable[str]) -> str:
    found = sorted(names)
    more = f" and {len(found) - NAMED:,} more" if len(found) > NAMED else ""
    return f"known: {', '.join(found[:NAMED]) or 'none'}{more}"
