"""`monitor backup`, `monitor vacuum`, `monitor prune`, `monitor import`: keeping the archive, and bringing articles in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json, served

if TYPE_CHECKING:
    from monitor.app import App


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new file.")],
    *,
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Write a complete copy of the archive while the service goes on."""
    with opened(archive=archive) as service:
        size = service.archive.upkeep.backup(str(file))
    if as_json:
        print_json({"file": str(file), "bytes": size})
    else:
        typer.echo(f"{size:,} bytes written to {file}")


def vacuum(*, archive: Archive = None, as_json: AsJson = False) -> None:
    """Put the archive's indexes in order and give unused space back; best while the service is stopped."""
    with opened(archive=archive) as service:
        gained = service.archive.upkeep.vacuum()
        problems = service.archive.upkeep.problems()
    if as_json:
        print_json({"gained": gained, "problems": problems})
    else:
        typer.echo(f"{gained:,} bytes given back")
        for problem in problems:
            typer.echo(f"problem: {problem}", err=True)
    raise typer.Exit(1 if problems else 0)


@served
def prune(
    service: App,
    *,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    as_json: AsJson = False,
) -> None:
    """Drop the texts of articles that their topics and tags no longer keep (`keep:`); titles, scores and evidence stay.

    The worker does it once a day by itself.
    """
    from monitor.core.alerts.render import plural
    from monitor.services.keeping import prune as drop

    kept = drop(service.archive, service.rulebook, service.clock.now(), tags=service.settings.keep, is_dry_run=is_dry_run)
    if as_json:
        print_json({"forgotten": dict(kept.forgotten), "total": kept.total, "dry_run": is_dry_run})
        return
    for topic, number in kept.forgotten.items():
        typer.echo(f"{topic}: {plural(number, 'text')} {'would be ' if is_dry_run else ''}dropped")
    if not kept.total:
        typer.echo("nothing has outlived the keep of its topics and tags")


def import_(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="NDJSON, CSV, or a database of the reader library.", exists=True, dir_okay=False),
    ],
    *,
    feed: Annotated[str, typer.Option("--feed", help="The feed the articles are filed under where they name none.")] = "import",
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Bring articles in from a file; they are scored like others and alert nobody."""
    from monitor.core.alerts.render import plural
    from monitor.services.importing import import_articles

    with opened("make", archive=archive) as service:
        found = import_articles(service.archive, file, feed, service.clock.now())
    if as_json:
        print_json({"new": found.new, "known": found.known, "faults": list(found.faults)})
    else:
        typer.echo(f"{plural(found.new, 'new article')}, {found.known} known before")
        for fault in found.faults[:20]:
            typer.echo(f"skipped: {fault}", err=True)
    raise typer.Exit(1 if found.faults and not (found.new or found.known) else 0)
