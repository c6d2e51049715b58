"""An assistant asks the archive over standard input and output, with the official client."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.newsroom import open_newsroom

pytest.importorskip("mcp", reason="the extra mcp is not installed")

RULES = """
topics:
  freedom-edge: {name: Freedom Edge exercise}
actors: {North Korea: {}, China: {}}
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("desk")
    (root / "rules.yaml").write_text(RULES)
    (root / "feeds.yaml").write_text("feeds: []\n")
    open_newsroom(str(root / "monitor.db")).close()
    return root


async def talk(root: Path) -> dict[str, Any]:
    """One conversation: what the server says of itself, and the answers to each question."""
    from mcp import Client, StdioServerParameters

    args = ["-m", "monitor", "mcp", "--archive", "monitor.db", "--rules", "rules.yaml", "--feeds", "feeds.yaml"]
    parameters = StdioServerParameters(command=sys.executable, args=args, cwd=root, env={"PYTHONPATH": str(Path.cwd())})
    async with Client(parameters, read_timeout_seconds=180) as client:
        tools = (await client.list_tools()).tools
        questions = {
            "search": ("search", {"query": 'topic:freedom-edge holder:"North Korea"', "limit": 2}),
            "show": ("show", {"name": "7"}),
            "stances": ("stances", {"topic": "freedom-edge", "since": "2024-10-01"}),
            "briefing": ("briefing", {"topic": "freedom-edge", "since": "2024-10-01"}),
            "wrong": ("search", {"query": "topic:freedom-edg"}),
            "nothing": ("show", {"name": "999999"}),
        }
        answers = {name: await client.call_tool(tool, arguments) for name, (tool, arguments) in questions.items()}
        return {"instructions": client.instructions, "tools": tools, **answers}


def test_an_assistant_reads_and_changes_nothing(desk: Path):
    before = (desk / "monitor.db").read_bytes()
    said = asyncio.run(talk(desk))

    assert "freedom-edge: Freedom Edge exercise" in said["instructions"]
    assert {tool.name for tool in said["tools"]} == {"search", "show", "stances", "briefing"}
    assert all(tool.annotations.read_only_hint for tool in said["tools"])
    found = json.loads(text(said["search"]))
    assert (found["total"], len(found["articles"])) == (3, 2)
    assert found["articles"][0]["statements"][0]["holder"] == "North Korea"
    assert json.loads(text(said["show"]))["title"] == "Reckless war drill will bring a price, ministry warns"
    assert {voice["holder"] for voice in json.loads(text(said["stances"]))["holders"]} >= {"North Korea", "China"}
    assert "## Positions" in text(said["briefing"])
    assert (said["wrong"].is_error, "freedom-edge" in text(said["wrong"])) == (True, True)
    assert (said["nothing"].is_error, "there is no" in text(said["nothing"])) == (True, True)
    assert (desk / "monitor.db").read_bytes() == before


def text(answer: Any) -> str:
    return "".join(part.text for part in answer.content)
