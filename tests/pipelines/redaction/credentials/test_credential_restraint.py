"""What stands where a secret would and is none: references, fillers, words, and names that only sound so."""

import pytest

REFERENCES = [
    "password=$PASSWORD", '"password" => $password,', "'password': '$password'", 'password: "$(cat file)"',
    "password='%s'", 'password = "{password}"', 'password="${x}"', 'password="$1"', 'password: "@password@"',
    'password: "#{password}"', "password = ':password'", "password: {{password}}", "password=%PASSWORD%",
    "$password = $env:PASS", "'password' => $this->password", "password = $_POST['password']",
    "Password = txtPassword.Text", "const password = req.body.password;", "password=getpass.getpass()",
    "client_secret=settings.CLIENT_SECRET", 'TOKEN = os.environ["TOKEN"]', "token = tokens[0]",
    "headers={'Authorization': f'Bearer {self.api_key}'}", "Authorization: Bearer <token>",
    'curl -u "${NAME}":"${PW}" https://example.net', "user: root\npassword: ${PW}", '--password "$PW"',
    "mysql://app:${PASSWORD}@db.example.net/shop", "postgresql://{user}:{password}@{host}/shop",
]  # fmt: skip
FILLERS = [
    "password=...", "password: *****", 'password="********"', 'api_key="your-api-key"', "AKIA" + "IOSFODNN7EXAMPLE",
    "ghp_" + "x" * 36, "sk-your-key-here", 'PREFECT_API_KEY = "pnu_' + "X" * 36 + '"', "curl -u user:pass http://x",
    "-----BEGIN PRIVATE KEY-----\nanything\n-----END PRIVATE KEY-----", "mongodb://username:password@localhost/x",
    "mysql://mysql:mysql@localhost:3306/shop", "discord=" + "0" * 32,
]  # fmt: skip
WORDS = [
    'fields = ["password", "opensesame"]', "password = typed\n",
    "password: string;", "password: { type: String, required: true }", "password VARCHAR(255)", 'if password == "":',
    '<input type="password" name="password" value="">', '<label for="password">Password</label>',
    'login: "Login", password: "Password"', 'password: "Contraseña"', 'forgot_password: "Forgot password"',
    "the password is incorrect", "The token is expired", 'the key is "Enter"', "pass the key is pressed twice",
    '"token": "string"', "apiKey: string;", "max_tokens=4096", 'auth: "basic"', "--- PASS: TestLogin/opens_session",
    'tokenizer = "bert-base-uncased"', 'e.key === "Escape"', "you can pass `inplace=False` here",
]  # fmt: skip
NAMES = [
    'key: "9ca8b7ff-1c2d-4e5f-8a9b-0c1d2e3f4a5b"', 'commit_key = "a8f5f167f44f4964e6c998dee827110c"',
    'key = "username"', 'key: "value"', 'key="item-12345"', 'cache_key = "user:4711:v2"', 'primary_key="user_id"',
    's3_key="uploads/2021/img_1234.png"', '"secret": "projects/p/secrets/s/versions/1"', "secretName: my-app-tls-2",
    "PublicKeyToken=b77a5c561934" + "e089", '"public_key": "a8f5f167f44f4964e6c998dee827110ca8f5f167"',
    '"kid": "a1b2c3d4e5f6a7b8c9d0"', "github_sha: a8f5f167f44f4964e6c998dee827110ca8f5f167",
    '"etag": "33a64df551425fcc55e4d42a148795d9f25f89d4"', 'uuid = "9ca8b7ff-1c2d-4e5f-8a9b-0c1d2e3f4a5b"',
    "pwd = \"/home/x\"", "ref, err := s.getServerAddressByClient(req)", "password_path: /run/x1/y2z3",
    "model: claude-3-5-sonnet-20241022, token_limit: 200000",
]  # fmt: skip
ADDRESSES = [
    "git@github.com:shop/web.git", "ssh://git@github.com/shop/web", "https://example.com:8080/path",
    "http://localhost:3000/@jane", "https://www.npmjs.com/package/@types/node", "redis://localhost:6379/0",
    "docker run -p 8080:80 -u root web", "mysql -u root -p", "?code=invalid&token=abc",
]  # fmt: skip


@pytest.mark.parametrize("text", [*REFERENCES, *FILLERS, *WORDS, *NAMES, *ADDRESSES])
def test_what_opens_nothing_is_left_alone(find, text):
    assert find(text) == []


@pytest.mark.parametrize("user", ["hashed_name", "user_name", "$name", "string"])
def test_a_variable_beside_a_password_is_no_user(hidden, user):
    text = f'username: {user}\npassword: "tigerlily7"'
    assert not hidden(text, user)
    assert hidden(text, "tigerlily7")
