"""What is said in a conversation: one turn follows from how the last one ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipelines.world.apps import App
from pipelines.world.conversation import Outcome, Step, Turn
from pipelines.world.dice import Dice
from pipelines.world.features import BUILDS, FEATURES
from pipelines.world.fixes import FIXES
from pipelines.world.wording import Change, fenced, language, said

_CHANGES = {change.name: change for change in (*BUILDS, *FEATURES, *FIXES)}
_FAULTS_OF_A_BUILD = tuple(change for change in FIXES if change.name in ("build-types", "migration-fails"))
_FAULTS_OF_USE = tuple(change for change in FIXES if change not in _FAULTS_OF_A_BUILD)
_GREETINGS = ("Hi!", "Hello.", "Good morning!", "Hello again.")
_PRAISE = ("Thank you, that works.", "Great, that is what I meant.", "Looks good.", "Perfect.")
_THANKS = ("Thank you!", "Thanks a lot.", "Thanks!", "That would help us a lot.", "")
_ABOUT_A_FAULT = (
    "It happens in Firefox and on my phone, too.",
    "I tried it {n} times to be sure.",
    "It was fine last week.",
    "Please leave the rest as it is.",
    "We have about {n} $items a week, so it hurts.",
)
_ABOUT_A_WISH = (
    "We have about {n} $items a week.",
    "Our $who asked for it last week.",
    "No hurry, but it should be right.",
    "There are {n} of us working with it.",
    "Keep it as simple as you can.",
)
_WENT_BACK = (
    "I went back to the version before, that was not what I meant.",
    "I reverted that, it broke the list of $items.",
    "That change is undone again. Once more, please.",
)
_CLOSINGS = (
    "The preview is up.",
    "Press Publish when you are happy with it.",
    "Nothing else has changed.",
    "Tell me if your $who see anything else.",
    "",
    "",
)
_DONE = ("Done: `$path`.", "I changed `$path` and nothing else.", "That is in `$path` now.")
_OUTCOMES = {
    "passed": ("good", 1.0, "build"),
    "failed": ("bad", -1.0, "build"),
    "reverted": ("bad", -1.0, "revert"),
    "edited": ("mixed", 0.3, "edit"),
}
_HOW_OFTEN = {"passed": 52, "failed": 10, "reverted": 8, "edited": 8, "": 22}


def turn(dice: Dice, app: App, voice: str, at: datetime, so_far: Sequence[Turn], uses_tools: bool) -> Turn:
    """Return the next turn of a conversation.

    Args:
        dice: Where choices come from.
        app: What the conversation is about.
        voice: How the person writes.
        at: When the person speaks, UTC.
        so_far: The turns before.
        uses_tools: Whether the builder writes files through tools; otherwise it shows the code.
    """
    change = _next_change(dice, so_far)
    path, code = said(change.path, app), said(change.code, app)
    explained = said(dice.choice(change.answers), app)
    made = Turn(at, change.name, _request(dice, change, app, voice, so_far), explained)
    if uses_tools:
        made.steps = _steps(dice, path, code)
        made.answer += " " + dice.choice(_DONE).replace("$path", path)
    else:
        closing = said(dice.choice(_CLOSINGS), app)
        made.answer += f"\n\n{fenced(code, language(path))}\n\n{closing}".rstrip()
    kind = dice.weighted(_HOW_OFTEN)
    if kind:
        made.outcome = Outcome(*_OUTCOMES[kind], at + timedelta(seconds=dice.randint(20, 100)))
    return made


def _next_change(dice: Dice, so_far: Sequence[Turn]) -> Change:
    if not so_far:
        return dice.choice(BUILDS if dice.chance(0.75) else FEATURES)
    if _ended(so_far) == ("bad", "revert"):
        return _CHANGES[so_far[-1].change]
    if _ended(so_far) == ("bad", "build"):
        return dice.choice(_FAULTS_OF_A_BUILD)
    done = {turn.change for turn in so_far}
    options = _FAULTS_OF_USE if dice.chance(0.5) else FEATURES
    return dice.choice([change for change in options if change.name not in done])


def _ended(so_far: Sequence[Turn]) -> tuple[str, str]:
    outcome = so_far[-1].outcome if so_far else None
    return ("", "") if outcome is None else (outcome.label, outcome.signal)


def _request(dice: Dice, change: Change, app: App, voice: str, so_far: Sequence[Turn]) -> str:
    request = _voiced(dice, change, app, voice, so_far)
    if _ended(so_far) == ("bad", "revert"):
        request = f"{said(dice.choice(_WENT_BACK), app)} {request}"
    if change.trace and dice.chance(0.8):
        trace = said(change.trace, app).replace("__path__", said(change.path, app))
        request += f"\n\n{fenced(trace)}"
    return request


def _voiced(dice: Dice, change: Change, app: App, voice: str, so_far: Sequence[Turn]) -> str:
    ask = said(dice.choice(change.asks), app)
    match voice:
        case "terse":
            short = ask.removesuffix(".").replace("Please ", "").replace(", please", "")
            if short[1:2].islower():
                short = short[0].lower() + short[1:]
            return short + dice.choice(("", "", " pls", ", asap"))
        case "warm":
            opening = dice.choice(_GREETINGS) if not so_far else ""
            if _ended(so_far)[0] == "good":
                opening = dice.choice(_PRAISE)
            return " ".join(part for part in (opening, ask, dice.choice(_THANKS)) if part)
        case "thorough":
            context = dice.some(_ABOUT_A_FAULT if change in FIXES else _ABOUT_A_WISH, 2)
            return said(" ".join((ask, *context)).replace("{n}", str(dice.randint(3, 40))), app)
        case _:
            return ask


def _steps(dice: Dice, path: str, code: str) -> list[Step]:
    steps = [Step("write", path, code, f"File written: {code.count(chr(10)) + 1} lines")]
    if dice.chance(0.4):
        steps.insert(0, Step("read", path, "", code.partition("\n")[0]))
    if dice.chance(0.5):
        count = dice.randint(4, 60)
        if path.endswith(".py"):
            steps.append(Step("run", "", "pytest -q", f"{count} passed in {count / 16:.2f}s"))
        else:
            told = f"Test Files  {count % 7 + 1} passed\n     Tests  {count} passed"
            steps.append(Step("run", "", "npm test -- --run", told))
    return steps
