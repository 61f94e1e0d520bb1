"""No structured identifier and no secret gets through, whatever carries it."""

import base64
import json

import pytest

TOKEN = base64.urlsafe_b64encode(bytes(range(40, 94))).decode().rstrip("=")
MADE_UP = {
    "mail": "jane.doe@example.org",
    "mail of an internal domain": "jane.doe@build.corp.internal",
    "phone": "+1 415 555 0132",
    "phone of a country": "(212) 555-0187",
    "card": "4242 4242 4242 4242",
    "card, dashed": "4242-4242-4242-4242",
    "social security": "912-34-5678",
    "account": "DE89 3704 0044 0532 0130 00",
    "address": "203.0.113.77",
    "address, new": "2001:db8:85a3:1f::8a2e:370",
    "hardware": "3c:22:fb:9a:01:7e",
    "street": "742 Evergreen Terrace",
    "aws": "AKIA" + "Q3EGTHBXWZ7NKLP2",
    "github": "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8",
    "gitlab": "glpat-" + "x9Yw8Vu7Ts6Rq5Po4Nm3",
    "slack": "xoxb-" + "210987654321-1098765432109-AbCdEfGhIjKlMnOpQrStUvWx",
    "payment": "sk_live_" + "51Hx9aBcDeFgHiJkLmNoPq",
    "model": "sk-proj-" + TOKEN[:44],
    "anthropic": "sk-ant-api03-" + TOKEN[:60],
    "google": "AIza" + "SyD3mN8kQ2wE5rT7yU1iO4pA6sD9fG0hJ1k",
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0." + TOKEN[:43],
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
    "table": "| id | value |\n|----|----|\n| 1 | {} |",
    "markup": "<td>{}</td>",
    "yaml": "owner:\n  value: {}\n",
}


@pytest.mark.parametrize("carrier", CARRIERS)
@pytest.mark.parametrize("kind", MADE_UP)
def test_a_value_does_not_survive_its_carrier(redact_text, kind, carrier):
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
        ("postgresql://app:hR7kQ2mW9xZ4@db.example.net:5432/app", "hR7kQ2mW9xZ4"),
        ("mongodb+srv://svc:p%40ss/w0rd@cluster.example.net", "p%40ss/w0rd"),
        ("redis://:s3cr3tvalue@cache.example.net:6379", "s3cr3tvalue"),
        ("https://jane.doe@git.example.net/repo.git", "jane.doe"),
        ("https://x-token-8f7a6b5c4d3e@git.example.net/r", "x-token-8f7a6b5c4d3e"),
        ("Server=db;Database=app;User Id=sa;Password=Qw3rtyUi;Encrypt=true", "Qw3rtyUi"),
        ("SMTP_PASSWORD=correcthorse", "correcthorse"),
        ("export API_TOKEN='9f8e7d6c5b4a'", "9f8e7d6c5b4a"),
        ("db_password: hunter2-and-more", "hunter2-and-more"),
        ('password = "Tr0ub4dor&3"', "Tr0ub4dor&3"),
        ('{"client_secret": "q8W~e7R.t6Y-u5I4o3P2"}', "q8W~e7R.t6Y-u5I4o3P2"),
        ("Authorization: Bearer 8d7f6a5b4c3d2e1f0a9b", "8d7f6a5b4c3d2e1f0a9b"),
        ("Authorization: Basic amFuZTpodW50ZXIy", "amFuZTpodW50ZXIy"),
        ("curl -u admin7:Zx8cV7bN https://example.net", "Zx8cV7bN"),
        ("https://example.net/cb?access_token=1a2b3c4d5e6f&x=1", "1a2b3c4d5e6f"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----",
         "AQEFAASCBKcwggSjAgEAAoIB"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n",
         "AQEFAASCBKcwggSjAgEAAoIB"),
    ],
)  # fmt: skip
def test_a_secret_is_known_by_the_place_it_stands_in(redact_text, text, secret):
    redacted = redact_text(text)
    assert secret not in redacted
    assert "<SECRET_" in redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Users/janedoe/code/app.py", "/Users/{}/code/app.py"),
        ("cd /home/janedoe", "cd /home/{}"),
        ("C:\\Users\\janedoe\\dev\\app.py", "C:\\Users\\{}\\dev\\app.py"),
        ('open("C:\\\\Users\\\\janedoe\\\\app.py")', 'open("C:\\\\Users\\\\{}\\\\app.py")'),
    ],
)
def test_of_a_path_only_the_user_name_goes(redact_text, text, expected):
    before, after = expected.split("{}")
    redacted = redact_text(text)
    assert redacted.startswith(before + "<USER_PATH_")
    assert redacted.endswith(">" + after)
    assert "janedoe" not in redacted


def test_an_escape_hides_nothing_in_json(redact_text):
    redacted = redact_text('{"to": "jane\\u0040example.org", "n": 4242424242424242}')
    document = json.loads(redacted)
    assert document["to"].startswith("<EMAIL_ADDRESS_")
    assert document["n"].startswith("<CREDIT_CARD_")


@pytest.mark.parametrize(
    "text",
    [
        "Hi, my name is Margaret Holloway and the build fails.",
        "Author: Margaret Holloway <margaret@example.org>",
        'const customerName = "Margaret Holloway";',
        '{"customer_name": "margaret holloway"}',
        "I spoke to Margaret Holloway about it yesterday.",
    ],
)
def test_a_name_that_is_announced_goes(redact_text, text):
    redacted = redact_text(text)
    assert "holloway" not in redacted.lower()
    assert "<PERSON_" in redacted


def test_a_name_found_in_prose_goes_wherever_the_record_repeats_it(redact_text):
    redacted = redact_text("I am in touch with Margaret Holloway.\n```\nrow(1, x.Margaret Holloway.y)\n```")
    assert "Holloway" not in redacted
    assert redacted.count(redacted[redacted.index("<PERSON_") :][:17]) == 2
