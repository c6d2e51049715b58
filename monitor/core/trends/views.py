"""Trends as plain objects, for JSON on the command line and in the API."""

from __future__ import annotations

from typing import Any

from monitor.core.trends.series import Balance, Shift, TopicTrends, Voice
from monitor.model import Stance


def trends_facts(found: TopicTrends) -> dict[str, Any]:
    """Everything computed, with shares and intervals spelt out; days are ISO dates."""
    return {
        "topic": found.topic,
        "since": found.since.isoformat(),
        "until": found.until.isoformat(),
        "step": found.step,
        "articles": found.articles,
        "stories": found.stories,
        "outlets": found.outlets,
        "volume": [
            {"start": one.start.isoformat(), "articles": one.articles, "stories": one.stories, "outlets": one.outlets}
            for one in found.volume
        ],
        "holders": [_voice(voice) for voice in found.voices],
    }


def _voice(voice: Voice) -> dict[str, Any]:
    return {
        "holder": voice.holder,
        "share": round(voice.share, 4),
        "first": voice.first.isoformat() if voice.first else None,
        "first_article": voice.first_article,
        "is_new": voice.is_new,
        "total": _balance(voice.total),
        "series": [_balance(balance) for balance in voice.series],
        "shift": _shift(voice.shift) if voice.shift else None,
    }


def _balance(balance: Balance) -> dict[str, Any]:
    counts = {stance.value: balance.count(stance) for stance in Stance}
    intervals = {stance.value: [round(edge, 3) for edge in balance.interval(stance)] for stance in Stance}
    return {
        "start": balance.start.isoformat(),
        "stories": balance.stories,
        **counts,
        "intervals": intervals,
        "is_small": balance.is_small,
    }


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "on": shift.on.isoformat(),
        "before": shift.before.value,
        "after": shift.after.value,
        "stories_before": shift.stories_before,
        "stories_after": shift.stories_after,
        "evidence": round(shift.evidence, 2),
        "articles": list(shift.articles),
    }
