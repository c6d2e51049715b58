"""`monitor label`, `monitor tune`, `monitor rescore`: tell the service where it errs, let it learn, score again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.options import Alone, Archive, AsJson, Rules, counting, opened, print_json, warn

if TYPE_CHECKING:
    from monitor.app import App
    from monitor.services.rescore import Rescored
    from monitor.services.tuning import Tuned

_SHOWN = 20


def label(
    *,
    article: Annotated[int, typer.Argument(metavar="ARTICLE", help="The article's number.")],
    topic: Annotated[str, typer.Option("--topic", metavar="TOPIC", help="The topic it is judged by.")],
    relevant: Annotated[
        bool | None, typer.Option("--relevant/--irrelevant", help="Whether the article is about the topic.")
    ] = None,
    stance: Annotated[str | None, typer.Option("--stance", metavar="favor|neutral|against", help="The right stance.")] = None,
    holder: Annotated[
        str | None, typer.Option("--holder", metavar="ACTOR", help="Whose stance; outlet for the text's own.")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so.")] = "",
    archive: Archive = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Say what an article is about, or which stance somebody really has in it."""
    from monitor.core.alerts.render import plural
    from monitor.model import OUTLET, Label
    from monitor.services.feedback import NOT_RELEVANT, RELEVANT, give_label

    if relevant is None and stance is None:
        raise typer.BadParameter("say --relevant, --irrelevant or --stance")
    with opened(archive=archive, rules=rules) as app:
        _check_names(app, topic, holder)
        now = app.clock.now()
        if relevant is not None:
            give_label(app.archive, Label(article, RELEVANT if relevant else NOT_RELEVANT, topic, "", now, by))
        if stance is not None:
            give_label(app.archive, Label(article, stance, topic, holder or OUTLET, now, by))
        count = len(app.archive.labels.of(article))
    if as_json:
        print_json({"article": article, "labels": count})
    else:
        typer.echo(f"noted; article {article} has {plural(count, 'label')}")


def tune(
    *,
    topics: Annotated[list[str] | None, typer.Argument(metavar="[TOPIC]...", help="These topics; all that have labels.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Put in force what proved better.")] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Go back to what the model alone says of these topics.")] = False,
    archive: Archive = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Learn thresholds and corrections from labels; shows precision and recall on labels held out, and changes nothing."""
    from monitor.services import tuning

    with opened(archive=archive, rules=rules) as app:
        if forget:
            gone = [topic for topic in topics or app.rulebook_alone.topics if tuning.forget(app.archive, topic)]
            if as_json:
                print_json({"forgotten": gone})
            else:
                typer.echo(f"back to the model alone: {', '.join(gone) or 'nothing was tuned'}")
            return
        found = tuning.tune(app.archive, app.rulebook_alone, app.scorer, topics or ())
        applied = tuning.apply(app.archive, found) if apply else 0
    if as_json:
        print_json({"topics": [_tuned(one) for one in found], "applied": applied})
    else:
        _print_tuned(found, applied, is_applied=apply)


def rescore(
    *,
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 30d, or a day.")],
    query: Annotated[str, typer.Option("--query", metavar="QUERY", help="Only what this finds.")] = "*",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    alone: Alone = False,
    archive: Archive = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """Score stored articles again, without alerting, and say what changed; in a cluster the analysers share the work."""
    from monitor.cli.search import vocabulary
    from monitor.cli.spans import read_since
    from monitor.core.queries.query import parse, seen_between
    from monitor.services import rescore as here
    from monitor.services import spreading

    with opened(archive=archive, rules=rules) as app, counting("articles") as note:
        now, rulebook = app.clock.now(), app.rulebook
        asked = seen_between(parse(query, vocabulary(app, query)), read_since(since, now), None)
        queue, is_stored = None if alone else app.sharing, not dry_run
        if queue is None:
            found = here.rescore(app.archive, rulebook, app.scorer, asked, now, is_stored=is_stored, note=note)
        else:
            found = spreading.rescore(app.archive, queue, rulebook, asked, now, is_stored=is_stored, note=note, tell=warn)
    if as_json:
        print_json(_rescored(found))
    else:
        _print_rescored(found, is_stored=not dry_run)


def _check_names(app: App, topic: str, holder: str | None) -> None:
    from monitor.model import OUTLET

    known = app.rulebook_alone
    if topic not in known.topics:
        raise typer.BadParameter(f"no topic {topic!r}; known: {', '.join(known.topics)}", param_hint="--topic")
    if holder is not None and holder != OUTLET and holder not in known.actors:
        raise typer.BadParameter(f"no actor {holder!r}; known: {OUTLET}, {', '.join(known.actors)}", param_hint="--holder")


def _tuned(one: Tuned) -> dict[str, Any]:
    trials = {
        trial.way: {key: round(getattr(trial.figures, key), 3) for key in ("precision", "recall", "f1")} for trial in one.trials
    }
    head, own = one.head, one.threshold_in_file
    chosen = {"threshold": head.threshold if own is None else own, "has_weights": bool(head.weights)} if head else None
    return {
        "topic": one.topic,
        "labels": one.labels,
        "relevant": one.relevant,
        "held_out": trials,
        "better": chosen,
        "threshold_in_file": own,
        "reason": one.reason,
    }


def _print_tuned(found: list[Tuned], applied: int, *, is_applied: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    if not found:
        typer.echo("no labels yet: give some with `monitor label` or on an article's page")
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("topic", "labels", "way", "precision", "recall", "F1", ""):
        table.add_column(heading)
    for one in found:
        counts = f"{one.relevant} of {one.labels} relevant"
        for trial in one.trials:
            figures = [f"{getattr(trial.figures, key):.2f}" for key in ("precision", "recall", "f1")]
            table.add_row(one.topic, counts, trial.way, *figures, "")
        table.add_row(one.topic, counts, "", "", "", "", _outcome(one))
    Console().print(table)
    better = sum(one.head is not None for one in found)
    if is_applied:
        typer.echo(f"{applied} topics changed; `monitor rescore --since 30d` brings stored articles up to date")
    elif better:
        typer.echo(f"{better} topics would gain; nothing is changed without --apply")


def _outcome(one: Tuned) -> str:
    if one.threshold_in_file is None:
        return f"better: threshold {one.head.threshold}" if one.head else one.reason
    said = "better: head" if one.head else one.reason
    return f"{said}; threshold {one.threshold_in_file} is set in the topic's file"


def _rescored(found: Rescored) -> dict[str, Any]:
    return {
        "articles": found.articles,
        "failed": found.failed,
        "waiting": found.waiting,
        "newly_relevant": dict(found.gained),
        "no_longer_relevant": dict(found.lost),
        "stances": [one._asdict() for one in found.turned],
    }


def _print_rescored(found: Rescored, *, is_stored: bool) -> None:
    from monitor.core.alerts.render import plural

    typer.echo(f"{plural(found.articles, 'article')} scored again" + ("" if is_stored else " (nothing stored)"))
    if found.failed:
        typer.echo(f"{found.failed} could not be scored and keep what they had")
    if found.waiting:
        typer.echo(f"{found.waiting} were never scored; they wait for the worker")
    for topic in sorted(found.gained.keys() | found.lost.keys()):
        typer.echo(f"  {topic}: {found.gained[topic]} newly relevant, {found.lost[topic]} no longer")
    typer.echo(f"{len(found.turned)} stances changed" + (", the first:" if len(found.turned) > _SHOWN else ""))
    for one in found.turned[:_SHOWN]:
        typer.echo(f"  article {one.article}: {one.holder} on {one.topic}, {one.before or 'none'} → {one.after or 'none'}")
