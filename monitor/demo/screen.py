"""Shows a demo on the terminal: what is under way, then who takes which side, what was sent, and one alert in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.rule import Rule as Line
from rich.table import Table
from rich.text import Text

from monitor.core.alerts.render import plural
from monitor.demo.report import DemoReport, Letter, Side, Told, TopicSummary
from monitor.model import Rulebook, Severity

AGAINST, FAVOR = "dark_orange", "dodger_blue1"
WIDTH = 100
"""Columns used where the output is no terminal, and at most where it is a wide one."""
SHOWN_HOLDERS = 7
SHOWN_ALERTS = 20
SHOWN_LINES = 24
FIRST_SHOWN = "dprk-condemns-drills"
"""The rule whose alert is shown in full, when it has fired."""
STEPS = ("collect", "analyse", "deliver")


class Steps:
    """Three bars that follow the worker from poll to poll; `note` is the demo's progress callback."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}
        self._totals: Counter[str] = Counter()

    def note(self, step: str, report: Any) -> None:
        """Move the bar of a step."""
        getattr(self, f"_{step}")(report)

    def _start(self, start: Any) -> None:
        self._totals["polls"] = start.polls
        totals = {"collect": start.polls, "analyse": start.articles, "deliver": start.polls}
        self._tasks = {step: self._bars.add_task(step.upper(), total=totals[step], said="") for step in STEPS}

    def _collect(self, report: Any) -> None:
        totals = self._totals
        totals.update(asked=report.feeds, unchanged=report.unchanged, articles=report.new)
        said = f"{plural(totals['articles'], 'article')} from {totals['asked']} fetches, {totals['unchanged']} unchanged"
        self._bars.update(self._tasks["collect"], advance=1, said=said)

    def _analyse(self, report: Any) -> None:
        done = report.scored + report.unscored
        self._totals.update(scored=report.scored, alerts=report.alerts)
        said = f"{self._totals['scored']} scored, {plural(self._totals['alerts'], 'alert')}"
        self._bars.update(self._tasks["analyse"], advance=done, said=said)

    def _deliver(self, report: Any) -> None:
        self._totals.update(sent=report.sent, retried=report.retried)
        waited = f", {self._totals['retried']} asked to wait" if self._totals["retried"] else ""
        task = self._tasks["deliver"]
        polls = self._bars.tasks[self._tasks["collect"]].completed
        self._bars.update(task, completed=polls, said=f"{self._totals['sent']} sent{waited}")


def console_of(*, is_error: bool = False) -> Console:
    """A console no wider than is good to read."""
    console = Console(stderr=is_error)
    return Console(stderr=is_error, width=min(console.width, WIDTH) if console.is_terminal else WIDTH)


@contextmanager
def steps(console: Console) -> Iterator[Steps]:
    """Bars on the console while inside."""
    columns = (
        TextColumn("  [bold]{task.description:<8}"),
        BarColumn(bar_width=24, complete_style=FAVOR, finished_style=FAVOR, pulse_style=FAVOR),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=console) as bars:
        yield Steps(bars)


def opening(console: Console) -> None:
    """What the reader is about to see."""
    console.print()
    console.print(Text("  NEWS MONITOR", style="bold").append("   demo", style="dim not bold"))
    words = (
        "One day of news from invented outlets in five languages, replayed on this machine. "
        "The worker, the shipped rules, the models, the mail and Slack's contract are the real ones."
    )
    console.print(Padding(Text(words, style="dim"), (0, 2, 1, 2)))


def show(console: Console, report: DemoReport, rulebook: Rulebook) -> None:
    """The report: from the whole, to the alerts, to one alert in full, to where everything lies."""
    parts = [_sides(report.topics, console.width), _alerts(report, rulebook), _letter(_chosen(report.letters)), _places(report)]
    for part in parts:
        console.print()
        console.print(part)
    console.print()


def _heading(title: str, note: str | Text = "") -> RenderableType:
    text = Text(title, style="bold").append("   ")
    text.append_text(note if isinstance(note, Text) else Text(note, style="dim not bold"))
    return Padding(Line(text, align="left", style="dim"), (0, 2, 1, 2))


def _grid() -> Table:
    return Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)


# -- who takes which side ----------------------------------------------------------------------------------------------


def _sides(topics: tuple[TopicSummary, ...], width: int) -> RenderableType:
    holders = _main_holders(topics)[: SHOWN_HOLDERS if width >= WIDTH else SHOWN_HOLDERS - 3]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(max_width=32)
    table.add_column("\narticles", justify="right", style="dim")
    for holder in holders:
        table.add_column(holder.replace(" ", "\n", 1), vertical="bottom")
    for summary in topics:
        sides = {side.holder: side for side in summary.sides}
        cells = [_side(sides.get(holder)) for holder in holders]
        table.add_row(Text(summary.topic.name, style="bold"), str(summary.articles or ""), *cells)
    legend = Text.assemble(("▲ for", FAVOR), "  ", ("▼ against", AGAINST), ("  in so many stories", "dim"), style="not bold")
    return Group(_heading("WHO TAKES WHICH SIDE", legend), Padding(table, (0, 2)))


def _main_holders(topics: Iterable[TopicSummary]) -> list[str]:
    weight: Counter[str] = Counter()
    for summary in topics:
        weight.update({side.holder: side.favor + side.against for side in summary.sides})
    return [holder for holder, count in weight.most_common() if count]


def _side(side: Side | None) -> Text:
    shown = Text()
    if side is None or not (side.favor or side.against):
        return shown.append("·", "dim")
    marks = [(side.favor, f"▲{side.favor}", FAVOR), (side.against, f"▼{side.against}", AGAINST)]
    for count, mark, style in sorted(marks, key=lambda one: -one[0]):
        if count:
            shown.append(" " if shown else "").append(mark, f"bold {style}")
    return shown


# -- what was sent -----------------------------------------------------------------------------------------------------


def _alerts(report: DemoReport, rulebook: Rulebook) -> RenderableType:
    table = _grid()
    for told in report.alerts[:SHOWN_ALERTS]:
        table.add_row(*_alert(told, rulebook))
    if len(report.alerts) > SHOWN_ALERTS:
        table.add_row("", Text(f"and {len(report.alerts) - SHOWN_ALERTS} more", style="dim"))
    note = f"{plural(len(report.alerts), 'alert')}, {report.deliveries['email']} by email, {report.deliveries['slack']} by Slack"
    held = ", ".join(f"{count} {reason}" for reason, count in report.suppressed.items())
    parts = [_heading("WHAT WAS SENT", note), Padding(table, (0, 2))]
    if held:
        parts.append(Padding(Text(f"Held back: {held}", style="dim"), (1, 2, 0, 2)))
    return Group(*parts)


def _alert(told: Told, rulebook: Rulebook) -> tuple[Text, Text]:
    alert = told.alert
    rule = rulebook.rules[alert.rule]
    channels = ", ".join(rulebook.receivers[name].kind for name in told.receivers)
    words = Text(told.headline, style="bold red" if alert.severity is Severity.URGENT else "bold")
    words.append(f"\n{rule.title}", style="dim not bold").append(f"  → {channels}" if channels else "", style="dim not bold")
    return Text(f"{alert.created:%a %H:%M}", style="dim"), words


# -- one alert in full, and where everything lies ----------------------------------------------------------------------


def _chosen(letters: tuple[Letter, ...]) -> Letter | None:
    """Of the letters of the rule to show, else of all, the one with most to say."""
    wanted = [letter for letter in letters if letter.rule == FIRST_SHOWN]
    return max(wanted or letters, key=lambda letter: len(letter.text), default=None)


def _letter(letter: Letter | None) -> RenderableType:
    if letter is None:
        return _heading("NO EMAIL WAS SENT")
    lines = letter.text.strip().splitlines()
    body = Text("\n".join(lines[:SHOWN_LINES]) + ("\n…" if len(lines) > SHOWN_LINES else ""))
    body.highlight_regex(r"▼[^\n]*", f"bold {AGAINST}")
    body.highlight_regex(r"▲[^\n]*", f"bold {FAVOR}")
    body.highlight_regex(r"https?://\S+", "dim")
    head = Text(f"From  {letter.sender}\nTo    {letter.to}\n", style="dim")
    panel = Panel(Group(head, body), border_style="dim", padding=(1, 2))
    return Group(_heading("AN EMAIL AS IT ARRIVED", str(letter.page)), Padding(panel, (0, 2)))


def _places(report: DemoReport) -> RenderableType:
    place = report.place
    table = _grid()
    for name, where in (("archive", place.archive), ("emails, as pages", place.mail), ("what Slack was sent", place.slack)):
        table.add_row(Text(name, style="dim"), str(where))
    commands = (
        f"monitor search --archive {place.archive} 'topic:freedom-edge stance:against'",
        f"monitor briefing --archive {place.archive} freedom-edge",
        "monitor demo --serve",
    )
    lines = [Text(f"  {command}", style=FAVOR, no_wrap=True) for command in commands]
    return Group(_heading("WHERE IT IS, AND WHAT TO TRY"), Padding(Group(table, Text(), *lines), (0, 2)))
