"""What digits must not be part of, to be an identifier."""

from dataclasses import replace

from pipelines.redaction.rule import Match, Rule


def whole(rule: Rule) -> Rule:
    """Return a rule that refuses what is the fraction of a decimal number, or what such a fraction follows."""
    judge = rule.judge

    def judged(match: Match) -> bool | None:
        return False if _is_fraction(match) else None if judge is None else judge(match)

    return replace(rule, judge=judged)


def _is_fraction(match: Match) -> bool:
    text, (start, end) = match.string, match.span()
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return bool((before[1:] == "." and before[0].isdigit()) or (after[:1] == "." and after[1:].isdigit()))
