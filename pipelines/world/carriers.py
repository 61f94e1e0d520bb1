"""How personal data and secrets get into a conversation: the carriers, and what people write around them."""

import json

from pipelines.world.apps import App
from pipelines.world.conversation import Conversation, Step, Turn
from pipelines.world.dice import Dice
from pipelines.world.planted import Mint, Plant, Value
from pipelines.world.wording import fenced, said

CARRIED: dict[str, dict[str, float]] = {
    "prose": {
        "EMAIL_ADDRESS": 4,
        "PHONE_NUMBER": 3,
        "PERSON": 4,
        "CREDIT_CARD": 1.5,
        "US_SSN": 1.5,
        "IBAN_CODE": 1,
        "IP_ADDRESS": 1,
        "STREET_ADDRESS": 2,
    },
    "code": {"EMAIL_ADDRESS": 2, "PHONE_NUMBER": 1, "PERSON": 1, "IP_ADDRESS": 1, "STREET_ADDRESS": 1, "SECRET": 3},
    "env-block": {"SECRET": 1},
    "stack-trace": {"USER_PATH": 2, "EMAIL_ADDRESS": 1, "IP_ADDRESS": 1},
    "file-path": {"USER_PATH": 1},
    "tool-arguments": {
        "EMAIL_ADDRESS": 2,
        "PERSON": 2,
        "PHONE_NUMBER": 1,
        "STREET_ADDRESS": 1,
        "SECRET": 2,
        "IBAN_CODE": 1,
    },
    "attribute": {"EMAIL_ADDRESS": 1},
    "working-directory": {"USER_PATH": 1},
}
"""Which types travel in which carrier, and how often."""

OFTEN: dict[str, float] = {"prose": 6, "code": 3, "env-block": 2, "stack-trace": 2, "file-path": 1}
OFTEN_WITH_TOOLS = OFTEN | {"tool-arguments": 8}

_SENTENCES = {
    "EMAIL_ADDRESS": (
        "Send a copy of every $item to {value}.",
        "Put {value} into the footer, please.",
        "The account that fails is {value}.",
    ),
    "PHONE_NUMBER": ("Our number for the footer is {value}.", "If it breaks again, call me at {value}."),
    "PERSON": (
        "It was reported by {value}, one of our $who.",
        "My colleague {value} should be able to approve $items.",
        "Use {value} as the example in the preview.",
    ),
    "CREDIT_CARD": ("I paid with the card {value} and it was refused.",),
    "US_SSN": ("The row that fails in the import has the social security number {value}.",),
    "IBAN_CODE": ("Payments go to our account, IBAN {value}.",),
    "IP_ADDRESS": ("The requests that fail come from {value}.",),
    "STREET_ADDRESS": ("Our address for the imprint is {value}.", "Please deliver to {value} in the example."),
}
_CODE = {
    "EMAIL_ADDRESS": 'export const OWNER = "{value}";',
    "PHONE_NUMBER": 'SUPPORT_PHONE = "{value}"',
    "PERSON": 'const demo = { id: 1, name: "{value}" };',
    "IP_ADDRESS": 'DB_HOST = "{value}"',
    "STREET_ADDRESS": 'const imprint = { street: "{value}" };',
}
_SECRET_CODE = {
    "aws-key-id": 's3 = boto3.client("s3", aws_access_key_id="{value}")',
    "github": 'const octokit = new Octokit({ auth: "{value}" });',
    "payment-key": 'const payments = connect("{value}");',
    "jwt": 'headers = {"Authorization": "Bearer {value}"}',
    "connection-string": 'engine = create_engine("{value}")',
    "pem": "const key = `{value}`;",
    "assignment": "process.env.{value}",
}
_VARIABLES = {
    "aws-key-id": "AWS_ACCESS_KEY_ID={value}",
    "github": "GITHUB_TOKEN={value}",
    "payment-key": "PAYMENTS_KEY={value}",
    "jwt": "SERVICE_TOKEN={value}",
    "connection-string": "DATABASE_URL={value}",
    "pem": 'SIGNING_KEY="{value}"',
    "assignment": "{value}",
}
_KEYS = {
    "EMAIL_ADDRESS": "email",
    "PERSON": "name",
    "PHONE_NUMBER": "phone",
    "STREET_ADDRESS": "street",
    "IBAN_CODE": "iban",
}


class Planter:
    """Puts values into conversations, and remembers which, where and how."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._mint = Mint(dice)
        self.plants: list[Plant] = []

    def plant(self, into: Conversation) -> None:
        """Plant one value, sometimes two, into a conversation's last turn."""
        turn = into.turns[-1]
        for _ in range(2 if self._dice.chance(0.15) else 1):
            carrier = self._dice.weighted(OFTEN_WITH_TOOLS if turn.steps else OFTEN)
            value = self._value(carrier)
            _CARRY[carrier](self._dice, turn, into.app, value)
            self._remember(into, into.length - 1, carrier, value)

    def plant_in_columns(self, into: Conversation) -> None:
        """Plant a value into what the product logs beside the words of a whole conversation."""
        if into.source == "bloom-agent":
            value = self._value("working-directory")
            into.root = _joined(value.whole, into.app.key)
            self._remember(into, 0, "working-directory", value)
        else:
            value = self._value("attribute")
            into.last_editor = value.whole
            self._remember(into, 0, "attribute", value)

    def _value(self, carrier: str) -> Value:
        return self._mint.value(self._dice.weighted(CARRIED[carrier]))

    def _remember(self, into: Conversation, position: int, carrier: str, value: Value) -> None:
        plant = Plant(
            value.text, value.kind, carrier, into.tenant, into.source, into.begun_as, position, value.secret_class
        )
        self.plants.append(plant)


def _filled(template: str, value: Value) -> str:
    return template.replace("{value}", value.whole)


def _joined(root: str, *parts: str) -> str:
    return ("\\" if "\\" in root else "/").join((root, *parts))


def _in_prose(dice: Dice, turn: Turn, app: App, value: Value) -> None:
    sentence = _filled(said(dice.choice(_SENTENCES[value.kind]), app), value)
    words, fence, rest = turn.request.partition("\n\n```")
    end = "" if words[-1] in ".!?" else "."
    turn.request = f"{words}{end} {sentence}{fence}{rest}"


def _in_code(dice: Dice, turn: Turn, _app: App, value: Value) -> None:
    line = _filled(_SECRET_CODE[value.secret_class] if value.secret_class else _CODE[value.kind], value)
    if turn.steps or dice.chance(0.6):
        turn.request += f"\n\nThis is what I have now:\n{fenced(line)}"
    else:
        turn.answer += f"\n\nI kept your settings:\n{fenced(line)}"


def _in_env(dice: Dice, turn: Turn, app: App, value: Value) -> None:
    lines = [f"APP_NAME={app.key}", "LOG_LEVEL=info", _filled(_VARIABLES[value.secret_class], value)]
    dice.shuffle(lines)
    turn.request += f"\n\nMy .env, if you need it:\n{fenced(chr(10).join(lines))}"


def _in_trace(dice: Dice, turn: Turn, app: App, value: Value) -> None:
    table = app.words["table"]
    file, error = f"/app/api/{table}.py", f'KeyError: "{app.when}"'
    match value.kind:
        case "USER_PATH":
            file = _joined(value.whole, app.key, "api", f"{table}.py")
        case "EMAIL_ADDRESS":
            error = f"smtplib.SMTPRecipientsRefused: {{'{value.whole}': (550, b'No such user')}}"
        case _:
            error = f"ConnectionRefusedError: [Errno 111] could not connect to {value.whole} port 5432"
    lines = ("Traceback (most recent call last):", f'  File "{file}", line {dice.randint(12, 180)}, in create', error)
    turn.request += f"\n\nThis is in the log:\n{fenced(chr(10).join(lines))}"


def _in_path(dice: Dice, turn: Turn, app: App, value: Value) -> None:
    path = _joined(value.whole, app.key, "src", "main.tsx")
    words, fence, rest = turn.request.partition("\n\n```")
    start = dice.choice(("The copy on my machine is", "I run it from", "The file I mean is"))
    turn.request = f"{words} {start} {path}{fence}{rest}"


def _in_arguments(_dice: Dice, turn: Turn, _app: App, value: Value) -> None:
    if value.secret_class:
        step = Step("write", ".env", _filled(_VARIABLES[value.secret_class], value), "File written: 1 lines")
    else:
        seed = json.dumps([{"id": 1, _KEYS[value.kind]: value.whole}], indent=2, ensure_ascii=False)
        step = Step("write", "db/seed.json", seed, "File written: 6 lines")
    turn.steps.append(step)


_CARRY = {
    "prose": _in_prose,
    "code": _in_code,
    "env-block": _in_env,
    "stack-trace": _in_trace,
    "file-path": _in_path,
    "tool-arguments": _in_arguments,
}
