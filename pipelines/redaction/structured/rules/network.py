"""Addresses of machines: IP and MAC, as Presidio finds them, without what only looks like one in code."""

import ipaddress
from dataclasses import replace

import regex  # type: ignore[import-untyped]

from pipelines.redaction.rule import Match, Rule
from pipelines.redaction.structured.presidio import pattern_rules

_VERSION = regex.compile(r"(?i)(?:(?<![a-z])(?:version|ver|release|assembly|v)[\"']?[ :=]{0,3}[\"']?|==)$")


def network_rules() -> tuple[Rule, ...]:
    """Return the rules of IP and MAC addresses."""
    from presidio_analyzer.predefined_recognizers import IpRecognizer, MacAddressRecognizer

    addresses = pattern_rules(IpRecognizer())
    return (*(_of_a_host(rule) for rule in addresses), *pattern_rules(MacAddressRecognizer()))


def _of_a_host(rule: Rule) -> Rule:
    presidio = rule.judge

    def judged(match: Match) -> bool | None:
        if presidio is not None and presidio(match) is False:
            return False
        return None if _is_host(match) else False

    return replace(rule, judge=judged, judged_by="host")


def _is_host(match: Match) -> bool:
    """Return whether a match is an address rather than a version or a slice; whose it is does not matter here."""
    value = match.group()
    if ipaddress.ip_interface(value).version == 4:
        return not _is_version(match)
    groups = [group for group in value.split(":") if group]
    return len(groups) >= 3 or any(len(group) == 4 for group in groups)  # `[1::2]` is a slice


def _is_version(match: Match) -> bool:
    """Return whether four numbers are the version of something: a word for it, or an equals sign, is before them."""
    return _VERSION.search(match.string, max(0, match.start() - 16), match.start()) is not None
