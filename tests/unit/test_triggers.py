"""Rule kinds: when each fires, and what it says."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_type_hints

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from monitor import kinds
from monitor.config.rulefile import rule_model, rule_options
from monitor.core.alerts.firing import Evaluation, Outcome
from monitor.core.triggers import digest, first, frequency, match, silence, spike, stance_shift
from monitor.model import OUTLET, Hit, Rule, Stance, Statement, Topic, Voice

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULE = Rule("r", "drills")


def said(holder: str, stance: Stance, topic: str = "drills") -> Statement:
    shares = {Stance.FAVOR: (0.9, 0.05), Stance.AGAINST: (0.05, 0.9), Stance.NEUTRAL: (0.05, 0.05)}[stance]
    return Statement(topic, holder, stance, *shares, 1 - sum(shares), Voice.QUOTED, None)


def hit(article: int, *, story: int | None = None, hours: float = 1, source: str = "a.example", statements: tuple = ()) -> Hit:
    at = NOW - timedelta(hours=hours)
    return Hit(article, story or article, at, at, source, 1, statements)


def evaluate(
    kind: Any, fresh: list[Hit], past: list[Hit] | None = None, *, state: dict | None = None, rule: Rule = RULE, **options: Any
) -> Outcome:
    given = kind.Options(**options)
    return kind.fire(Evaluation(rule, given, fresh, fresh if past is None else past, state or {}, NOW))


class TestMatch:
    def test_each_story_fires_once_with_its_claims(self):
        north = said("North Korea", Stance.AGAINST)
        outcome = evaluate(match, [hit(1, story=7, statements=(north,)), hit(2, story=7, statements=(north,)), hit(3)])

        assert [firing.group for firing in outcome.firings] == ["story:7", "story:3"]
        assert outcome.firings[0].novelty == ("drills|North Korea|against",)
        assert outcome.firings[1].novelty == ("match",)

    def test_it_says_once_who_takes_which_side_on_what_in_how_many_articles(self):
        surer = replace(said("North Korea", Stance.AGAINST), against=0.7, favor=0.1, neutral=0.2)
        fresh = [
            hit(1, story=7, statements=(said("North Korea", Stance.AGAINST),)),
            hit(2, story=7, statements=(surer, said("Japan", Stance.FAVOR))),
            hit(3, statements=(said(OUTLET, Stance.AGAINST, "lost"),)),
        ]
        named = {"drills": Topic("drills", "Freedom Edge exercise")}
        found = match.fire(Evaluation(RULE, match.Options(), fresh, fresh, {}, NOW, named))

        assert found.firings[0].why == (
            "North Korea against Freedom Edge exercise in 2 articles, 70 to 90%; Japan for Freedom Edge exercise, 90%"
        )
        assert found.firings[1].why == "the outlet itself against lost, 90%"

    def test_grouped_by_holder_each_holder_has_its_own_firing(self):
        both = (said("Japan", Stance.FAVOR), said("North Korea", Stance.AGAINST))
        outcome = evaluate(match, [hit(1, statements=both)], rule=replace(RULE, group_by="holder"))

        assert [firing.group for firing in outcome.firings] == ["holder:Japan", "holder:North Korea"]

    @pytest.mark.parametrize("group_by", ["source", "holder"])
    def test_an_outlet_or_nobody_in_particular_may_tell_many_stories(self, group_by):
        rule = replace(RULE, group_by=group_by)
        first, second = (evaluate(match, [hit(number)], rule=rule).firings[0] for number in (1, 2))

        assert first.group == second.group
        assert set(first.novelty).isdisjoint(second.novelty)

    def test_a_holder_says_the_same_once_and_an_outlet_in_each_story(self):
        north = said("North Korea", Stance.AGAINST)
        for group_by, is_same in (("holder", True), ("source", False)):
            rule = replace(RULE, group_by=group_by)
            first, second = (evaluate(match, [hit(n, statements=(north,))], rule=rule).firings[0] for n in (1, 2))
            assert (first.novelty == second.novelty) is is_same


class TestFrequency:
    def test_fires_at_the_threshold_and_counts_stories_not_copies(self):
        copies = [hit(number, story=1) for number in range(1, 6)]
        assert not evaluate(frequency, copies[:1], copies, threshold=2).firings

        outcome = evaluate(frequency, [hit(9)], [*copies, hit(9)], threshold=2)
        assert outcome.firings[0].facts["stories"] == 2

    def test_old_stories_do_not_count(self):
        assert not evaluate(frequency, [hit(1)], [hit(1), hit(2, hours=30)], threshold=2, window=timedelta(hours=24)).firings

    def test_each_source_counts_for_itself(self):
        past = [hit(1, source="a"), hit(2, source="a"), hit(3, source="b")]
        outcome = evaluate(frequency, past[:1], past, threshold=2, rule=replace(RULE, group_by="source"))
        assert [firing.group for firing in outcome.firings] == ["source:a"]


class TestSpike:
    def test_fires_when_far_above_the_usual(self):
        usual = [hit(100 + day, hours=24 * day) for day in range(1, 15)]
        burst = [hit(number, hours=1) for number in range(1, 7)]
        outcome = evaluate(spike, burst[:1], [*usual, *burst])
        assert outcome.firings[0].facts["stories"] == 6

    def test_the_usual_is_no_spike(self):
        steady = [hit(number, hours=number) for number in range(1, 340)]
        assert not evaluate(spike, steady[:1], steady).firings

    def test_nothing_new_means_no_evaluation(self):
        assert evaluate(spike, [], [hit(number) for number in range(1, 9)]) == Outcome()


class TestSilence:
    def test_a_new_rule_waits_one_window_before_it_complains(self):
        outcome = evaluate(silence, [], [])
        assert not outcome.firings
        assert outcome.state == {"since": NOW.isoformat()}

    def test_fires_once_and_again_only_after_coverage_came_back(self):
        state = {"since": (NOW - timedelta(days=9)).isoformat()}
        first_time = evaluate(silence, [], [], state=state)
        assert len(first_time.firings) == 1
        assert not evaluate(silence, [], [], state=dict(first_time.state or {})).firings
        back = evaluate(silence, [hit(1)], [hit(1)], state=dict(first_time.state or {}))
        assert back.state is not None
        assert back.state["is_silent"] is False


class TestFirst:
    def test_a_holder_never_seen_fires_and_a_known_one_does_not(self):
        known = hit(1, hours=50, statements=(said("Japan", Stance.FAVOR),))
        fresh = hit(2, statements=(said("Japan", Stance.FAVOR), said("China", Stance.AGAINST)))
        outcome = evaluate(first, [fresh], [known, fresh], of="holder")
        assert [firing.group for firing in outcome.firings] == ["holder:China"]
        assert [one.holder for one in outcome.firings[0].hits[0].statements] == ["China"]

    def test_only_holders_sources_and_stories_can_be_new(self):
        with pytest.raises(ValueError, match="of must be one of holder, source, story"):
            first.Options(of="planet")

    def test_nothing_fires_when_nobody_in_particular_is_new(self):
        assert not evaluate(first, [hit(2)], [hit(1), hit(2)], of="holder").firings

    def test_sources_too(self):
        outcome = evaluate(first, [hit(2, source="b")], [hit(1, source="a"), hit(2, source="b")], of="source")
        assert [firing.group for firing in outcome.firings] == ["source:b"]


class TestStanceShift:
    def sides(self, start: int, favor: int, against: int, hours: float) -> list[Hit]:
        stances = [Stance.FAVOR] * favor + [Stance.AGAINST] * against
        return [hit(start + n, hours=hours, statements=(said("China", stance),)) for n, stance in enumerate(stances)]

    def test_a_clear_move_fires_and_says_before_and_after(self):
        before, after = self.sides(1, 9, 1, hours=24 * 20), self.sides(50, 0, 8, hours=5)
        outcome = evaluate(stance_shift, after[:1], [*before, *after])
        assert outcome.firings[0].group == "shift:China|drills"
        assert (outcome.firings[0].facts["before"], outcome.firings[0].facts["after"]) == (0.9, 0.0)

    def test_the_same_mix_does_not_fire(self):
        before, after = self.sides(1, 5, 5, hours=24 * 20), self.sides(50, 4, 4, hours=5)
        assert not evaluate(stance_shift, after[:1], [*before, *after]).firings

    def test_few_stories_do_not_fire(self):
        before, after = self.sides(1, 9, 0, hours=24 * 20), self.sides(50, 0, 2, hours=5)
        assert not evaluate(stance_shift, after[:1], [*before, *after]).firings

    def test_probability_of_a_move_is_symmetric_and_sure_when_plain(self):
        assert stance_shift.moved((50, 0), (0, 50), 0.25) < 0.001
        assert stance_shift.moved((0, 50), (50, 0), 0.25) > 0.999
        assert stance_shift.moved((5, 5), (5, 5), 0.0) == pytest.approx(0.5, abs=0.01)


class TestDigest:
    options = {"cron": "0 6 * * *", "zone": "Asia/Seoul"}

    def test_the_first_evaluation_only_starts_the_clock(self):
        outcome = evaluate(digest, [hit(1)], **self.options)
        assert outcome == Outcome((), {"last": NOW.isoformat()})

    def test_fires_after_six_in_seoul_with_all_since_the_last_one(self):
        last = (NOW - timedelta(days=1)).isoformat()
        outcome = evaluate(digest, [], [hit(1, hours=2), hit(2, hours=40)], state={"last": last}, **self.options)
        assert [one.article for one in outcome.firings[0].hits] == [1]
        assert outcome.state == {"last": NOW.isoformat()}

    def test_next_time_respects_the_zone(self):
        assert digest.due(digest.Options(**self.options), NOW) == datetime(2026, 11, 20, 21, tzinfo=UTC)

    def test_nothing_to_say_is_not_said(self):
        state = {"last": (NOW - timedelta(days=1)).isoformat()}
        assert not evaluate(digest, [], [], state=state, **self.options).firings

    @pytest.mark.parametrize("wrong", [{"cron": "whenever"}, {"cron": "0 6 30 2 *"}, {"zone": "Seoul"}, {"language": "tlh"}])
    def test_wrong_times_and_languages_are_refused(self, wrong: dict[str, str]):
        with pytest.raises(ValueError, match="zone|cron|fields|languages"):
            digest.Options(**wrong)


NUMBERS = st.integers(-1, 3) | st.sampled_from([0.0, 0.51, 0.95, 1.0, 1.5, float("nan")])
SPANS = st.sampled_from([timedelta(0), timedelta(hours=1), timedelta(days=1), timedelta(days=14)])
HITS = st.lists(
    st.builds(
        hit,
        st.integers(1, 9),
        story=st.integers(1, 3),
        hours=st.sampled_from([-1, 0, 2, 30, 400]),
        statements=st.lists(st.builds(said, st.sampled_from(["China", "Japan"]), st.sampled_from(Stance)), max_size=2).map(tuple),
    ),
    max_size=9,
)


@pytest.mark.parametrize("kind", kinds.names("rule"))
@given(data=st.data())
def test_whatever_options_are_taken_can_be_evaluated_over_any_hits(kind: str, data: st.DataObject):
    """A rule that failed here would fail with every batch, and take the other rules with it."""
    trigger = kinds.load("rule", kind)
    hints = get_type_hints(trigger.Options)
    given_for = {timedelta: SPANS, int: NUMBERS.filter(lambda one: isinstance(one, int)), float: NUMBERS}
    free = [one.name for one in fields(trigger.Options) if hints[one.name] in given_for]
    changed = data.draw(st.sets(st.sampled_from(free), max_size=2) if free else st.just(set()))
    needed = {name: 1 for name in free if name == "threshold"}
    chosen = needed | {name: data.draw(given_for[hints[name]], name) for name in sorted(changed)}
    try:
        options = trigger.Options(**chosen)
    except ValueError:
        reject()
    fresh, older = data.draw(HITS, "fresh"), data.draw(HITS, "older")
    rule = replace(RULE, group_by=data.draw(st.sampled_from(["story", "source", "holder"])))
    outcome = trigger.fire(Evaluation(rule, options, fresh, [*older, *fresh], {"last": NOW.isoformat()}, NOW))

    assert all(firing.group and firing.why for firing in outcome.firings)


@pytest.mark.parametrize("kind", kinds.names("rule"))
def test_every_kind_honours_the_contract(kind: str):
    trigger = kinds.load("rule", kind)
    entry = rule_model(kind).model_validate(trigger.EXAMPLE)
    options = rule_options(kind, entry)

    reach = trigger.reach(options)
    assert reach is None or reach > timedelta(0)
    assert isinstance(trigger.IS_PERIODIC, bool)
    outcome = trigger.fire(Evaluation(RULE, options, [], [], {}, NOW))
    assert not outcome.firings
    assert trigger.__doc__.startswith(f"kind: {kind}")
