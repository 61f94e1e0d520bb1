"""The JSON Schema of policy documents, for editors: made from the models, so that it says what they say.

An editor that has it completes keys and words while they are written, and marks what no document may hold. It is
less than reading does: that rules agree with one another, that words look the same to every reader of YAML and that
cases pass is for ``lineweight policy check`` to say.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from policies.document import Policy

SCHEMA_FILE = Path(__file__).parent / "policy.schema.json"
"""The schema as it ships: a document names it in its first line, as
``# yaml-language-server: $schema=policy.schema.json``."""


_ABOUT: Mapping[str, str] = MappingProxyType(
    {
        "policy_id": "The policy's name: small letters, digits and hyphens. Requests name it.",
        "version": "A whole number that rises whenever the content changes.",
        "purpose": "What the records are used for. A consent or an agreement covers what lies below it.",
        "retain_days": "Records older than so many days are denied. An agreement can only shorten it.",
        "redaction_profile": "The profile that permitted records are redacted with.",
        "commercial": "Whether what is made of the records is used commercially; true if left out.",
        "notices": "The versions of notices whose answers count, by notice.",
        "deny": "Rules that deny, in order. They win over every permit rule.",
        "permit": "Rules that permit, in order. What none permits is denied.",
        "cases": "Golden cases: examples with the decision expected. Every rule needs one.",
        "id": "The rule's name. It is the reason of the denials it makes, so it is never given a new meaning.",
        "when": "The condition: every fact named has one of the values listed.",
        "because": "The ground, for a reader: the article of a law, the clause of an agreement.",
        "name": "What the case is an example of.",
        "given": "What is different from a record with which all is in order.",
        "expect": "The decision that is right.",
        "effect": "permit or deny",
        "reason": "A reason of Lineweight's own, or the id of the deny rule that decides.",
        "data_subject_known": "Whether the log says who spoke.",
        "consent_at_use": "The state of consent when the record is to be used.",
        "consent_at_collection": "The state of consent when the record was made, or retroactive.",
        "legal_basis": "The basis of the statement in force; none where nothing was said.",
        "notice": "Whether that statement answers a notice in a version that this policy lists.",
        "expressed_by": "Who made that statement.",
        "categories_covered": "Whether that statement speaks of all data categories of the record.",
        "jurisdiction": "Where the person is: ISO 3166 in small letters, or unknown. us includes us-ca.",
        "age_band": "How old the person is.",
        "tenant_scope": "How far the tenant's agreement goes.",
        "purpose_in_agreement": "Whether the tenant's agreement names the purpose.",
        "region_allowed": "Whether the records are kept where the tenant's agreement allows.",
        "pool": "Whether the snapshot holds one tenant's records or those of several.",
        "participants": "What the further people in the conversation say.",
        "licence": "What the source's licence says about commercial use.",
        "retention_exceeded": "Whether the record is older than policy or agreement allow.",
    }
)


class _AsWritten(GenerateJsonSchema):
    """Describes documents as they are written: what is not said is left out, never null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        return {key: value for key, value in described.items() if (key, value) != ("default", None)}

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        described = super().str_schema(schema)
        if "pattern" in described:  # JSON Schema's expressions know neither \A nor \z
            described["pattern"] = described["pattern"].replace(r"\A", "^").replace(r"\z", "$")
        return described


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) that every policy document satisfies."""
    described = Policy.model_json_schema(schema_generator=_AsWritten)
    for part in (described, *described["$defs"].values()):
        part.pop("title")
        for name, key in part.get("properties", {}).items():
            key.pop("title", None)
            key["description"] = _ABOUT[name]
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": "Lineweight policy", **described}


def written_schema() -> str:
    """Return the schema as it stands in ``policy.schema.json``."""
    return json.dumps(policy_schema(), indent=2, ensure_ascii=False) + "\n"
