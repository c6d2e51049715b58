"""`monitor stories`: see which articles tell of one event, why, and put right what was joined or parted wrongly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json

if TYPE_CHECKING:
    from monitor.core.stories.joining import Placement
    from monitor.model import Article, Story

app = typer.Typer(help="Stories: list, show, split, merge.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_(
    *,
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 36h or 7d, or a day.")] = "3d",
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000)] = 30,
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Stories of the last days: those told by most independent outlets first."""
    from monitor.cli.spans import read_since
    from monitor.services.stories import list_stories

    with opened(archive=archive) as service:
        now = service.clock.now()
        stories = list_stories(service.archive, read_since(since, now), now, limit=limit)
    if as_json:
        print_json({"stories": [_facts(story) for story in stories]})
    else:
        _print_list(stories)


@app.command()
def show(
    *,
    story: Annotated[int, typer.Argument(help="The story's number.", metavar="STORY")],
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """One story: its articles in the order of publication, each with what it has in common with an earlier one."""
    from monitor.services.stories import show_story

    with opened(archive=archive) as service:
        found, told = show_story(story, service.archive)
    if as_json:
        print_json({**_facts(found), "told": [_told(article, placement) for article, placement in told]})
    else:
        _print_story(found, told)


@app.command()
def split(
    *,
    story: Annotated[int, typer.Argument(help="The story's number.", metavar="STORY")],
    articles: Annotated[list[int], typer.Argument(help="The articles to move out.", metavar="ARTICLE...")],
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Move articles of a story to a new story of their own."""
    from monitor.services.stories import split_story

    with opened(archive=archive) as service:
        new = split_story(story, articles, service.archive)
    if as_json:
        print_json({"story": story, "new": new, "articles": articles})
    else:
        typer.echo(f"story {new} now holds {len(set(articles))} of the articles of story {story}")


@app.command()
def merge(
    *,
    story: Annotated[int, typer.Argument(help="The story that stays.", metavar="STORY")],
    others: Annotated[list[int], typer.Argument(help="Stories that tell of the same event.", metavar="OTHER...")],
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Put the articles of other stories into one."""
    from monitor.services.stories import merge_stories

    with opened(archive=archive) as service:
        merged = merge_stories(story, others, service.archive)
    if as_json:
        print_json(_facts(merged))
    else:
        typer.echo(f"story {merged.id} now holds {_counts(len(merged.articles), merged.outlets)}")


def _facts(story: Story) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(story)


def _told(article: Article, placement: Placement | None) -> dict[str, Any]:
    return {
        "article": article.id,
        "published": article.published,
        "source": article.source,
        "language": article.language,
        "title": article.title,
        "url": article.url,
        "reason": placement.reason.value if placement else "first report",
        "probability": round(placement.score, 3) if placement else None,
        "near": placement.near if placement else None,
    }


def _counts(articles: int, outlets: int) -> str:
    from monitor.core.alerts.render import plural

    return f"{plural(articles, 'article')} from {plural(outlets, 'independent outlet')}"


def _print_list(stories: list[Story]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.core.alerts.render import clean

    table = Table(box=None, pad_edge=False)
    for heading in ("story", "outlets", "articles", "first", "last", "title"):
        table.add_column(heading, overflow="fold")
    for story in stories:
        span = (f"{story.first_published:%d %b %H:%M}", f"{story.last_published:%d %b %H:%M}")
        cells = (str(story.id), str(story.outlets), str(len(story.articles)), *span, clean(story.title, 120))
        table.add_row(*(Text(cell) for cell in cells))
    if stories:
        Console().print(table)
    else:
        typer.echo("no stories in this span")


def _print_story(story: Story, told: list[tuple[Article, Placement | None]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.core.alerts.render import clean

    typer.echo(f"story {story.id}: {clean(story.title, 200)}")
    typer.echo(f"{_counts(len(told), story.outlets)}\n")
    table = Table(box=None, pad_edge=False)
    for heading in ("article", "published", "outlet", "lang", "why", "title"):
        table.add_column(heading, no_wrap=heading in {"published", "why"}, overflow="fold")
    for article, placement in told:
        why = f"{placement.reason.value} ({placement.near})" if placement else "first report"
        when = f"{article.published:%d %b %H:%M}"
        cells = (str(article.id), when, article.source, article.language or "", why, clean(article.title, 120))
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)
