"""Quality gates: Great Expectations suites that records must pass before they are published.

The engine runs in memory, with analytics off, and leaves no file behind. Results carry counts, never values.
"""

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any, Literal

import pyarrow as pa

from policies.errors import LineweightError
from policies.facts import AGE_BANDS

Suite = Literal["governed", "snapshot"]
SUITES: tuple[Suite, ...] = ("governed", "snapshot")

_ROLE = "(?:system|user|assistant|tool)"
# What must be in no text after redaction. Narrower than what redaction looks for, so that a match is a leak; what is
# made up (`pipelines.redaction.markers`) is none.
RESIDUAL_PATTERNS: Mapping[str, str] = {
    # `git@host:path` names a repository, and the account that all who use the host share.
    "mail address": r"(?:^|[\s\"'(,;])(?!git@[\w.-]+:[\w~./-])[A-Za-z0-9][\w.+-]*@(?!qx[a-z]{8}\.example\.com\b)"
    r"[A-Za-z][\w-]*(?:\.[A-Za-z][\w-]*)*\.[A-Za-z]{2,}\b",
    "private key": r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----\s*(?!qxqx)[A-Za-z0-9+/=]{16}",
    "AWS key id": r"(?:^|[^A-Za-z0-9])AKIA(?!QXQX)(?=[A-Z0-9]*[0-9])(?=(?:.)*[A-Z])[A-Z0-9]{16}(?![A-Z0-9])",
    "GitHub token": r"(?:^|[^A-Za-z0-9])gh[pousr]_(?!qxqx|QXQX)(?=[A-Za-z]*[0-9])[A-Za-z0-9]{36}",
    "web token": r"(?:^|[^A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
}


class SuiteError(LineweightError):
    """An expectation could not be evaluated, which is not the same as being met."""

    remedy = "The table is not one of records: check its columns against RECORD_SCHEMA."


@dataclass(frozen=True, slots=True)
class QualityResult:
    """What a suite says of a table.

    Attributes:
        suite: Name of the suite.
        rows: How many records it saw.
        success: Whether every expectation was met, those that only warn left aside.
        results: One document an expectation: ``expectation``, ``column``, ``meaning``, ``severity``, ``success``,
            ``unexpected_count``.
    """

    suite: Suite
    rows: int
    success: bool
    results: tuple[dict[str, Any], ...]

    def document(self) -> dict[str, Any]:
        """Return the result as a JSON-ready document."""
        return {"suite": self.suite, "rows": self.rows, "success": self.success, "results": list(self.results)}

    def failures(self) -> tuple[dict[str, Any], ...]:
        """Return the results of the expectations that were not met."""
        return tuple(result for result in self.results if not result["success"])


def expectations_for(suite: Suite, *, as_of: datetime | None = None) -> list[Any]:
    """Return a suite's expectations; a snapshot's add to a governed batch's.

    Args:
        suite: ``governed`` or ``snapshot``.
        as_of: The instant decisions are made for, UTC; nothing may have been said after it.
    """
    gxe = _great_expectations().expectations

    def meant(kind: Any, column: str, meaning: str, **settings: Any) -> Any:
        return kind(column=column, meta={"meaning": meaning}, **settings)

    expectations = [
        meant(gxe.ExpectColumnValuesToNotBeNull, "record_id", "every record has an id"),
        meant(gxe.ExpectColumnValuesToBeUnique, "record_id", "no record is there twice"),
        meant(gxe.ExpectColumnValuesToMatchRegex, "record_id", "ids have their form", regex=r"^r[0-9a-f]{32}$"),
        meant(gxe.ExpectColumnValuesToNotBeNull, "tenant", "every record has a tenant"),
        meant(gxe.ExpectColumnUniqueValueCountToBeBetween, "tenant", "one tenant a file", max_value=1),
        meant(gxe.ExpectColumnValuesToNotBeNull, "data_subject_id", "every record has a person"),
        meant(gxe.ExpectColumnValuesToMatchRegex, "data_subject_id", "persons are pseudonyms",
              regex=r"^ds_[0-9a-f]{32}$"),
        meant(gxe.ExpectColumnValuesToNotBeNull, "occurred_at", "every record has a time"),
        meant(gxe.ExpectColumnValuesToBeInSet, "age_band", "age bands are known words", value_set=list(AGE_BANDS)),
        meant(gxe.ExpectColumnValuesToMatchRegex, "roles", "roles are known words", regex=rf"^{_ROLE}(?: {_ROLE})*$"),
        meant(gxe.ExpectColumnValuesToMatchRegex, "roles", "somebody asks and is answered", severity="warning",
              regex=r"\buser\b.*\bassistant\b"),
        *(
            meant(gxe.ExpectColumnValuesToNotMatchRegex, "texts", f"no {name} is left", regex=pattern)
            for name, pattern in RESIDUAL_PATTERNS.items()
        ),
    ]  # fmt: skip
    if as_of is not None:
        expectations.append(
            meant(gxe.ExpectColumnValuesToBeBetween, "occurred_at", "nothing is of the future", max_value=as_of)
        )
    if suite == "snapshot":
        expectations.append(meant(gxe.ExpectColumnValuesToNotBeNull, "source_licence", "every record has a licence"))
    return expectations


def validate(table: pa.Table, suite: Suite, *, as_of: datetime | None = None) -> QualityResult:
    """Check records against a suite.

    Args:
        table: ``n`` rows with at least the columns of ``RECORD_SCHEMA``; zero rows meet every expectation.
        suite: ``governed`` or ``snapshot``.
        as_of: The instant decisions are made for, UTC; left out, times are not checked against it.

    Raises:
        SuiteError: An expectation could not be evaluated.
    """
    gx = _great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    definition = context.data_sources.add_pandas("records").add_dataframe_asset("table")
    batch = definition.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": _frame(table)})
    expectations = gx.ExpectationSuite(name=suite, expectations=expectations_for(suite, as_of=as_of))
    checked = batch.validate(expectations, result_format={"result_format": "BASIC", "partial_unexpected_count": 0})
    results = tuple(_result(one) for one in checked.results)
    met = all(result["success"] for result in results if result["severity"] != "warning")
    return QualityResult(suite, table.num_rows, met, results)


def _frame(table: pa.Table) -> Any:
    """Return the checked columns as a pandas frame, the roles and the texts of a record each in one string."""
    columns = ["record_id", "tenant", "data_subject_id", "occurred_at", "age_band", "source_licence"]
    missing = [name for name in [*columns, "messages", "attributes"] if name not in table.column_names]
    if missing:
        raise SuiteError(f"The table has no column {', '.join(missing)}.")
    frame = table.select(columns).to_pandas()
    messages = table["messages"].to_pylist()
    attributes = table["attributes"].to_pylist()
    frame["roles"] = [" ".join(message["role"] for message in record) for record in messages]
    frame["texts"] = ["\n".join(_texts(record, pairs)) for record, pairs in zip(messages, attributes, strict=True)]
    return frame


def _texts(messages: Sequence[Mapping[str, Any]], attributes: Sequence[tuple[str, str | None]]) -> list[str]:
    found: list[str | None] = []
    for message in messages:
        found += [message["content"], message["reasoning"]]
        found += [call[name] for call in message["tool_calls"] or () for name in ("name", "arguments")]
    found += [text for pair in attributes for text in pair]
    return [text for text in found if text is not None]


def _result(one: Any) -> dict[str, Any]:
    if one.exception_info and one.exception_info.get("raised_exception"):
        raise SuiteError(f"{one.expectation_config.type} could not be evaluated.")
    configuration = one.expectation_config
    return {
        "expectation": configuration.type,
        "column": configuration.kwargs["column"],
        "meaning": configuration.meta["meaning"],
        "severity": str(getattr(configuration.severity, "value", configuration.severity)),
        "success": bool(one.success),
        "unexpected_count": int(one.result.get("unexpected_count", 0 if one.success else 1)),
    }


def _great_expectations() -> ModuleType:
    """Import the engine with analytics off: it reads the environment once, while it is imported."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    with warnings.catch_warnings():
        # It imports a module that the standard library deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        import great_expectations
        import great_expectations.expectations
    # One of its modules sets a level of its own.
    for name in ("great_expectations", "great_expectations.data_context.types.base"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return great_expectations  # type: ignore[no-any-return]
