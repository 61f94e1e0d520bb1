"""Secrets known by where they stand, whoever issued them."""

import pytest

LOT = "Kq3XwZ8v1TnR5yB7" + "uC9dE2fG4hJ6kL0m"
HEX = "a8f5f167f44f4964" + "e6c998dee827110c"
UUID = "9ca8b7ff-1c2d-4e5f" + "-8a9b-0c1d2e3f4a5b"
WORD = "tiger" + "lily"
CHOSEN = "Tr0ub4dor" + "&3x"
PEM = "-----BEGIN {0}PRIVATE KEY-----{1}-----END {0}PRIVATE KEY-----"
LINES = "MIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB"

PLACES = {
    "assigned in code": ('const apiKey = "{}";', LOT),
    "assigned with a type": ("let token: string = '{}'", LOT),
    "hash of Ruby": (":client_secret => '{}',", LOT),
    "setter": ('.setPassword("{}")', CHOSEN),
    "word for a password": ('password = "{}"', WORD),
    "default of a call": ("env('JIRA_API_TOKEN', '{}')", LOT),
    "define of C": ('#define IO_AUTH_TOKEN            "{}"', LOT),
    "array of C": ('char auth[] = "{}";', LOT),
    "JSON": ('{{"db": {{"password": "{}"}}}}', WORD),
    "JSON in a string": ('"{{\\"password\\": \\"{}\\"}}"', WORD),
    "YAML": ("db:\n  password: {}\n", WORD),
    "properties": ("spring.datasource.password={}", WORD),
    "TOML": ('[auth]\nsecret_key = "{}"', LOT),
    "environment": ("export SMTP_PASSWORD={}\n", WORD),
    "Dockerfile": ("ENV API_KEY={}", LOT),
    "XML": ("<password>{}</password>", WORD),
    "attribute": ('<add key="SmtpPassword" value="{}"/>', CHOSEN),
    "Kubernetes": ("kind: Secret\nmetadata:\n  name: db\ndata:\n  user: YWRtaW4=\n  pw: {}\n", "MWYyZDFlMmU2N2Rm"),
    "Kubernetes, kind below": ("data:\n  pw: {}\nkind: Secret\n", "MWYyZDFlMmU2N2Rm"),
    "Terraform": ('variable "db_password" {{\n  default = "{}"\n}}', CHOSEN),
    "name and value": ("- name: API_TOKEN\n  value: {}\n", LOT),
    "WordPress": ("define('AUTH_KEY',  '{}');", "q<8Z~ 4u]}VrT!e" + "2wO|kY%9sL0dX(h"),
    "name of a service": ("TWILIO_SID: '{}'", HEX),
    "jumble with spaces": ('auth_key = "{}"', "q8Z 4u]VrT!e2wO|k" + "Y%9sL0dX(hB7<Gm1 c5"),
    "uuid": ('SNYK_API_KEY ?= "{}"', UUID),
    "authorization": ("Authorization: Bearer {}", LOT),
    "authorization, basic": ("Authorization: Basic {}", "amFuZTpodW50ZXIy"),
    "header of a key": ("X-Api-Key: {}", LOT),
    "cookie": ("Cookie: theme=dark; sessionid={}; a=b", LOT),
    "option": ("deploy --api-key={} --dry-run", LOT),
    "curl": ("curl -s -u svc9:{} https://api.example.net", CHOSEN),
    "mysql": ("mysql -u app -p{} shop", WORD),
    "docker": ("docker login -u app -p {} registry.example.net", LOT),
    "netrc": ("machine git.example.net login jane password {}", WORD),
    "PowerShell": ("ConvertTo-SecureString '{}' -AsPlainText -Force", CHOSEN),
    "call": ('new NetworkCredential("jane", "{}")', WORD),
    "pair": ("requests.get(url, auth=('jane', '{}'))", WORD),
    "URL": ("https://jane:{}@git.example.net/shop.git", WORD),
    "URL of a store": ("postgresql://app:{}@db.example.net:5432/shop", WORD),
    "URL of a store, slash": ("mongodb+srv://svc:{}@cluster.example.net", "p%40ss/w0rd"),
    "URL, token only": ("https://{}@git.example.net/shop.git", LOT),
    "query": ("https://example.net/cb?access_token={}&x=1", LOT),
    "JDBC": ("jdbc:mysql://db.example.net:3306/shop?user=app&password={}", WORD),
    "Oracle": ("jdbc:oracle:thin:app/{}@db.example.net:1521:shop", WORD),
    "connection string": ("Server=db;Database=shop;User Id=sa;Password={};Encrypt=true", WORD),
    "storage": ("DefaultEndpointsProtocol=https;AccountName=shop;AccountKey={};EndpointSuffix=x", LOT),
    "told": ("The password for user 'jane' is '{}'.", WORD),
    "told without quotes": ("Please note that my api token is {}, thank you.", LOT),
    "table": ("<tr><td>api token</td><td>{}</td></tr>", LOT),
    "table of Markdown": ("| api key | {} |", LOT),
    "web token": ("x = {}", "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0In0." + LOT),
    "hash of a password": ("jane:{}:19000:0", "$6$" + "qoE2letU$" + "wWPRl.PVczjzeMVgjiA8LLy2nOyZbf" * 2),
    "key block": (PEM.format("RSA ", "\n{}\n"), LINES),
    "key block on one line": ('"' + PEM.format("", "\\n{}\\n") + '"', LINES.replace("\n", "\\n")),
    "key block cut off": ("-----BEGIN RSA PRIVATE KEY-----\n{}\n", LINES),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_known_by_its_place(hidden, place):
    frame, value = PLACES[place]
    text = frame.format(value) if "{}" in frame or "{{" in frame else frame.replace("{}", value)
    assert hidden(text, value)


@pytest.mark.parametrize(
    "text",
    [
        'username = "jane77"\npassword = "tigerlily"',
        '{"user": "jane77", "host": "db", "pass": "x9kk2"}',
        "DB_USER=jane77\nDB_PASS=tigerlily",
        "define('DB_USER', 'jane77');\n\n/** password of the database */\ndefine('DB_PASSWORD', 'tigerlily');",
        "<username>jane77</username>\n<password>tigerlily</password>",
        "psexec \\\\host -u SHOP\\jane77 -p tigerlily cmd",
        "The default password for the user 'jane77' is 'tigerlily'.",
        "GITHUB_USERNAME=jane77",
    ],
)
def test_the_user_of_a_password_goes_with_it(hidden, text):
    assert hidden(text, "jane77")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        (
            "see postgresql://app:tigerlily@db.example.net:5432/shop.",
            "postgresql://app:tigerlily@db.example.net:5432/shop",
        ),
        ('"Server=db;Uid=sa;Pwd=tigerlily"', "Server=db;Uid=sa;Pwd=tigerlily"),
    ],
)
def test_an_address_with_a_password_goes_whole(hidden, text, whole):
    assert hidden(text, whole)
