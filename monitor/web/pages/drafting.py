"""What the editor and the form of rules share: the words a draft may use, what it would change, where rules stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from monitor.model import Rulebook
from monitor.services import drafts
from monitor.services.backtest import backtest
from monitor.services.rules import diff
from monitor.web.charts import Bar, columns
from monitor.web.site import Site

PREVIEW = timedelta(days=30)
_MOST_RULES = 6


def words_of(site: Site) -> drafts.Words:
    """What rules may name besides what rules files define."""
    tags = tuple(sorted({tag for feed in site.feeds for tag in feed.tags}))
    return drafts.Words(site.app.settings.channels, tuple(feed.id for feed in site.feeds), tags)


def changes(site: Site, after: Rulebook) -> list[dict[str, Any]]:
    """For each rule that would read differently: alerts gained and lost, and what it would have sent a day."""
    now, storm = site.now(), site.app.settings.worker.storm
    since = now - PREVIEW
    found = []
    for one in diff(site.archive, site.rulebook, after, since=since, now=now, storm=storm)[:_MOST_RULES]:
        rule = after.rules.get(one.rule)
        done = backtest(site.archive, after, replace(rule, notify=()), since=since, now=now, storm=storm) if rule else None
        chart = daily(done.per_day, since, now) if done else ""
        found.append(
            {"diff": one, "chart": chart, "count": len(done.alerts) if done else 0, "reasons": done.reasons if done else {}}
        )
    return found


def daily(per_day: Mapping[date, int], since: datetime, now: datetime) -> Markup:
    """Alerts a day as columns."""
    days = [since.date() + timedelta(days=at) for at in range((now.date() - since.date()).days + 1)]
    bars = [Bar(f"{day:%a} {day.day} {day:%b}", {"volume": per_day.get(day, 0)}) for day in days]
    return columns(bars, title="Alerts a day", height=96)


def places(site: Site) -> dict[str, str]:
    """Rule to the name of its file; a rule's key stands alone on its line or before a brace."""
    found: dict[str, str] = {}
    for name, path in drafts.listed(site.app.settings.rules).items():
        keys = {line.split(":")[0].strip().strip("\"'") for line in path.read_text(encoding="utf-8").splitlines() if ":" in line}
        found.update({rule: name for rule in site.rulebook.rules if rule in keys})
    return found
