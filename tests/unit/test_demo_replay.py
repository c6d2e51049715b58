from datetime import UTC, datetime, timedelta

from monitor.clock import FixedClock
from monitor.demo.news import bundled_news
from monitor.demo.replay import POLLS, ReplayClock, published

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONGEST_WAIT = timedelta(hours=6) * 1.1


def test_the_replayed_clock_starts_a_day_ago_and_ends_at_the_present():
    clock = ReplayClock(FixedClock(NOW))

    assert clock.now() == NOW - POLLS[0]
    clock.move(POLLS[-1])
    assert clock.now() == NOW


def test_the_replayed_clock_never_runs_backwards():
    clock = ReplayClock(FixedClock(NOW))

    clock.move(timedelta(hours=2))
    clock.move(timedelta(hours=5))

    assert clock.now() == NOW - timedelta(hours=2)


def test_the_last_poll_finds_every_feed_due():
    assert POLLS[-2] - POLLS[-1] > LONGEST_WAIT


def test_feeds_fill_as_the_day_goes_on():
    outlets = bundled_news(NOW)
    sizes = [sum(len(body) for _, body in published(outlets, NOW - behind).values()) for behind in POLLS]

    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
