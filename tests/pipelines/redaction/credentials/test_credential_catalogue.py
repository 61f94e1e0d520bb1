"""The catalogue of providers' tokens, and what holds for every rule."""

import zlib

import pytest

from pipelines.redaction.credentials import credential_rules
from pipelines.redaction.credentials.catalogue import Catalogue, shipped_catalogue, token_rules
from pipelines.redaction.rule import search
from pipelines.redaction.structured.reading import read
from pipelines.redaction.structured.syntax import width
from policies.errors import LineweightError
from policies.strict_yaml import read_document
from tests.pipelines.redaction.credentials.shape_samples import sample

TOKENS = shipped_catalogue().tokens
CARRIERS = {
    "alone": "{}",
    "sentence": "Use {} for now.",
    "code": 'client = connect("{}", retries=3)',
    "escaped": 'print("first\\n{}\\n")',
    "markup": "<td>{}</td>",
    "json": '{{"x": [1, "{}"]}}',
}


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token.name)
def test_a_token_of_every_shape_is_found_whole_in_every_carrier(token):
    (rule,) = token_rules(Catalogue(version=1, tokens=(token,), services=()))
    for shape in token.shapes:
        found = [_finds(rule, carrier, sample(shape, seed), token.near) for seed in range(6) for carrier in CARRIERS]
        assert sum(found) >= 0.6 * len(found), shape  # by lot, some look like words


def _finds(rule, carrier, value, near):
    text = " ".join((*near[:1], CARRIERS[carrier].format(value)))
    assert not rule.literals or any(literal.lower() in text.lower() for literal in rule.literals)
    start = text.rindex(value)
    return any(span.start <= start and span.end >= start + len(value) for span in search(rule, text))


def test_no_two_rules_have_one_name():
    names = [rule.name for rule in credential_rules()]
    assert len(names) == len(set(names)) > 200


@pytest.mark.parametrize("rule", credential_rules(), ids=lambda rule: rule.name)
def test_no_rule_looks_at_more_of_a_text_than_it_says(rule):
    least, most = width(read(rule.expression, rule.flags))
    assert least > 0
    assert most < 70_000
    assert rule.entity_type == "SECRET"
    assert rule.score >= 0.5


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("{name: github-token, shapes: ['gh_{hex:20}'], chek: random}", "tokens.0.chek"),
        ("{name: github, shapes: ['gh_{hex:20}']}", "tokens.0.name"),
        ("{name: github-token, shapes: []}", "tokens.0.shapes"),
    ],
    ids=["unknown key", "a name of one word", "no shape"],
)
def test_a_faulty_catalogue_is_refused(change, fault):
    text = f"version: 1\ntokens:\n  - {change}\nservices: [github]\n"
    with pytest.raises(LineweightError, match=fault.replace(".", r"\.")):
        read_document(text.encode(), "catalogue.yaml", Catalogue)


def _github(body, checksum=None):
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, last = divmod(number, 62)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"[last] + digits
    return "gh" + "p_" + body + (checksum or digits)


def test_the_checksum_of_a_token_makes_it_certain():
    rule = next(rule for rule in credential_rules() if rule.name == "github-token")
    body = "Zx8cV7bN6mQ5wE4rT3yU2iO1pA9sD0"
    (right,) = search(rule, _github(body))
    (wrong,) = search(rule, _github(body, "aaaaaa"))
    assert right.score == 1.0 > wrong.score >= 0.5
    assert right.validator == "crc32"
