"""docs/web.md names every endpoint that programs may ask, with its method and the scope it needs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from monitor.web import api, hooks
from monitor.web.identity import PUBLIC
from monitor.web.protection import SAFE
from tests.endpoints import endpoints

PAGE = (Path(__file__).parents[2] / "docs/web.md").read_text(encoding="utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `")]


ENDPOINTS = sorted(
    (method, route.path, "none" if route.path in PUBLIC else scope or ("read" if method in SAFE else "rules"))
    for router in (api.router, hooks.router)
    for route in endpoints(router.routes)
    for method in route.methods
    for scope in (getattr(route.endpoint, "scope", None),)
)


@pytest.mark.parametrize(("method", "path", "scope"), ENDPOINTS)
def test_an_endpoint_has_a_row_with_its_scope(method: str, path: str, scope: str):
    rows = [row for row in ROWS if re.search(rf"`{method} {re.escape(path)}`", row)]

    assert [row.split(" | ")[1] for row in rows] == [scope], f"docs/web.md: | `{method} {path}` | {scope} | ... |"


def test_the_page_names_no_endpoint_that_is_not_there():
    named = {tuple(found) for row in ROWS for found in re.findall(r"`(GET|POST|PUT|DELETE) (/[^`]*)`", row)}

    assert named <= {(method, path) for method, path, _ in ENDPOINTS}
