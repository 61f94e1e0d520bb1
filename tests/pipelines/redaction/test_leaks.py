"""No structured identifier and no secret gets through, whatever carries it."""

import base64
import json

import pytest

from pipelines.redaction.markers import existing
from tests.pipelines.redaction.conftest import batch, record, said

ALPHABET = "Zq8Lk3Vb7Nw1Tf5Yd9Rc2Hs6Jm4Xp0GaQe-UoIi_BzWnCvMxKl" + "JhGfDsAqPw8OeI7rUt6YyE5hDj4SkA3lZm2XnB1vCq0WeRtYuIo"
MADE_UP = {
    "mail": "jane.doe@analytical-engines.org",
    "mail of an internal domain": "jane.doe@build.corp.internal",
    "phone": "+1 415 771 0132",
    "phone of a country": "(212) 771-0187",
    "card": "4539 5787 6362 1486",
    "card, dashed": "4539-5787-6362-1486",
    "social security": "512-34-5678",
    "account": "DE89 3704 0044 0532 0130 00",
    "address": "81.23.45.77",
    "address, new": "2a02:8b1:85a3:1f22::8a2e:370",
    "hardware": "3c:22:fb:9a:01:7e",
    "street": "742 Evergreen Terrace",
    "aws": "AKIA" + "Q3EGTHBXWZ7NKLP2",
    "github": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "gitlab": "glpat-" + "x9Yw8Vu7Ts6Rq5Po4Nm3",
    "slack": "xoxb-" + "210987654321-1098765432109-AbCdEfGhIjKlMnOpQrStUvWx",
    "payment": "sk_live_" + "51Hx9aBcDeFgHiJkLmNoPqRs",
    "anthropic": "sk-ant-api03-" + ALPHABET[:93] + "AA",
    "google": "AIza" + "SyD3mN8kQ2wE5rT7yU1iO4pA6sD9fG0hJ1k",
    "jwt": ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"HS256"}', b'{"sub":"1234567890"}', bytes(range(40, 94)))
    ),
}
CARRIERS = {
    "prose": "Please look at {} before Monday.",
    "end of a sentence": "It stops at {}.",
    "code string": 'const owner = "{}";',
    "code string, escaped": 'print("first\\n{}\\nlast")',
    "call": "connect('{}', retries=3)",
    "fenced": "This is it:\n```python\nVALUE = '{}'\n```\nThanks.",
    "comment": "x = 1  # was {}",
    "environment": "APP=shop\nVALUE={}\nDEBUG=1",
    "stack trace": 'Traceback (most recent call last):\n  File "/app/main.py", line 3, in run\nValueError: {} is not '
    "known",
    "json": '{{"items": [{{"id": 1, "value": "{}"}}]}}',
    "json lines": '{{"id": 1}}\n{{"id": 2, "value": "{}"}}\n',
    "table": "| id | value |\n|----|----|\n| 1 | {} |",
    "markup": "<td>{}</td>",
    "yaml": "owner:\n  value: {}\n",
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("kind", MADE_UP)
def test_a_value_does_not_survive_its_carrier_and_what_stands_around_it_does(redact_text, kind, carrier):
    value = MADE_UP[kind]
    text = CARRIERS[carrier].format(value)
    redacted = redact_text(text)
    assert value not in redacted
    before, after = CARRIERS[carrier].format("\0").split("\0")
    assert redacted.startswith(before)
    assert redacted.endswith(after)


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://app:hR7kQ2mW9xZ4@db.analytical.net:5432/app", "hR7kQ2mW9xZ4"),
        ("mongodb+srv://svc:p%40ss/w0rd@cluster.analytical.net", "p%40ss/w0rd"),
        ("redis://:s3cr3tvalue@cache.analytical.net:6379", "s3cr3tvalue"),
        ("https://x-token-8f7a6b5c4d3e@git.analytical.net/r", "x-token-8f7a6b5c4d3e"),
        ("Server=db;Database=app;User Id=sa;Password=Qw3rtyUi;Encrypt=true", "Qw3rtyUi"),
        ("export API_TOKEN='9f8e7d6c5b4a'", "9f8e7d6c5b4a"),
        ("db_password: hunter2-and-more", "hunter2-and-more"),
        ('password = "Tr0ub4dor&3"', "Tr0ub4dor&3"),
        ('{"client_secret": "q8W~e7R.t6Y-u5I4o3P2"}', "q8W~e7R.t6Y-u5I4o3P2"),
        ("Authorization: Bearer 8d7f6a5b4c3d2e1f0a9b", "8d7f6a5b4c3d2e1f0a9b"),
        ("Authorization: Basic amFuZTpodW50ZXIy", "amFuZTpodW50ZXIy"),
        ("curl -u admin7:Zx8cV7bN https://analytical.net", "Zx8cV7bN"),
        ("https://analytical.net/cb?access_token=1a2b3c4d5e6f&x=1", "1a2b3c4d5e6f"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----",
         "AQEFAASCBKcwggSjAgEAAoIB"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n",
         "AQEFAASCBKcwggSjAgEAAoIB"),
    ],
)  # fmt: skip
def test_a_secret_is_known_by_the_place_it_stands_in(redactor, text, secret):
    done = redactor.redact(batch(record(said("user", text))))
    assert secret not in done.batch["messages"][0].as_py()[0]["content"]
    assert "SECRET" in done.findings["entity_type"].to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Users/janedoe/code/app.py", "/Users/{}/code/app.py"),
        ("cd /home/janedoe", "cd /home/{}"),
        ("C:\\Users\\janedoe\\dev\\app.py", "C:\\Users\\{}\\dev\\app.py"),
        ("C:\\Users\\nancydoe\\dev\\app.py", "C:\\Users\\{}\\dev\\app.py"),
        ('open("C:\\\\Users\\\\janedoe\\\\app.py")', 'open("C:\\\\Users\\\\{}\\\\app.py")'),
    ],
)
def test_of_a_path_only_the_user_name_goes(redact_text, text, expected):
    before, after = expected.split("{}")
    redacted = redact_text(text)
    assert redacted.startswith(before + "qx")
    assert redacted.endswith(after)
    assert "doe" not in redacted


def test_an_escape_hides_nothing_in_json_and_a_number_stays_one(redact_text):
    redacted = redact_text('{"to": "jane\\u0040corp.internal", "n": 4539578763621486}')
    document = json.loads(redacted)
    assert existing(document["to"])
    assert isinstance(document["n"], int)
    assert document["n"] != 4539578763621486


@pytest.mark.parametrize(
    "text",
    [
        "Hi, my name is Margaret Holloway and the build fails.",
        "Author: Margaret Holloway <margaret@corp.internal>",
        'const customerName = "Margaret Holloway";',
        '{"customer_name": "margaret holloway"}',
        "I spoke to Margaret Holloway about it yesterday.",
    ],
)
def test_a_name_that_is_announced_goes(redactor, text):
    done = redactor.redact(batch(record(said("user", text))))
    assert "holloway" not in done.batch["messages"][0].as_py()[0]["content"].lower()
    assert "PERSON" in done.findings["entity_type"].to_pylist()


def test_a_name_found_in_prose_goes_wherever_the_record_repeats_it(redact_text):
    redacted = redact_text("I am in touch with Margaret Holloway.\n```\nrow(1, x.Margaret Holloway.y)\n```")
    assert "Holloway" not in redacted
    [first, *_] = existing(redacted)
    assert redacted.count(redacted[first[0] : first[1]]) == 2
