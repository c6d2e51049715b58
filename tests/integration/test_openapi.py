"""The API as its own document describes it: whatever fits the document is answered, and never with a server error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings

from monitor.app import App
from monitor.web import build_web
from tests.integration.test_search_probes import FOUND, INJECTED, REFUSED
from tests.webstage import stage

schemathesis = pytest.importorskip("schemathesis")

NAUGHTY = (
    "undefined", "null", "1e309", "-0", "0x" + "f" * 400, "\u202etest\u202c", "\u2060", "\ufeff", "Ω≈ç√∫", "田中さんにあげて下さい", "👩‍👩‍👧‍👦",
    "ﷺ" * 200, "T̗̺͖̹̯͓Ṯ̤͍̥͇͈h̲́e͏͓̼̗̙̼̣͔", "<script>alert(1)</script>", "javascript:alert(1)", "' OR 1=1 -- 1", "../../../etc/passwd", "%s%s%n", "$(touch /x)",
    "{{7*7}}", "((((((((((" * 50, "-" * 3000, "a " * 2000, '"' * 999, "published>=99999-99-99", "published:-1d", "relevance>=nan", "outlets>=1e400",
    "topic:nobody", "label:" + "x" * 500, "story:99999999999999999999", "re:/(a+)+$/", "\r\nX-Y: z",
)  # fmt: skip
"""What breaks software now and then, in our own selection."""
EXAMPLES = 6
"""So many requests to each operation; drawn anew in each run unless a seed is given."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with stage(tmp_path_factory.mktemp("api") / "desk") as made:
        yield made


def test_nothing_that_fits_the_document_is_a_server_error(app: App):
    schema = schemathesis.openapi.from_asgi("/openapi.json", build_web(app), headers={"Host": "localhost"})
    asked: dict[str, set[int]] = {}

    for found in schema.get_all_operations():
        operation = found.ok()
        strategy = operation.as_strategy()

        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(strategy)
        def ask(case) -> None:
            answer = case.call(headers={"Host": "localhost", "Sec-Fetch-Site": "same-origin"})
            asked.setdefault(f"{case.method} {case.path}", set()).add(answer.status_code)
            assert answer.status_code < 500, case.as_curl_command()

        ask()

    assert len(asked) > 20
    assert all(status != 421 for statuses in asked.values() for status in statuses)
    assert sum(200 in statuses or 201 in statuses for statuses in asked.values()) > len(asked) / 2, asked


@pytest.mark.parametrize("path", ["/api/v1/search", "/search", "/feeds/q.atom", "/api/v1/statements"])
def test_whatever_is_typed_into_a_search_is_found_or_refused_in_words(app: App, path: str):
    with TestClient(build_web(app), base_url="http://localhost") as web:
        answers = {text: web.get(path, params={"q": text}).status_code for text in (*FOUND, *REFUSED, *INJECTED, *NAUGHTY)}

    assert set(answers.values()) == {200, 400}, {text: code for text, code in answers.items() if code not in {200, 400}}
    assert {answers[text] for text in REFUSED} == {400}
