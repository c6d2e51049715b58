"""`monitor show`: one article, story or alert with everything known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import Archive, AsJson, opened, print_json

if TYPE_CHECKING:
    from monitor.services.search import Found, ShownAlert, ShownStory


def show(
    name: Annotated[
        str, typer.Argument(metavar="ARTICLE|STORY|ALERT", help="A number, story:12, or the beginning of an alert's id.")
    ],
    *,
    archive: Archive = None,
    as_json: AsJson = False,
) -> None:
    """Show an article, a story or an alert."""
    from monitor.services.search import Found, ShownStory, shown_facts
    from monitor.services.search import show as find

    with opened(archive=archive) as service:
        shown = find(service.archive, name)
    if as_json:
        print_json(shown_facts(shown))
    elif isinstance(shown, Found):
        _print_article(shown)
    elif isinstance(shown, ShownStory):
        _print_story(shown)
    else:
        _print_alert(shown)


def _print_article(found: Found, *, with_text: bool = True) -> None:
    from monitor.core.alerts.render import clean

    article = found.article
    typer.echo(f"article {article.id}: {clean(article.title, 300)}")
    told = f"{article.source} · {article.published:%Y-%m-%d %H:%M} UTC · {article.language or 'unknown language'}"
    typer.echo(f"{told} · story:{article.story}" if article.story else told)
    typer.echo(article.url)
    for one in found.scores.relevances if found.scores else ():
        mark = "about" if one.is_relevant else "not about"
        typer.echo(f"  {mark} {one.topic} ({one.probability:.2f})")
    for statement in found.scores.statements if found.scores else ():
        said = f"  {clean(statement.holder, 80)}: {statement.stance.value} {statement.confidence:.2f} on {statement.topic}"
        typer.echo(f'{said}, "{clean(statement.evidence.text, 300)}"' if statement.evidence else said)
    if found.scores and found.scores.error:
        typer.echo(f"  not scored: {clean(found.scores.error, 300)}")
    if with_text and article.text:
        typer.echo("\n" + clean(article.text, 20_000))


def _print_story(shown: ShownStory) -> None:
    from monitor.core.alerts.render import clean, plural

    story = shown.story
    typer.echo(f"story {story.id}: {clean(story.title, 300)}")
    typer.echo(f"{plural(len(shown.found), 'article')} from {plural(story.outlets, 'independent outlet')}\n")
    for found in shown.found:
        _print_article(found, with_text=False)
        typer.echo("")


def _print_alert(shown: ShownAlert) -> None:
    from monitor.core.alerts.render import clean

    alert = shown.alert
    typer.echo(f"alert {alert.id}: {clean(alert.title, 300)}")
    typer.echo(f"rule {alert.rule} · {alert.severity.value} · {alert.created:%Y-%m-%d %H:%M} UTC")
    typer.echo(clean(alert.why, 1000))
    for delivery in shown.deliveries:
        error = f": {clean(delivery.last_error, 200)}" if delivery.last_error else ""
        typer.echo(f"  {delivery.receiver} {delivery.state.value} after {delivery.attempts} attempts{error}")
    typer.echo("")
    for found in shown.found:
        _print_article(found, with_text=False)
        typer.echo("")
