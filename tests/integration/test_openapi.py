"""The API as its own document describes it: whatever fits the document is answered, and never with a server error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from monitor.app import App
from monitor.web import build_web
from tests.webstage import stage

schemathesis = pytest.importorskip("schemathesis")

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
