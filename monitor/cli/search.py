"""`monitor search`: ask the archive anything, in the language of the rules."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Archive, AsJson, Feeds, Rules, opened, print_json, warn

if TYPE_CHECKING:
    from rich.text import Text

    from monitor.app import App
    from monitor.core.queries.query import Vocabulary
    from monitor.services.search import Found, Page


_NAMING = re.compile(r"\b(?:topic|holder|feed|tag|alerted)[:=<>]", re.IGNORECASE)
"""The beginning of a clause whose value may be a name that the configuration gives."""


class Sort(StrEnum):
    """What comes first."""

    PUBLISHED = "published"
    SEEN = "seen"
    RELEVANCE = "relevance"


def search(
    query: Annotated[list[str], typer.Argument(metavar="QUERY", help="What to look for; see docs/query-language.md.")],
    *,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=10_000, help="Articles on a page.")] = 20,
    sort: Annotated[Sort, typer.Option("--sort", help="Newest published, newest seen or most relevant first.")] = Sort.PUBLISHED,
    cursor: Annotated[str, typer.Option("--cursor", help="Where the page before ended.")] = "",
    facets: Annotated[
        bool, typer.Option("--facets", help="Count topics, stances, holders, sources, languages and days.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    as_ndjson: Annotated[bool, typer.Option("--ndjson", help="Print one JSON object a line.")] = False,
    archive: Archive = None,
    rules: Rules = None,
    feeds: Feeds = None,
    as_json: AsJson = False,
) -> None:
    """Search the archive. Put a -- before a query that begins with a minus."""
    from monitor.services.search import FACETS, page_facts
    from monitor.services.search import search as find

    with opened(archive=archive, rules=rules, feeds=feeds) as service:
        page = find(
            service.archive,
            " ".join(query),
            service.clock.now(),
            vocabulary=vocabulary(service, " ".join(query)),
            limit=limit,
            sort=sort.value,
            cursor=cursor,
            facets=FACETS if facets else (),
        )
    if as_json:
        print_json(page_facts(page))
    elif as_ndjson or as_csv:
        from monitor.services.export import write_csv, write_ndjson

        (write_ndjson if as_ndjson else write_csv)(page.found, sys.stdout)
    else:
        _print(page)


def vocabulary(service: App, query: str) -> Vocabulary | None:
    """The names a query may use, read only for a query that uses names; None, and a warning, where they cannot be read."""
    from monitor.core.queries.query import Vocabulary
    from monitor.errors import ConfigError

    if not _NAMING.search(query):
        return None
    try:
        feeds = service.feeds
        return Vocabulary.of(service.rulebook, [feed.id for feed in feeds], {tag for feed in feeds for tag in feed.tags})
    except ConfigError as error:
        warn(f"names are taken as written, aliases too, for the configuration cannot be read; see `monitor check`:\n{error}")
        return None


def _print(page: Page) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from monitor.core.alerts.render import plural

    console = Console()
    table = Table(box=None, pad_edge=False)
    for heading in ("article", "published", "outlet", "title and text", "topics", "stances"):
        table.add_column(heading, overflow="fold")
    for found in page.found:
        article = found.article
        when = f"{article.published:%Y-%m-%d %H:%M}"
        facts = (Text(str(article.id)), Text(when), Text(article.source))
        table.add_row(*facts, _text(found), Text(_topics(found)), Text(_stances(found)))
    if page.found:
        console.print(table)
    for name, values in page.facets.items():
        console.print(Text(f"{name}: " + ", ".join(f"{value or '(none)'} {number}" for value, number in values)))
    more = f"; more with --cursor {page.cursor}" if page.cursor else ""
    console.print(Text(f"{len(page.found)} of {plural(page.total, 'article')}{more}"))


def _text(found: Found) -> Text:
    from rich.text import Text as Styled

    from monitor.core.alerts.render import clean

    shown = Styled(clean(found.article.title, 200), style="bold")
    before, *marked = found.snippet.split("\x02")
    shown.append("\n" + clean(before, 400), style="not bold")
    for piece in marked:
        word, _, rest = piece.partition("\x03")
        shown.append(clean(word, 100), style="not bold reverse")
        shown.append(clean(rest, 400), style="not bold")
    return shown


def _topics(found: Found) -> str:
    relevances = found.scores.relevances if found.scores else ()
    return "\n".join(f"{one.topic} {one.probability:.2f}" for one in relevances if one.is_relevant)


def _stances(found: Found) -> str:
    statements = found.scores.statements if found.scores else ()
    return "\n".join(f"{one.holder}: {one.stance.value} {one.confidence:.2f}" for one in statements)
