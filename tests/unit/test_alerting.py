"""Verdicts with reasons: what is sent, what is not, and until when deliveries wait."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.alerting import (
    OUTBOX,
    TERMINAL,
    TOLD,
    alert_of,
    backlog,
    decide,
    deliveries,
    holding,
    is_undated_backlog,
    morning_digest,
    quiet_until,
    storm_alert,
    strongest,
    suppression,
)
from monitor.core.alerts.firing import Firing
from monitor.model import DeliveryState, Hit, Reason, Receiver, Rule, Severity, Stance, Statement, Voice

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST, LAST = datetime(1971, 1, 1), datetime(2037, 1, 1)  # noqa: DTZ001 (hypothesis wants naive bounds)
RULE = Rule("r", "drills", title="Drills", cooldown=timedelta(hours=6), notify=("desk",))
HIT = Hit(1, 7, NOW - timedelta(hours=1), NOW, "a.example", 2)
FIRING = Firing("story:7", (HIT,), "because", ("a|b|against",))


def sent(firing: Firing = FIRING, at: datetime = NOW):
    verdict = decide(RULE, firing, None, is_silenced=False, now=at)
    return alert_of(RULE, firing, verdict, None, at)


def test_a_first_firing_is_sent_and_names_what_is_new():
    verdict = decide(RULE, FIRING, None, is_silenced=False, now=NOW)
    assert (verdict.reason, verdict.fresh) == (Reason.SEND, ("a|b|against",))


@pytest.mark.parametrize(
    ("firing", "rule", "is_silenced", "reason"),
    [
        (replace(FIRING, hits=(replace(HIT, published=NOW - timedelta(days=3)),)), RULE, False, Reason.TOO_OLD),
        (FIRING, replace(RULE, min_outlets=3), False, Reason.FEW_OUTLETS),
        (FIRING, RULE, True, Reason.SILENCE),
    ],
)
def test_the_reason_is_named(firing: Firing, rule: Rule, is_silenced: bool, reason: Reason):
    assert decide(rule, firing, None, is_silenced=is_silenced, now=NOW).reason is reason


def test_the_same_claim_is_never_said_twice_and_a_new_one_waits_for_the_cooldown():
    last = sent(at=NOW - timedelta(hours=1))
    more = replace(FIRING, novelty=("a|b|against", "a|c|favor"))

    assert decide(RULE, FIRING, last, is_silenced=False, now=NOW + timedelta(days=1)).reason is Reason.ALREADY_ALERTED
    assert decide(RULE, more, last, is_silenced=False, now=NOW).reason is Reason.COOLDOWN
    later = decide(RULE, more, last, is_silenced=False, now=NOW + timedelta(hours=6))
    assert (later.reason, later.fresh) == (Reason.SEND, ("a|c|favor",))
    second = alert_of(RULE, more, later, last, NOW)
    assert decide(RULE, FIRING, second, is_silenced=False, now=NOW + timedelta(hours=40)).reason is Reason.ALREADY_ALERTED


def test_planning_twice_gives_the_same_ids():
    assert sent().id == sent(at=NOW + timedelta(minutes=3)).id
    assert sent().id != sent(replace(FIRING, novelty=("other",))).id


def test_a_storm_is_one_counted_alert():
    firings = [replace(FIRING, group=f"story:{n}", hits=(replace(HIT, story=n, article=n),)) for n in range(100)]
    alert = storm_alert(RULE, firings, NOW)
    assert "100 alerts" in alert.why
    assert len(alert.articles) == 50


def test_a_rule_without_receivers_goes_to_the_outbox():
    alert = sent()
    assert [one.receiver for one in deliveries(alert, replace(RULE, notify=()), [], NOW)] == [OUTBOX, TERMINAL]
    assert [one.receiver for one in deliveries(alert, RULE, [Receiver("desk", "console", None)], NOW)] == ["desk"]


class TestQuietHours:
    night = Receiver("desk", "console", None, ("22:00", "06:00", "Asia/Seoul"))

    @pytest.mark.parametrize(
        ("hour_utc", "until"),
        [(12, None), (13, datetime(2026, 11, 20, 21, tzinfo=UTC)), (20, datetime(2026, 11, 20, 21, tzinfo=UTC)), (21, None)],
    )
    def test_alerts_are_held_until_they_end(self, hour_utc: int, until: datetime | None):
        assert quiet_until(self.night, NOW.replace(hour=hour_utc)) == until

    def test_urgent_passes(self):
        at = NOW.replace(hour=15)
        alert = sent(at=at)
        held = deliveries(alert, RULE, [self.night], at)[0]
        passed = deliveries(replace(alert, severity=Severity.URGENT), RULE, [self.night], at)[0]
        assert (held.state, held.due) == (DeliveryState.HELD, datetime(2026, 11, 20, 21, tzinfo=UTC))
        assert (passed.state, passed.due) == (DeliveryState.PENDING, at)

    def test_the_hold_is_recorded_with_its_reason_once_for_each_end(self):
        at = NOW.replace(hour=15)
        others = (replace(self.night, id="room"), Receiver("late", "console", None, ("22:00", "07:00", "Asia/Seoul")))
        alert = sent(at=at)
        records = holding(alert, RULE, deliveries(alert, RULE, [self.night, *others], at), at)
        assert {one.reason for one in records} == {Reason.QUIET_HOURS}
        assert [one.note for one in records] == [
            "desk, room: held until 2026-11-20 21:00 UTC",
            "late: held until 2026-11-20 22:00 UTC",
        ]

    @pytest.mark.parametrize(("hour", "until"), [(11, None), (12, 14), (13, 14), (14, None), (23, None)])
    def test_a_rest_at_noon_lies_within_one_day(self, hour: int, until: int | None):
        noon = Receiver("desk", "console", None, ("12:00", "14:00", "UTC"))
        assert quiet_until(noon, NOW.replace(hour=hour)) == (None if until is None else NOW.replace(hour=until))

    @given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)), st.times(), st.times())
    def test_the_end_is_never_past_and_within_a_day(self, now: datetime, start, end):
        receiver = Receiver("desk", "console", None, (f"{start:%H:%M}", f"{end:%H:%M}", "UTC"))
        until = quiet_until(receiver, now)
        assert until is None or now < until <= now + timedelta(days=1)


def test_only_undated_articles_of_a_first_answer_are_backlog():
    assert is_undated_backlog(replace(HIT, is_backfill=True, published=NOW))
    assert not is_undated_backlog(replace(HIT, is_backfill=True))
    assert not is_undated_backlog(replace(HIT, published=NOW))
    told = backlog(RULE, HIT, NOW)
    assert (told.group, told.reason, told.article) == ("story:7", Reason.TOO_OLD, 1)


def test_what_was_not_sent_is_recorded_with_its_reason():
    verdict = decide(RULE, FIRING, None, is_silenced=True, now=NOW)

    told = suppression(RULE, FIRING, verdict, NOW)

    assert (told.rule, told.group, told.reason, told.at, told.article) == ("r", "story:7", Reason.SILENCE, NOW, 1)
    assert suppression(RULE, Firing("all", (), "quiet"), verdict, NOW).article is None


def test_a_group_without_articles_is_neither_old_nor_little_told():
    quiet = Firing("all", (), "0 stories within 72 h", occasion="today")

    assert decide(replace(RULE, min_outlets=9), quiet, None, is_silenced=False, now=NOW).reason is Reason.SEND


def test_the_morning_tells_every_alert_that_was_held_once():
    held = [sent(at=NOW - timedelta(hours=hours)) for hours in (8, 3)]

    told = morning_digest(held, "desk", NOW)

    assert told.details[TOLD] == [alert.id for alert in held]
    assert told.articles == (1,)
    assert told.why == "quiet hours held 2 alerts since 2026-11-20 04:00 UTC; urgent ones were sent at once"
    assert told.id == morning_digest(held, "desk", NOW + timedelta(minutes=5)).id != morning_digest(held, "other", NOW).id


STATEMENTS = st.lists(
    st.builds(
        lambda holder, stance, sure: Statement(
            "t", holder, stance, *(sure if stance is one else (1 - sure) / 2 for one in (Stance.FAVOR, Stance.AGAINST, Stance.NEUTRAL)), Voice.QUOTED, None
        ),
        st.sampled_from(["a", "b"]), st.sampled_from(Stance), st.floats(0.4, 0.99),
    ),
    max_size=8,
)  # fmt: skip


@given(st.lists(STATEMENTS, max_size=4))
def test_an_alert_carries_the_surest_statement_of_each_side(groups: list[list[Statement]]):
    hits = [replace(HIT, article=number, statements=tuple(said)) for number, said in enumerate(groups)]

    kept = strongest(hits)

    said = [one for group in groups for one in group]
    assert {(one.holder, one.stance) for one in kept} == {(one.holder, one.stance) for one in said}
    assert [one.confidence for one in kept] == sorted((one.confidence for one in kept), reverse=True)
    for one in kept:
        assert one.confidence == max(
            other.confidence for other in said if (other.holder, other.stance) == (one.holder, one.stance)
        )
