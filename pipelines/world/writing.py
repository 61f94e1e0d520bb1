"""Writing the logs, so that the same world has the same bytes."""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipelines.world.conversation import Conversation
from pipelines.world.dates import AGENT_FROM, LOGS_FROM, LOGS_UNTIL, written
from pipelines.world.happening import AGENT, SHARE, WEB
from pipelines.world.logs import share_line, web_lines
from pipelines.world.transcripts import agent_lines


def write_logs(directory: Path, seed: int, talks: Iterable[Conversation]) -> tuple[list[Path], dict[str, int]]:
    """Write the logs of the three sources, and a few lines that are not as they should be.

    Args:
        directory: Where ``logs/`` is made.
        seed: Seed of the world.
        talks: Every conversation.

    Returns:
        The files, and how many lines were spoiled, by what is wrong with them.
    """
    texts: dict[str, list[str]] = {f"logs/web/{month}.jsonl.gz": [] for month in _months(LOGS_FROM.month + 12 * 2025)}
    texts |= {f"logs/agent/{month}.jsonl.gz": [] for month in _months(AGENT_FROM.month + 12 * 2026)}
    texts["logs/share/export.jsonl"] = []
    by_source: dict[str, list[Conversation]] = {WEB: [], AGENT: [], SHARE: []}
    for talk in sorted(talks, key=lambda talk: (talk.started_at, talk.id)):
        by_source[talk.source].append(talk)
    for talk in by_source[AGENT]:
        lines = texts[f"logs/agent/{talk.started_at:%Y-%m}.jsonl.gz"]
        lines += [_line(line) for line in agent_lines(talk, seed)]
    requests = [(line["created_at"], talk, line) for talk in by_source[WEB] for line in web_lines(talk)]
    for _, talk, line in sorted(requests, key=lambda request: (request[0], request[2]["id"])):
        texts[f"logs/web/{talk.started_at:%Y-%m}.jsonl.gz"].append(_line(line))
    texts["logs/share/export.jsonl"] = [_line(share_line(talk)) for talk in by_source[SHARE]]
    spoiled = _spoil(texts)
    return [_written(directory / name, lines) for name, lines in texts.items()], spoiled


def _spoil(texts: dict[str, list[str]]) -> dict[str, int]:
    """Add lines as real deliveries have them: cut off, without a zone, of a nameless workspace, sent twice."""
    web = [name for name in texts if "/web/" in name]
    whole = _request(0)
    texts[web[0]].append(texts[web[0]][-1])
    texts[web[1]].insert(2, _line(whole | {"created_at": "2025-12-09 14:02:11"}))
    texts[web[2]].insert(5, _line(_request(1))[:-75])
    texts[web[3]].append(_line(_request(2, workspace="Brightleaf GmbH")))
    texts[web[4]].insert(3, _line({name: value for name, value in _request(3).items() if name != "request"}))
    last = next(name for name in reversed(texts) if "/agent/" in name and texts[name])
    texts[last].append(texts[last][-1][:-40])
    texts["logs/share/export.jsonl"].append(texts["logs/share/export.jsonl"][0][:120])
    return {"sent-twice": 1, "no-zone": 1, "cut-off": 3, "nameless-workspace": 1, "no-messages": 1}


def _request(number: int, workspace: str = "brightleaf") -> dict[str, Any]:
    return {
        "id": f"req_spoiled_{number}",
        "created_at": written(LOGS_FROM),
        "model": "bloom-2",
        "metadata": {
            "workspace": workspace,
            "user_id": "usr_spoiled",
            "conversation_id": f"conv_spoiled{number}",
            "participants": [],
            "country": None,
            "age_band": None,
            "project": None,
            "last_editor": None,
        },
        "request": {"messages": [{"role": "user", "content": "Dark mode please."}]},
        "response": {"role": "assistant", "content": "Colours follow the system now."},
        "outcome": None,
    }


def _months(first: int) -> list[str]:
    """Return the months from one until the last with logs; a month is ``12 * year + month``."""
    last = 12 * LOGS_UNTIL.year + LOGS_UNTIL.month
    return [f"{(month - 1) // 12}-{(month - 1) % 12 + 1:02}" for month in range(first, last + 1)]


def _line(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _written(path: Path, lines: list[str]) -> Path:
    data = "".join(f"{line}\n" for line in lines).encode()
    if path.suffix == ".gz":
        data = gzip.compress(data, compresslevel=6, mtime=0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
