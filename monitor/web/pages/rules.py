"""Rules: how each one does, editing their files with a check while typing, a preview over the past, a safe save."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from monitor.config.rules_edit import switch_rule
from monitor.errors import ConfigError
from monitor.services import drafts
from monitor.services.backtest import backtest
from monitor.services.rules import described, overview, rule_named
from monitor.web.identity import needs
from monitor.web.pages.drafting import PREVIEW, changes, daily, places, words_of
from monitor.web.pages.show import back, part, show
from monitor.web.site import On, Site

router = APIRouter()


class Text(BaseModel):
    """A rules file as it stands in the editor."""

    file: str
    text: str = Field(max_length=1_000_000)


@router.get("/rules")
def rules_page(request: Request, site: On) -> Response:
    """Every rule: on or off, when it last fired, what it sent and what was held back."""
    rows = overview(site.archive, site.rulebook, site.now())
    where = places(site)
    return show(
        request, "rules.html", rows=rows, places=where, files=drafts.listed(site.app.settings.rules), problem=site.rules_error
    )


@router.get("/rules/edit")
@needs("rules")
def edit(request: Request, site: On, file: str = "", rule: str = "", add: str = "") -> Response:
    """One rules file in an editor; `add` puts a new rule with this query into it, not yet saved."""
    files = drafts.listed(site.app.settings.rules)
    where = places(site)
    name = file or where.get(rule, "") or next(iter(where.values() or files), "")
    text = drafts.named(site.app.settings.rules, name).read_text(encoding="utf-8")
    if add:
        return _editor(request, site, name, drafts.with_rule(text, add), drafts.mark(text), drafts.NEW_RULE)
    return _editor(request, site, name, text, drafts.mark(text), rule)


@router.post("/rules/check")
@needs("rules")
def check(site: On, draft: Text) -> JSONResponse:
    """Every mistake of a text, with its line and column; none when it could be saved."""
    return JSONResponse({"problems": _problems(site, draft.file, draft.text)})


@router.post("/rules/preview")
@needs("rules")
def preview(site: On, file: Annotated[str, Form()], text: Annotated[str, Form()]) -> HTMLResponse:
    """What the changed rules would have done in the last 30 days, beside the rules in force."""
    problems = _problems(site, file, text)
    if problems:
        return HTMLResponse(part("parts.html", "problems", problems=problems))
    after = drafts.drafted(site.app.settings.rules, file, text, words_of(site))
    return HTMLResponse(part("parts.html", "preview", changes=changes(site, after), days=PREVIEW.days))


@router.post("/rules/save")
@needs("rules")
def save(
    request: Request, site: On, file: Annotated[str, Form()], text: Annotated[str, Form()], was: Annotated[str, Form()]
) -> Response:
    """Write the file when it is valid and nobody changed it meanwhile; the worker takes it over by itself."""
    plain = text.replace("\r\n", "\n")
    try:
        drafts.save(site.app.settings.rules, file, plain, was, words_of(site))
    except ConfigError as error:
        return _editor(request, site, file, plain, was, "", problems=[_as_json(one) for one in error.problems], status=409)
    return back(request, f"/rules/edit?file={file}", f"{file} is saved; the worker takes it over within seconds.")


@router.post("/rules/{name}/switch")
@needs("rules")
def switch(request: Request, site: On, name: str, enabled: Annotated[bool, Form()]) -> Response:
    """Turn a rule on or off in its file; comments and order stay."""
    rule_named(site.rulebook, name)
    switch_rule(site.app.settings.rules, name, is_enabled=enabled)
    return back(request, "/rules", f"{name} is {'on' if enabled else 'off'}.")


@router.get("/rules/{name}")
def rule_page(request: Request, site: On, name: str, days: int = 30) -> Response:
    """One rule as it is in force, with what it did and would have done."""
    rule = rule_named(site.rulebook, name)
    now = site.now()
    span = timedelta(days=min(max(days, 1), 365))
    done = backtest(site.archive, site.rulebook, rule, since=now - span, now=now, storm=site.app.settings.worker.storm)
    return show(
        request,
        "rule.html",
        rule=rule,
        facts=described(rule),
        done=done,
        chart=daily(done.per_day, now - span, now),
        alerts=site.archive.alerts.recent(now - span, rule=name, limit=30),
        place=places(site).get(name, ""),
        days=span.days,
    )


def _editor(
    request: Request, site: Site, name: str, text: str, was: str, rule: str, problems: Any = (), status: int = 200
) -> Response:
    files = list(drafts.listed(site.app.settings.rules))
    line = next((at for at, one in enumerate(text.splitlines(), 1) if one.strip() == f"{rule}:"), 0) if rule else 0
    return show(request, "edit.html", status, file=name, files=files, text=text, was=was, problems=problems, line=line)


def _problems(site: Site, file: str, text: str) -> list[dict[str, Any]]:
    try:
        drafts.drafted(site.app.settings.rules, file, text.replace("\r\n", "\n"), words_of(site))
    except ConfigError as error:
        return [_as_json(one) for one in error.problems]
    return []


def _as_json(problem: Any) -> dict[str, Any]:
    return {
        "line": problem.line,
        "column": problem.column,
        "message": problem.message,
        "hint": problem.hint,
        "file": problem.file,
    }
