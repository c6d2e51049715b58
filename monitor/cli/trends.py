"""`monitor trends TOPIC`: volume, sides, voices and shifts over time, as a chart in the terminal, JSON or SVG."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import Archive, AsJson, Rules, opened, print_json, writing

if TYPE_CHECKING:
    from monitor.core.trends.series import Balance, Step, TopicTrends


class By(StrEnum):
    """The length of a period."""

    DAY = "day"
    WEEK = "week"


def trends(
    *,
    topic: Annotated[str, typer.Argument(help="A topic's id or name.", metavar="TOPIC")],
    holder: Annotated[str | None, typer.Option("--holder", metavar="NAME", help="Only this holder.")] = None,
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 14d, or a day.")] = "90d",
    by: Annotated[By | None, typer.Option("--by", help="Day or week; by default what fits the span.")] = None,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write the chart as an SVG file.")] = None,
    archive: Archive = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """How much was told of a topic, who took which side, and what changed."""
    from monitor.cli.spans import read_since
    from monitor.core.trends.views import trends_facts
    from monitor.services.trends import find_topic, topic_trends

    with opened(archive=archive, rules=rules) as service:
        now = service.clock.now()
        start = read_since(since, now)
        step: Step | None = None if by is None else "day" if by is By.DAY else "week"
        found = topic_trends(service.archive, service.rulebook_alone, topic, since=start, until=now, step=step, holder=holder)
        name = find_topic(service.rulebook_alone, topic).name
    if svg is not None:
        _write_svg(svg, found, name)
    if as_json:
        print_json(trends_facts(found))
    else:
        _print(found, name)


def _write_svg(path: Path, found: TopicTrends, name: str) -> None:
    from monitor.core.trends.charts import stance_series

    with writing(path, "--svg"):
        path.write_text(stance_series(found, name), encoding="utf-8")


_TICKS = " ▁▂▃▄▅▆▇█"
_BAR = 10
_SPARK = 13


def _print(found: TopicTrends, name: str) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.core.alerts.render import clean
    from monitor.core.trends.charts import label, shift_in_words, told_in_words

    console = Console()
    span = f"{found.since:%-d %b %Y} to {found.until:%-d %b %Y}"
    console.print(Text(f"{clean(name, 100)}, {span}", style="bold"))
    console.print(told_in_words(found), highlight=False)
    if not found.articles:
        return
    console.print(Text(f"stories {_spark([volume.stories for volume in found.volume])}"))
    table = Table(box=None, pad_edge=False)
    for heading in ("holder", "sides", "mostly", "share", "over time", "what changed"):
        table.add_column(heading, no_wrap=heading != "what changed", overflow="fold")
    for voice in found.voices:
        new = f"new, {voice.first:%-d %b}" if voice.is_new and voice.first else ""
        table.add_row(
            Text(clean(label(voice.holder), 24)),
            _bar(voice.total),
            _leading(voice.total),
            f"{voice.share:.0%}",
            Text(_spark([balance.stories for balance in voice.series])),
            Text(shift_in_words(voice) or new),
        )
    console.print(table)
    console.print(
        Text("█ for ░ neutral ▓ against · brackets: 95% interval of the share · pale: fewer than 5 stories", style="dim")
    )


def _leading(total: Balance) -> Any:
    from rich.text import Text

    stance = total.leading
    if stance is None:
        return Text(f"mixed, {total.stories}", style="dim")
    low, high = total.interval(stance)
    text = f"{stance.value} {total.count(stance)}/{total.stories} [{low:.0%}-{high:.0%}]"
    return Text(text, style="dim" if total.is_small else "")


def _bar(total: Balance) -> Any:
    from rich.text import Text

    bar = Text()
    for count, mark, colour in ((total.favor, "█", "blue"), (total.neutral, "░", "white"), (total.against, "▓", "dark_orange")):
        style = f"dim {colour}" if total.is_small else colour
        bar.append(mark * round(_BAR * count / max(1, total.stories)), style=style)
    return bar


def _spark(counts: list[int]) -> str:
    """The counts as a line of blocks; long series are summed into at most so many of them."""
    size = -(-len(counts) // _SPARK) or 1
    sums = [sum(counts[at : at + size]) for at in range(0, len(counts), size)]
    most = max(sums, default=0) or 1
    return "".join(_TICKS[-(-count * (len(_TICKS) - 1) // most)] for count in sums)
