"""`monitor briefing TOPIC`: the report an analyst would write, with every claim cited."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import Archive, AsJson, Rules, opened, print_json, writing

KEY = "MONITOR_REWRITE_KEY"
"""The environment variable that holds the endpoint's key, where it wants one."""


class Format(StrEnum):
    """What the briefing is written as."""

    MD = "md"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"


def briefing(
    *,
    topic: Annotated[str, typer.Argument(help="A topic's id or name.", metavar="TOPIC")],
    since: Annotated[str, typer.Option("--since", metavar="SPAN", help="How far back, such as 14d, or a day.")] = "14d",
    form: Annotated[Format, typer.Option("--format", help="Markdown, a web page, PDF or Word.")] = Format.MD,
    language: Annotated[str, typer.Option("--lang", metavar="CODE", help="Language of headings: en, ja, ko, ru or zh.")] = "en",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")] = None,
    rewrite_url: Annotated[
        str | None,
        typer.Option("--rewrite-url", metavar="URL", help="Have a chat endpoint of the OpenAI kind reword the summary."),
    ] = None,
    rewrite_model: Annotated[str, typer.Option("--rewrite-model", metavar="NAME", help="The model to ask there.")] = "default",
    archive: Archive = None,
    rules: Rules = None,
    as_json: AsJson = False,
) -> None:
    """What changed, who stands where, in whose words: a briefing in which every sentence is cited."""
    from dataclasses import asdict

    from monitor.cli.spans import read_since
    from monitor.core.alerts.render import plural
    from monitor.services.briefing import brief, rewrite, write

    with opened(archive=archive, rules=rules) as service:
        now = service.clock.now()
        start = read_since(since, now)
        composed = brief(service.archive, service.rulebook_alone, topic, since=start, until=now, language=language)
    if rewrite_url:
        composed = rewrite(composed, rewrite_url, rewrite_model, os.environ.get(KEY, ""))
    if as_json:
        print_json(asdict(composed))
        return
    if output is None and form in {Format.PDF, Format.DOCX} and sys.stdout.isatty():
        raise typer.BadParameter(f"a {form.value} file needs a place: --output FILE", param_hint="--output")
    content = write(composed, form.value)
    if output is None:
        sys.stdout.buffer.write(content)
        return
    with writing(output, "--output"):
        output.write_bytes(content)
    typer.echo(f"{output}: {plural(len(composed.sources), 'source')}, {len(content):,} bytes", err=True)
