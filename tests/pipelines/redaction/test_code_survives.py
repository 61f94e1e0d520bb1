"""What is no personal data stays: code, ids, versions, references to secrets."""

import ast

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
            'OWNER = "jane.doe@example.org"',
            "DATABASE = 'postgresql://app:hR7kQ2mW9xZ4@db.example.net:5432/app'",
            'ROWS = [{"name": "Margaret Holloway", "phone": "+1 415 555 0132"}]',
            'KEY = "ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"',
            "path = '/Users/janedoe/code'",
        ]
    )
    redacted = redact_text(code)
    ast.parse(redacted)
    assert redacted.count("<") == 6


def test_the_host_of_a_connection_string_stays(redact_text):
    redacted = redact_text("postgresql://app:hR7kQ2mW9xZ4@db.example.net:5432/app")
    assert redacted.startswith("postgresql://<SECRET_")
    assert redacted.endswith(">@db.example.net:5432/app")
