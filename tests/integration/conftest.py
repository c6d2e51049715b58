"""A collector over a real archive and real parser processes, for every test that polls feeds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from monitor.sandbox import Limits, Sandbox
from tests.collecting import Rig, collecting


@pytest.fixture(scope="module")
def parser() -> Iterator[Sandbox]:
    sandbox = Sandbox(Limits(processes=1))
    yield sandbox
    sandbox.close()


@pytest.fixture
def rig(parser: Sandbox) -> Iterator[Rig]:
    with collecting(parser, total_seconds=10) as made:
        yield made
