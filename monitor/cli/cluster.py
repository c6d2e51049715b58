"""`monitor schedule` and `monitor worker`: the parts of a cluster."""

from __future__ import annotations

from typing import Annotated

import typer

from monitor.cli.options import Archive, Feeds, Rules

QUEUES = ("collect", "analyse", "deliver", "maintain")


def schedule(*, archive: Archive = None, feeds: Feeds = None, rules: Rules = None) -> None:
    """Tell the workers of a cluster what is due, until stopped; with several schedulers one leads and the others stand by."""
    import threading

    from monitor import logs
    from monitor.app import open_app
    from monitor.cluster import schedule as lead

    logs.configure(level="info")
    with open_app({"archive": archive, "feeds": feeds, "rules": rules}) as app:
        lead(app, threading.Event())


def worker(
    *,
    queue: Annotated[str, typer.Option("--queue", metavar="NAMES", help="Of collect,analyse,deliver,maintain.")] = ",".join(
        QUEUES
    ),
    concurrency: Annotated[int, typer.Option("--concurrency", min=1, max=200, help="Jobs at once.")] = 2,
    metrics: Annotated[
        str, typer.Option("--metrics", metavar="HOST:PORT", help="Serve this process's figures to Prometheus there.")
    ] = "",
    archive: Archive = None,
    feeds: Feeds = None,
    rules: Rules = None,
) -> None:
    """Do the jobs of a cluster's queues until stopped (Ctrl-C or SIGTERM)."""
    import os
    import sys
    import threading

    from monitor import logs
    from monitor.app import open_app
    from monitor.cluster import Observer, unobserved, work

    names = [name.strip() for name in queue.split(",") if name.strip()]
    if unknown := [name for name in names if name not in QUEUES]:
        raise typer.BadParameter(f"there is no queue {unknown[0]}; known: {', '.join(QUEUES)}", param_hint="--queue")
    logs.configure(level="info")
    observe: Observer = unobserved
    if metrics:
        from monitor.services.metrics import serve

        observe = serve(metrics)
    with open_app({"archive": archive, "feeds": feeds, "rules": rules}) as app:
        work(app, names, concurrency, threading.Event(), observe)
        # A step that waits on a slow server must not hold the process; what it did not finish is done again.
        sys.stdout.flush()
        logs.flush()
        os._exit(0)
