"""Deliveries that quiet hours hold, in every kind of archive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.model import Alert, Delivery, DeliveryState, Severity
from monitor.ports import Archive
from tests.archives import KINDS, opened
from tests.messages import NOW

HOUR = timedelta(hours=1)


@pytest.fixture(params=KINDS)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with opened(request.param, tmp_path) as built:
        yield built


def test_held_deliveries_are_not_claimed_and_are_found_in_order_when_their_time_comes(archive: Archive):
    for number, due in enumerate((2 * HOUR, HOUR, HOUR)):
        alert = Alert(f"a{number}", "rule", f"story:{number}", "Title", "because", NOW, Severity.NORMAL, ())
        held = Delivery(f"d{number}", alert.id, "desk", DeliveryState.HELD, due=NOW + due)
        archive.alerts.plan([(alert, [held])], [])

    assert archive.outbox.claim(NOW + 3 * HOUR, HOUR, 10) == []
    assert archive.outbox.held(NOW) == []
    assert [one.id for one in archive.outbox.held(NOW + HOUR)] == ["d1", "d2"]
    assert [one.id for one in archive.outbox.held(NOW + 2 * HOUR)] == ["d0", "d1", "d2"]
    first = archive.outbox.held(NOW + HOUR)[0]
    archive.outbox.settle(replace(first, state=DeliveryState.GATHERED, due=None), NOW + HOUR)
    assert [one.id for one in archive.outbox.held(NOW + HOUR)] == ["d2"]
    assert archive.outbox.counts() == {"desk": {"held": 2, "gathered": 1}}
