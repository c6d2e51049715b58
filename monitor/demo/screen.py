"""Shows a demo on the terminal: what is under way, then what was found, who takes which side, and what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from monitor.core.render import plural
from monitor.demo.report import DemoReport, Letter, Side, TopicSummary
from monitor.model import Alert, Rulebook, Severity

AGAINST, FAVOR, NEUTRAL = "dark_orange", "dodger_blue1", "grey62"
SHOWN_SIDES = 6
SHOWN_LINES = 26
FIRST_SHOWN = "dprk-condemns-drills"
"""The rule whose alert is shown in full, when it has fired."""


class Steps:
    """Three bars that follow the worker; `note` is the worker's progress callback."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._feeds = 0
        self._articles = 0
        self._sent = 0
        self._alerts = 0

    def note(self, step: str, report: Any) -> None:
        """Move the bar of a step."""
        getattr(self, f"_{step}")(report)

    def _start(self, outlets: Any) -> None:
        self._feeds = len(outlets)
        for step in ("collect", "analyse", "deliver"):
            self._tasks[step] = self._bars.add_task(step.upper(), total=None, said="", start=step == "collect")

    def _collect(self, report: Any) -> None:
        self._articles += report.new
        self._end("collect", f"{plural(self._feeds, 'feed')}, {plural(self._articles, 'article')}")
        self._bars.start_task(self._tasks["analyse"])
        self._bars.update(self._tasks["analyse"], total=self._articles)

    def _analyse(self, report: Any) -> None:
        self._alerts += report.alerts
        task = self._tasks["analyse"]
        self._bars.advance(task, report.scored + report.unscored)
        done = int(self._bars.tasks[task].completed)
        self._bars.update(task, said=f"{done} of {self._articles} scored, {plural(self._alerts, 'alert')}")
        if done >= self._articles:
            self._bars.stop_task(task)

    def _deliver(self, report: Any) -> None:
        self._bars.start_task(self._tasks["deliver"])
        self._sent += report.sent
        waits = f", {report.retried} asked to wait" if report.retried else ""
        self._end("deliver", f"{self._sent} sent{waits}")

    def _end(self, step: str, said: str) -> None:
        self._bars.update(self._tasks[step], total=1, completed=1, said=said)
        self._bars.stop_task(self._tasks[step])


@contextmanager
def steps(console: Console) -> Iterator[Steps]:
    """Bars on the console while inside."""
    columns = (
        TextColumn("  [bold]{task.description:<8}"),
        BarColumn(bar_width=28, complete_style=FAVOR, finished_style=FAVOR, pulse_style=FAVOR),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as bars:
        yield Steps(bars)


def opening(console: Console) -> None:
    """What the reader is about to see."""
    console.print()
    console.print(Text("  NEWS MONITOR", style="bold").append("  demo", style="dim"))
    console.print(
        "  Invented outlets in five languages publish on this machine. Everything else is real:\n"
        "  the worker, the shipped rules, the models, SMTP, and an endpoint that holds Slack's contract.\n",
        style="dim",
        highlight=False,
    )


def show(console: Console, report: DemoReport, rulebook: Rulebook) -> None:
    """The report, from the whole to one alert in full to what to try next."""
    console.print()
    console.print(_sides(report.topics))
    console.print()
    console.print(_alerts(report.alerts, rulebook))
    letter = _letter_shown(report.letters)
    if letter is not None:
        console.print()
        console.print(_letter(letter))
    console.print()
    console.print(_next(report))


def _heading(text: str, note: str = "") -> Text:
    return Text(f"  {text}", style="bold").append(f"   {note}" if note else "", style="dim not bold")


def _sides(topics: Iterable[TopicSummary]) -> RenderableType:
    table = Table(box=None, padding=(0, 2), show_header=False, pad_edge=True)
    table.add_column(max_width=34)
    table.add_column(justify="right", style="dim")
    table.add_column()
    for summary in topics:
        found = f"{plural(summary.articles, 'article')}\n{summary.stories} stories" if summary.articles else "nothing"
        table.add_row(Text(summary.topic.name, style="bold"), found, _holders(summary.sides))
    legend = Text("   (").append("▲ for", FAVOR).append("  ").append("▼ against", AGAINST).append("; number of stories)")
    return Group(_heading("WHO TAKES WHICH SIDE").append_text(legend), Text(), table)


def _holders(sides: tuple[Side, ...]) -> Text:
    shown = Text()
    for side in [side for side in sides if side.favor or side.against][:SHOWN_SIDES]:
        shown.append(f"{side.holder} ")
        if side.against:
            shown.append(f"▼{side.against}", f"bold {AGAINST}")
        if side.favor:
            shown.append(f"{' ' if side.against else ''}▲{side.favor}", f"bold {FAVOR}")
        shown.append("   ")
    return shown


def _alerts(alerts: tuple[Alert, ...], rulebook: Rulebook) -> RenderableType:
    table = Table(box=None, padding=(0, 2), show_header=False, pad_edge=True)
    table.add_column(max_width=34)
    table.add_column()
    table.add_column(style="dim")
    told: set[str] = set()
    for alert in alerts:
        rule = rulebook.rules[alert.rule]
        name = Text("" if alert.rule in told else rule.title, style="bold red" if alert.severity is Severity.URGENT else "bold")
        table.add_row(name, alert.title, " ".join(rule.notify))
        told.add(alert.rule)
    return Group(_heading("WHAT WAS SENT", plural(len(alerts), "alert")), Text(), table)


def _letter_shown(letters: tuple[Letter, ...]) -> Letter | None:
    return next((letter for letter in letters if letter.rule == FIRST_SHOWN), letters[0] if letters else None)


def _letter(letter: Letter) -> RenderableType:
    lines = letter.text.strip().splitlines()
    body = Text("\n".join(lines[:SHOWN_LINES]) + ("\n…" if len(lines) > SHOWN_LINES else ""))
    body.highlight_regex("▼[^\n]*", AGAINST)
    body.highlight_regex("▲[^\n]*", FAVOR)
    panel = Panel(body, title=f"[bold]{letter.subject}", title_align="left", border_style="dim", padding=(1, 2))
    return Group(_heading("ONE OF THEM, AS IT ARRIVED BY EMAIL"), Padding(panel, (0, 2)))


def _next(report: DemoReport) -> RenderableType:
    place = report.place
    first = report.letters[0].page if report.letters else place.mail
    table = Table(box=None, padding=(0, 2), show_header=False, pad_edge=True)
    table.add_row("Emails as pages", Text(f"{place.mail}/", style="bold"), Text(f"open {first.name}", style="dim"))
    table.add_row("What Slack was sent", Text(f"{place.slack}/", style="bold"), "")
    table.add_row("The archive", Text(str(place.archive), style="bold"), "")
    rows = (
        f"monitor search --archive {place.archive} 'topic:freedom-edge holder:\"North Korea\" stance:against'",
        "monitor demo --serve",
    )
    return Group(
        _heading("WHERE IT IS"),
        Text(),
        table,
        Text(),
        _heading("TRY"),
        Text(),
        *(Text(f"    {row}", style=FAVOR) for row in rows),
    )
