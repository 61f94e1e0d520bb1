"""What is no personal data stays: code, ids, versions, references to secrets."""

import ast
import re

import pytest


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\nself.id = my_array[1::2]\nx = np.array([[1, 2], [3, 4]])",
        "const token = await getToken(); const user = props.user.name;",
        "password: string;\ntoken?: string | null;",
        'password = os.environ["DB_PASSWORD"]',
        "API_KEY=${API_KEY}\nTOKEN=$TOKEN\nSECRET={{ secrets.VALUE }}",
        "npm install react@18.2.0 @types/node@20.1.0",
        "version 1.2.3, released 2024-01-15 at 10:20:30Z",
        "listen on 127.0.0.1:8080 and 0.0.0.0",
        "id: 3f2b8c1e-9d4a-4e7b-8a6f-1c2d3e4f5a6b",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "@app.route('/users/123')\ndef show(): ...",
        "width: 1024px; padding: 10 20 30 40;",
        "React, Tailwind and Django are installed.",
        "std::vector<int> v; a::b::c();",
        "/home/dashboard and /usr/local/lib/python3.11",
        "git clone ssh://git@github.com/org/repo.git",
        "timestamp = 1700000000; total = 12345678",
        "How do I change the Color of the Submit Button?",
    ],
)
def test_text_without_personal_data_is_left_as_it_is(redact_text, text):
    assert redact_text(text) == text


def test_python_still_parses_after_redaction(redact_text):
    code = "\n".join(
        [
            'OWNER = "jane.doe@analytical-engines.org"',
            "DATABASE = 'postgresql://app:hR7kQ2mW9xZ4@db.analytical.net:5432/app'",
            'ROWS = [{"name": "Margaret Holloway", "phone": "+1 415 771 0132"}]',
            'KEY = "' + "ghp_" + 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"',
            "path = '/Users/janedoe/code'",
            'mail = ("jane@" +',
            '    "corp.internal")',
        ]
    )
    redacted = redact_text(code)
    ast.parse(redacted)
    for gone in ("jane", "hR7kQ2", "Holloway", "771 0132", "a1B2c3", "corp.internal"):
        assert gone not in redacted


@pytest.mark.parametrize(
    ("written", "form"),
    [
        (
            "postgresql://app:hR7kQ2mW9xZ4@db.analytical.net:5432/app",
            r"postgresql://{login}:{login}@{host}:5432/{word}",
        ),
        ("redis://:hR7kQ2mW9xZ4@10.1.2.3:6379/", r"redis://:{login}@{host}:6379/"),
        ("mongodb+srv://app:hR7kQ2mW9xZ4@db.analytical.net", r"mongodb\+srv://{login}:{login}@{host}"),
    ],
    ids=["user and password", "a password alone", "no port"],
)
def test_a_connection_string_stays_one_and_is_nobodys(redact_text, written: str, form: str):
    redacted = redact_text(f'url = "{written}"')
    parts = {"login": "qxqx[a-z0-9]{8}", "host": r"qx[a-z]{8}\.example\.com", "word": "qx[a-z]{8}"}
    assert re.fullmatch(f'url = "{form.format(**parts)}"', redacted), redacted
    assert redact_text(redacted) == redacted
