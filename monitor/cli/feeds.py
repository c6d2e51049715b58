"""`monitor feeds`: the list of feeds, and a look at what feeds say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import Archive, AsJson, Feeds, opened, print_json, writing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from monitor.services.reading import Reading

app = typer.Typer(help="The list of feeds: see, add, import, export, try.", no_args_is_help=True, rich_markup_mode=None)

FeedId = Annotated[str, typer.Argument(metavar="ID", help="The feed, as `monitor feeds list` names it.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")]


@app.command("list")
def list_feeds(*, feeds: Feeds = None, archive: Archive = None, as_json: AsJson = False) -> None:
    """Show every feed and how it does."""
    from monitor.services.subscriptions import feed_rows

    with opened("empty", feeds=feeds, archive=archive) as service:
        rows = feed_rows(service.feeds, service.archive)
    if as_json:
        print_json(rows)
    else:
        _table(rows, ("id", "health", "last_new", "failures", "url", "error"))


@app.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed, or a site whose feed is to be found.")],
    *,
    id_: Annotated[str, typer.Option("--id", help="Short stable name; made from the name if missing.")] = "",
    name: Annotated[str, typer.Option("--name", help="What people call it; the feed's own title if missing.")] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help="A word to find its articles by; may be repeated.")] = None,
    dry_run: DryRun = False,
    feeds: Feeds = None,
    as_json: AsJson = False,
) -> None:
    """Find a site's feed, try it, and add it to feeds.yaml."""
    from monitor.config.feeds_edit import add_feeds
    from monitor.core.shown import without_credentials
    from monitor.services.subscriptions import draft, found_feed

    with opened(feeds=feeds) as service:
        found = found_feed(url, service.fetcher, service.parser)
        entry = draft(found, id_=id_, name=name, tags=tag or ())
        added = [] if dry_run else add_feeds(service.settings.feeds, [entry])
    where = without_credentials(found.url)
    if as_json:
        print_json(
            {
                "feed": {**entry, "url": where},
                "format": found.format,
                "entries": found.entries,
                "added": [one.id for one in added],
            }
        )
    elif dry_run:
        typer.echo(f"would add {entry['name']}: {where} ({found.format}, {found.entries} entries)")
    else:
        typer.echo(f"added {added[0].id}: {where} ({found.entries} entries)" if added else f"{where} is in the list already")


@app.command()
def remove(id_: FeedId, *, feeds: Feeds = None, as_json: AsJson = False) -> None:
    """Take a feed out of feeds.yaml; its articles stay."""
    from monitor.config.feeds_edit import remove_feed

    with opened(feeds=feeds) as service:
        feed = remove_feed(service.settings.feeds, id_)
    _say({"removed": feed.id}, f"removed {feed.id}", as_json=as_json)


@app.command()
def enable(id_: FeedId, *, feeds: Feeds = None, archive: Archive = None, as_json: AsJson = False) -> None:
    """Fetch a feed again, at the next pass: its failures are forgotten, also when it was on."""
    from monitor.config.feeds_edit import set_enabled
    from monitor.services.subscriptions import ask_anew

    with opened("empty", feeds=feeds, archive=archive) as service:
        feed = set_enabled(service.settings.feeds, id_, is_enabled=True)
        ask_anew(service.archive, feed.id)
    _say({"id": feed.id, "enabled": True}, f"{feed.id} is on and asked at the next pass", as_json=as_json)


@app.command()
def disable(id_: FeedId, *, feeds: Feeds = None, as_json: AsJson = False) -> None:
    """Stop fetching a feed, and keep it in the list."""
    from monitor.config.feeds_edit import set_enabled

    with opened(feeds=feeds) as service:
        feed = set_enabled(service.settings.feeds, id_, is_enabled=False)
    _say({"id": feed.id, "enabled": False}, f"{feed.id} is off", as_json=as_json)


@app.command("import")
def import_list(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An OPML list; its folders become tags.", exists=True, dir_okay=False)
    ],
    *,
    dry_run: DryRun = False,
    feeds: Feeds = None,
    as_json: AsJson = False,
) -> None:
    """Add the feeds of an OPML list that are not there yet."""
    from monitor.services.subscriptions import import_opml

    with opened(feeds=feeds) as service:
        added, listed = import_opml(file.read_bytes(), service.settings.feeds, is_dry_run=dry_run)
    words = f"the list holds {len(listed)} feeds" if dry_run else f"added {len(added)} of {len(listed)} feeds"
    _say({"listed": len(listed), "added": [feed.id for feed in added]}, words, as_json=as_json)


@app.command("export")
def export_list(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to write; standard output if missing.")] = None,
    *,
    feeds: Feeds = None,
    as_json: AsJson = False,
) -> None:
    """Write the list as OPML; the first tag of a feed is its folder. User names and passwords in addresses are left out."""
    from monitor.core.feeds.opml import write_opml
    from monitor.core.shown import without_credentials

    with opened(feeds=feeds) as service:
        listed = service.feeds
    if bare := [feed.id for feed in listed if without_credentials(feed.url) != feed.url]:
        typer.echo(f"left out the user name and password in the addresses of: {', '.join(bare)}", err=True)
    text = write_opml(listed, "News monitor")
    if file is None:
        print_json({"feeds": len(listed), "opml": text}) if as_json else sys.stdout.write(text)
        return
    with writing(file, "FILE"):
        file.write_text(text, encoding="utf-8")
    _say({"feeds": len(listed), "file": str(file)}, f"wrote {len(listed)} feeds to {file}", as_json=as_json)


@app.command()
def check(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="The feeds to try; all enabled ones if missing.")
    ] = None,
    *,
    feeds: Feeds = None,
    as_json: AsJson = False,
) -> None:
    """Fetch and read feeds now, storing nothing; exit code 1 when one cannot be read."""
    from dataclasses import asdict

    from monitor.services.subscriptions import try_feeds

    with opened(feeds=feeds) as service:
        listed = service.feeds
        unknown = set(ids or ()) - {feed.id for feed in listed}
        if unknown:
            raise typer.BadParameter(f"there is no feed {', '.join(sorted(unknown))}; `monitor feeds list` shows them")
        wanted = [feed for feed in listed if (feed.id in ids if ids else feed.is_enabled)]
        trials = list(try_feeds(wanted, service.fetcher, service.parser))
    rows = [asdict(trial) for trial in trials]
    if as_json:
        print_json(rows)
    else:
        _table(rows, ("feed", "verdict", "entries", "newest", "seconds", "note"))
    raise typer.Exit(0 if all(trial.is_good for trial in trials) else 1)


@app.command()
def discover(
    url: Annotated[str, typer.Argument(metavar="URL", help="A site or a page.")], *, feeds: Feeds = None, as_json: AsJson = False
) -> None:
    """Show the feeds of a site; exit code 1 when none is found."""
    from dataclasses import asdict

    from monitor.core.shown import without_credentials
    from monitor.services.discover import discover as find

    with opened(feeds=feeds) as service:
        listed = find(url, service.fetcher, service.parser)
    found = [{**asdict(one), "url": without_credentials(one.url)} for one in listed]
    if as_json:
        print_json(found)
    else:
        _table(found, ("url", "title", "format", "entries"))
    raise typer.Exit(0 if found else 1)


@app.command()
def parse(
    paths: Annotated[
        list[str], typer.Argument(metavar="FILE|DIR|-...", help="Documents, folders of them, or - for standard input.")
    ],
    *,
    base: Annotated[str, typer.Option("--base", metavar="URL", help="The address the documents came from.")] = "",
    content_type: Annotated[str, typer.Option("--content-type", metavar="T", help="The Content-Type they came with.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line for each document.")] = False,
) -> None:
    """Read feed documents and show what they say; exit code 1 when one is not a feed."""
    from monitor.services.reading import read_documents

    missing = [path for path in paths if path != "-" and not Path(path).exists()]
    if missing:
        raise typer.BadParameter(f"there is no file or folder {', '.join(missing)}")
    are_feeds = True
    with opened() as service:
        for reading in read_documents(paths, service.parser, base=base, content_type=content_type):
            are_feeds = are_feeds and reading.parsed.format is not None
            _show_reading(reading, as_json=as_json)
    raise typer.Exit(0 if are_feeds else 1)


def _show_reading(reading: Reading, *, as_json: bool) -> None:
    if as_json:
        print_json(reading.as_json())
        return
    parsed = reading.parsed
    typer.echo(f"{reading.path}: {parsed.format or 'not a feed'}, {len(parsed.entries)} entries  {parsed.title}")
    for entry in parsed.entries:
        typer.echo(f"  {entry.published or entry.updated or 'undated':<25}  {entry.title or entry.text[:80]}  {entry.link}")
    for error in parsed.errors:
        typer.echo(f"  ! {error}")


def _say(value: dict[str, Any], words: str, *, as_json: bool) -> None:
    if as_json:
        print_json(value)
    else:
        typer.echo(words)


def _table(rows: Iterable[dict[str, Any]], columns: tuple[str, ...]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*(column.replace("_", " ") for column in columns), box=None, pad_edge=False)
    for row in rows:
        # As text, so that a title cannot bring markup of its own.
        table.add_row(*(Text(str(row[column] if row[column] is not None else "")) for column in columns))
    Console().print(table)
