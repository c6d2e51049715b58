"""A reworded summary says only what the passages it cites say."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitor.core.briefings.briefing import Briefing
from monitor.core.briefings.rewriting import accept, messages, passages
from monitor.errors import MonitorError
from monitor.services.briefing import brief, rewrite
from tests.newsroom import NOW, RULEBOOK, open_newsroom
from tests.rig import FaultServer, fault_server


@pytest.fixture(scope="module")
def briefing() -> Briefing:
    archive = open_newsroom()
    composed = brief(archive, RULEBOOK, "freedom-edge", since=NOW - timedelta(days=14), until=NOW)
    archive.close()
    return composed


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with fault_server() as running:
        yield running


def number_of(briefing: Briefing, words: str) -> int:
    return next(passage.number for passage in passages(briefing) if words in passage.text)


def reworded(briefing: Briefing, answer: str) -> list[str]:
    changed = accept(briefing, answer, "m")
    return [line.text for line in changed.section("summary").lines if line not in briefing.section("summary").lines]


def test_a_supported_sentence_is_kept_with_its_citation(briefing: Briefing):
    number = number_of(briefing, "Foreign Ministry of the DPRK")
    answer = f"The Foreign Ministry of the DPRK denounced the Freedom Edge drill as a rehearsal for invasion [{number}]."
    changed = accept(briefing, answer, "m")
    (line,) = [line for line in changed.section("summary").lines if "denounced" in line.text]
    assert (line.text, line.cites) == (
        "The Foreign Ministry of the DPRK denounced the Freedom Edge drill as a rehearsal for invasion.",
        (number,),
    )
    assert "0 sentences" in changed.footer


@pytest.mark.parametrize(
    "sentence",
    [
        "The drill will surely lead to war.",
        "The Foreign Ministry of the DPRK denounced the Freedom Edge drill [999].",
        "The Foreign Ministry of the DPRK denounced the Freedom Edge drill with 500 missiles [{n}].",
        "The Foreign Ministry of the DPRK and Germany denounced the Freedom Edge drill [{n}].",
        "Economists expect growth to recover slowly despite trade frictions [{n}].",
        "",
    ],
)
def test_what_is_not_supported_is_dropped(briefing: Briefing, sentence: str):
    assert reworded(briefing, sentence.format(n=number_of(briefing, "Foreign Ministry of the DPRK"))) == []


def test_an_endpoint_is_asked_over_http(briefing: Briefing, server: FaultServer):
    number = number_of(briefing, "Russia's foreign ministry")
    content = (
        f"- Russia's foreign ministry said Freedom Edge puts pressure on the Russian Far East [{number}]\n- It rains. [{number}]"
    )
    url = server.serve(
        "/v1/chat/completions", json.dumps({"choices": [{"message": {"content": content}}]}).encode(), "application/json"
    )
    changed = rewrite(briefing, url.removesuffix("/chat/completions"), "local", "key")
    assert "local rewrote the summary" in changed.footer
    assert "dropped as unsupported: 1 sentence." in changed.footer
    assert server.calls[0].headers["authorization"] == "Bearer key"
    assert json.dumps(messages(briefing)).count("[") >= len(passages(briefing))


@pytest.mark.parametrize("body", [b"not json", b"{}", b'{"choices": []}'])
def test_an_endpoint_that_answers_nonsense_is_named(briefing: Briefing, server: FaultServer, body: bytes):
    server.serve("/chat/completions", body, "application/json")
    with pytest.raises(MonitorError, match="did not answer as a chat endpoint"):
        rewrite(briefing, server.url(""), "m")


def test_an_endpoint_that_refuses_or_is_away_is_named(briefing: Briefing, server: FaultServer):
    with pytest.raises(MonitorError, match="HTTP 404"):
        rewrite(briefing, server.url(""), "m")
    with pytest.raises(MonitorError, match="cannot be asked"):
        rewrite(briefing, "http://127.0.0.1:1", "m")


def test_nothing_told_is_not_sent_anywhere(briefing: Briefing):
    archive = open_newsroom()
    empty = brief(archive, RULEBOOK, "freedom-edge", since=NOW - timedelta(hours=1), until=NOW)
    archive.close()

    assert rewrite(empty, "http://127.0.0.1:1", "m") is empty
