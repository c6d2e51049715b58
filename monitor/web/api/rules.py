"""Rules through the API: read, check, save, backtest, explain."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from monitor.errors import ConfigError
from monitor.services import drafts
from monitor.services.backtest import backtest
from monitor.services.rules import described, explain, overview, rule_named
from monitor.web.api.reading import tagged
from monitor.web.api.schemas import AlertJson, BacktestJson, DraftJson, ProblemsJson, RuleFileJson, SuppressionJson, listed
from monitor.web.identity import needs
from monitor.web.site import On, Site

router = APIRouter(prefix="/api/v1", tags=["rules"])


@router.get("/rules")
def rules(request: Request, site: On) -> Response:
    """Every rule with its last alert, and what it sent and held back in a week."""
    return tagged(request, overview(site.archive, site.rulebook, site.now()))


@router.get("/rules/{name}")
def rule(request: Request, site: On, name: str) -> Response:
    """One rule as it is in force."""
    return tagged(request, described(_known(site, name)))


@router.get("/rules/{name}/backtest", response_model=BacktestJson)
def try_rule(request: Request, site: On, name: str, days: Annotated[int, Query(ge=1, le=366)] = 30) -> Response:
    """What the rule would have done in the last days."""
    now = site.now()
    found = _known(site, name)
    done = backtest(
        site.archive, site.rulebook, found, since=now - timedelta(days=days), now=now, storm=site.app.settings.worker.storm
    )
    values = BacktestJson(
        rule=done.rule,
        since=done.since,
        until=done.until,
        alerts=len(done.alerts),
        per_day=dict(done.per_day),
        suppressed=done.reasons,
        examples=[AlertJson.of(alert) for alert in done.examples],
    )
    return tagged(request, values)


@router.get("/rules/{name}/explain/{article}")
def explain_rule(request: Request, site: On, name: str, article: int) -> Response:
    """Clause by clause why an article did, or did not, lead to an alert of the rule."""
    if not 0 <= article < 1 << 62 or not site.archive.articles.get([article]):
        raise HTTPException(404, f"there is no article {article}")
    found = explain(site.archive, site.rulebook, _known(site, name), article, site.now())
    values: dict[str, Any] = {
        "article": found.article,
        "rule": found.rule,
        "is_match": found.is_match,
        "verdict": found.verdict,
        "clauses": [{"text": text, "holds": holds} for text, holds in found.clauses],
        "recorded": [one.model_dump(mode="json") for one in listed(found.recorded, SuppressionJson)],
        "alerts": [alert.id for alert in found.alerts],
        "values": dict(found.values),
    }
    return tagged(request, values)


@router.get("/rulefiles")
@needs("rules")
def files(request: Request, site: On) -> Response:
    """Every rules file with its text."""
    found = drafts.listed(site.app.settings.rules)
    texts = {name: path.read_text(encoding="utf-8") for name, path in found.items()}
    return tagged(request, [RuleFileJson(file=name, text=text, was=drafts.mark(text)) for name, text in texts.items()])


@router.post("/rulefiles/check")
@needs("rules")
def check(site: On, draft: DraftJson) -> ProblemsJson:
    """Every mistake of a draft; none when it could be saved."""
    try:
        drafts.drafted(site.app.settings.rules, draft.file, draft.text, words(site))
    except ConfigError as error:
        fields = ("message", "file", "line", "column", "hint")
        return ProblemsJson(problems=[{name: getattr(one, name) for name in fields} for one in error.problems])
    return ProblemsJson(problems=[])


@router.put("/rulefiles")
@needs("rules")
def save(site: On, draft: DraftJson) -> RuleFileJson:
    """Write a rules file that is valid and still as it was when it was read."""
    drafts.save(site.app.settings.rules, draft.file, draft.text, draft.was, words(site))
    return RuleFileJson(file=draft.file, text=draft.text, was=drafts.mark(draft.text))


def words(site: Site) -> drafts.Words:
    """What rules may name besides what rules files define."""
    tags = tuple(sorted({tag for feed in site.feeds for tag in feed.tags}))
    return drafts.Words(site.app.settings.channels, tuple(feed.id for feed in site.feeds), tags)


def _known(site: Site, name: str) -> Any:
    if name not in site.rulebook.rules:
        raise HTTPException(404, f"there is no rule {name}")
    return rule_named(site.rulebook, name)
