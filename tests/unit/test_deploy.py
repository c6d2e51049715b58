"""The files of docs/deploy and compose.cluster.yaml name commands, queues and figures that exist."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from monitor.archives import sqlite
from monitor.cli.cluster import QUEUES
from monitor.clock import SystemClock
from monitor.services.metrics import _figures

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
OF_WORKERS = {"monitor_job_seconds_bucket", "monitor_job_seconds_count", "monitor_jobs_failed_total", "monitor_queue_jobs"}


def commands() -> list[list[str]]:
    compose = YAML(typ="safe").load((ROOT / "compose.cluster.yaml").read_text())
    found = [service["command"] for service in compose["services"].values() if "command" in service]
    for document in YAML(typ="safe").load_all((DEPLOY / "kubernetes" / "news-monitor.yaml").read_text()):
        if document["kind"] == "Deployment":
            found += [container["args"] for container in document["spec"]["template"]["spec"]["containers"]]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_commands_can_be_read(command):
    from typer.testing import CliRunner

    from monitor.cli import app

    assert command[0] == "monitor"
    told = CliRunner().invoke(app, [*command[1:], "--help"])
    assert told.exit_code == 0, told.output
    if "--queue" in command:
        assert set(command[command.index("--queue") + 1].split(",")) <= set(QUEUES)


def test_figures_that_are_watched_exist():
    archive = sqlite.build(sqlite.Config(path=":memory:"))
    known = {f"monitor_{name}" for name, _, _ in _figures(archive, None, SystemClock().now())} | OF_WORKERS
    archive.close()
    rules = (DEPLOY / "prometheus" / "rules.yaml").read_text()
    board = (DEPLOY / "grafana" / "news-monitor.json").read_text()
    YAML(typ="safe").load(rules)
    assert json.loads(board)["panels"]
    watched = set(re.findall(r"\bmonitor_[a-z_]+\b", rules + board))
    assert watched
    assert watched <= known
