"""`monitor rules …`: test a rule before you trust it."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.check import check
from monitor.cli.options import Alone, AsJson, counting, print_json, served, warn

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.model import Alert
    from monitor.services.backtest import Backtest
    from monitor.services.rules import RuleDiff

app = typer.Typer(help="See, test, compare and explain rules.", no_args_is_help=True, rich_markup_mode=None)
app.command("check")(check)
RuleName = Annotated[str, typer.Argument(help="The rule's id.")]
Since = Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 30d, or a day.")]
BAR_WIDTH = 50


@app.command("list")
@partial(served, if_missing="empty")
def list_rules(service: App, *, as_json: AsJson = False) -> None:
    """Every rule with its state, its last alert and what was suppressed lately."""
    from monitor.services.rules import overview

    rows = overview(service.archive, service.rulebook, service.clock.now())
    if as_json:
        print_json(rows)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for name in ("rule", "kind", "on", "last alert", "alerts 7d", "suppressed 7d", "title"):
        table.add_column(name, no_wrap=name != "title")
    for row in rows:
        last = row["last_alert"] or "-"
        on = "yes" if row["enabled"] else "no"
        table.add_row(row["id"], row["kind"], on, str(last)[:16], str(row["alerts"]), str(row["suppressed"]), row["title"])
    Console().print(table)


@app.command("show")
@served
def show(service: App, rule: RuleName, *, as_json: AsJson = False) -> None:
    """One rule as it is in force."""
    from monitor.services.rules import described, rule_named

    facts = described(rule_named(service.rulebook, rule))
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        typer.echo(f"{name:>12}  {value}")


@app.command("backtest")
@served
def backtest(service: App, rule: RuleName, *, since: Since = "90d", alone: Alone = False, as_json: AsJson = False) -> None:
    """What the rule would have sent: alerts a day after stories, cooldown and silences; in a cluster the analysers search."""
    _try(service, rule, since, alone=alone, as_json=as_json)


@app.command("test")
@served
def try_out(service: App, rule: RuleName, *, since: Since = "7d", as_json: AsJson = False) -> None:
    """A quick backtest over the last week."""
    _try(service, rule, since, alone=True, as_json=as_json)


@app.command("diff")
@served
def diff(
    service: App,
    rule: Annotated[str | None, typer.Argument(help="Only this rule.")] = None,
    *,
    against: Annotated[str, typer.Option("--against", help="A git revision, a file or a directory.")] = "HEAD",
    since: Since = "30d",
    as_json: AsJson = False,
) -> None:
    """Which alerts the changed rules gain and lose."""
    from monitor.cli.spans import read_since
    from monitor.services.rules import diff as compare
    from monitor.services.rules import rulebook_at

    now, settings = service.clock.now(), service.settings
    start, storm = read_since(since, now), settings.worker.storm
    before = rulebook_at(against, settings.rules, channels=settings.channels)
    found = compare(service.archive, before, service.rulebook, since=start, now=now, storm=storm, only=rule)
    if as_json:
        print_json([_diff_json(one) for one in found])
        return
    for one in found:
        typer.secho(f"{one.rule}: +{len(one.gained)} -{len(one.lost)} ={one.kept}", bold=True)
        for alert in one.gained:
            typer.secho(f"  + {alert.created:%Y-%m-%d %H:%M}  {alert.title}", fg="green")
        for alert in one.lost:
            typer.secho(f"  - {alert.created:%Y-%m-%d %H:%M}  {alert.title}", fg="red")
    if not found:
        typer.echo("no rule has changed")


@app.command("explain")
@served
def explain(
    service: App,
    article: Annotated[int, typer.Argument(help="The article's number.")],
    rule: RuleName,
    *,
    as_json: AsJson = False,
) -> None:
    """Clause by clause: why the article did, or did not, lead to an alert."""
    from dataclasses import asdict, replace

    from monitor.services.rules import explain as explained
    from monitor.services.rules import rule_named

    book = service.rulebook
    found = explained(service.archive, book, rule_named(book, rule), article, service.clock.now())
    if as_json:
        # Alerts are named only; what they hold is told by `monitor alerts export`.
        facts = asdict(replace(found, alerts=()))
        print_json({**facts, "alerts": [alert.id for alert in found.alerts]})
        return
    for text, is_true in found.clauses:
        typer.echo(f"  {typer.style('yes', fg='green') if is_true else typer.style('no ', fg='red')}  {text}")
    typer.echo(f"  now: {found.verdict}")
    for topic, probability in found.values.get("relevance", {}).items():
        typer.echo(f"  seen: {topic} relevance {probability}")
    for statement in found.values.get("statements", []):
        typer.echo(f"  seen: {statement}")
    for alert in found.alerts:
        typer.echo(f"  alerted: {alert.created:%Y-%m-%d %H:%M} UTC, alert {alert.id}")
    for one in found.recorded:
        typer.echo(f"  suppressed: {one.at:%Y-%m-%d %H:%M} UTC, {one.reason}{': ' + one.note if one.note else ''}")


@app.command("enable")
@served
def enable(service: App, rule: RuleName, *, as_json: AsJson = False) -> None:
    """Start a rule, in its file; comments and order stay."""
    _switch(service, rule, as_json=as_json, is_enabled=True)


@app.command("disable")
@served
def disable(service: App, rule: RuleName, *, as_json: AsJson = False) -> None:
    """Stop a rule, in its file; comments and order stay."""
    _switch(service, rule, as_json=as_json, is_enabled=False)


def _switch(service: App, rule: str, *, as_json: bool, is_enabled: bool) -> None:
    from monitor.config.rules_edit import switch_rule
    from monitor.services.rules import rule_named

    rule_named(service.rulebook, rule)
    path = switch_rule(service.settings.rules, rule, is_enabled=is_enabled)
    if as_json:
        print_json({"rule": rule, "enabled": is_enabled, "file": str(path)})
    else:
        typer.echo(f"{rule} is {'on' if is_enabled else 'off'} in {path}")


def _try(service: App, rule: str, since: str, *, alone: bool, as_json: bool) -> None:
    from monitor.cli.spans import read_since
    from monitor.core.queries.query import Vocabulary
    from monitor.services import spreading
    from monitor.services.backtest import backtest as replay
    from monitor.services.rules import rule_named

    now = service.clock.now()
    wanted = rule_named(service.rulebook, rule)
    start, storm = read_since(since, now), service.settings.worker.storm
    queue = None if alone else service.sharing
    with counting("parts") as note:
        names = Vocabulary.of(service.rulebook)
        find = None if queue is None else partial(spreading.find, service.archive, queue, names, note=note, tell=warn)
        done = replay(service.archive, service.rulebook, wanted, since=start, now=now, storm=storm, find=find)
    if as_json:
        print_json(_backtest_json(done))
    else:
        _print_backtest(done)


def _backtest_json(done: Backtest) -> dict[str, Any]:
    return {
        "rule": done.rule,
        "since": done.since,
        "alerts": len(done.alerts),
        "per_day": {str(day): count for day, count in done.per_day.items()},
        "suppressed": done.reasons,
        "examples": [_alert_json(alert) for alert in done.examples],
    }


def _diff_json(diff: RuleDiff) -> dict[str, Any]:
    gained, lost = ([_alert_json(alert) for alert in alerts] for alerts in (diff.gained, diff.lost))
    return {"rule": diff.rule, "gained": gained, "lost": lost, "kept": diff.kept}


def _alert_json(alert: Alert) -> dict[str, Any]:
    said = [
        {"holder": one.holder, "topic": one.topic, "stance": one.stance, "confidence": round(one.confidence, 3),
         "evidence": one.evidence.text if one.evidence else ""}
        for one in alert.statements
    ]  # fmt: skip
    return {
        "id": alert.id,
        "at": alert.created,
        "title": alert.title,
        "why": alert.why,
        "articles": alert.articles,
        "statements": said,
    }


def _print_backtest(done: Backtest) -> None:
    from rich.console import Console
    from rich.markup import escape

    from monitor.core.alerts.render import plural

    console = Console(highlight=False)
    console.print(f"[bold]{plural(len(done.alerts), 'alert')}[/] since {done.since:%Y-%m-%d}, as {escape(done.rule)} stands now")
    top = max(done.per_day.values(), default=1)
    for day, count in done.per_day.items():
        console.print(f"  {day:%a %d %b} [cyan]{'█' * max(1, round(count / top * BAR_WIDTH))}[/] {count}")
    if done.busiest:
        console.print(f"  busiest: {done.busiest[0]:%a %d %b} with {done.busiest[1]}")
    for reason, count in done.reasons.items():
        console.print(f"  [dim]suppressed, {reason}: {count}[/]")
    for alert in done.examples:
        console.print(f"\n  [bold]{escape(alert.title)}[/]  [dim]{_minute(alert.created)}[/]")
        for one in alert.statements[:3]:
            quote = f' — "{escape(one.evidence.text)}"' if one.evidence else ""
            console.print(f"    {escape(one.holder)} {one.stance} {escape(one.topic)} {one.confidence:.2f}{quote}")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
