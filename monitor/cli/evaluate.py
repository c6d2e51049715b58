"""`monitor eval`: how good the scorer is on files that people labelled."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from monitor.cli.options import AsJson, opened, print_json

app = typer.Typer(help="Measure the scorer on labelled files.", no_args_is_help=True, rich_markup_mode=None)

File = Annotated[Path, typer.Argument(help="The labelled file.")]
_LONG = 200


@app.command()
def stance(*, file: File, as_json: AsJson = False) -> None:
    """Stance on lines of `text holder target label`, tab-separated; holder - is the text's own voice."""
    from monitor.services.evaluate import evaluate_stance
    from monitor.services.labelled import read_stance

    rows = read_stance(file)
    with opened() as service, _progress(len(rows)) as advance:
        result = evaluate_stance(rows, service.scorer, advance)
    _print(result, as_json=as_json)


@app.command()
def relevance(
    *,
    file: File,
    topics: Annotated[Path, typer.Option("--topics", help="The topics, in the form of rules/*.yaml.")],
    as_json: AsJson = False,
) -> None:
    """Relevance on lines of `topic label title text`, tab-separated; label 1 or 0."""
    from monitor.config.rulebook import load_rulebook
    from monitor.services.evaluate import evaluate_relevance
    from monitor.services.labelled import read_relevance

    known = load_rulebook(topics).topics
    rows = read_relevance(file, known)
    with opened() as service, _progress(len(rows)) as advance:
        result = evaluate_relevance(rows, tuple(known.values()), service.scorer, advance)
    _print(result, as_json=as_json)


@app.command()
def articles(
    *,
    file: File,
    rules: Annotated[Path, typer.Option("--rules", help="Topics and actors, in the form of rules/*.yaml.")],
    as_json: AsJson = False,
) -> None:
    """Whole articles, one JSON object a line, with the stance of every holder and the sentences that show it."""
    from monitor.config.rulebook import load_rulebook
    from monitor.model import OUTLET
    from monitor.services.evaluate import evaluate_articles
    from monitor.services.labelled import read_articles

    rulebook = load_rulebook(rules)
    rows = read_articles(file, rulebook.topics, {*rulebook.actors, OUTLET})
    with opened() as service, _progress(len(rows)) as advance:
        result = evaluate_articles(rows, rulebook, service.scorer, advance)
    _print(result, as_json=as_json)


@app.command()
def stories(*, file: File, as_json: AsJson = False) -> None:
    """Stories on lines of JSON {id, story, title, text, published}: B-cubed precision, recall and F1."""
    from monitor.services.evaluate import evaluate_stories
    from monitor.services.labelled import read_stories

    rows = read_stories(file)
    with opened() as service, _progress(len(rows)) as advance:
        result = evaluate_stories(rows, service.scorer, advance)
    _print(result, as_json=as_json)


@contextmanager
def _progress(rows: int) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal where a file is long; silent elsewhere."""
    if rows < _LONG or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scoring", total=rows)
        yield lambda count: bar.advance(task, count)


def _print(result: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(result)
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False)
    for name, value in _flat(result):
        table.add_row(name, f"{value:,}" if isinstance(value, int) else f"{value:.3f}")
    Console().print(table)


def _flat(result: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in result.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}".replace("_", " "), value
