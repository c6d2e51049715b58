"""The files of docs/deploy and compose.cluster.yaml name commands, queues and figures that exist."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from ruamel.yaml import YAML

from monitor.cli.cluster import QUEUES
from monitor.model import Fetched
from monitor.services.metrics import MODELS, exposition, serve
from monitor.services.status import MODEL_PACE, WORKER

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"


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


def test_units_of_systemd_name_commands_and_queues_that_exist():
    from typer.testing import CliRunner

    from monitor.cli import app

    started = {
        path.name: line for path in sorted((DEPLOY / "systemd").glob("*.service")) for line in path.read_text().splitlines()
        if line.startswith("ExecStart=")
    }  # fmt: skip
    assert len(started) == len(list((DEPLOY / "systemd").glob("*.service"))) >= 3
    names = re.findall(r"monitor-worker@(\w+)", (DEPLOY / "systemd/monitor-worker@.service").read_text())
    assert set(names) == {"collect", "analyse", "deliver"}
    assert set(re.findall(r"CONCURRENCY_(\w+)", (DEPLOY / "systemd/environment.example").read_text())) == set(names)
    for line in started.values():
        words = re.search(r"/bin/monitor ([^']+)", line)[1].replace("%i", "collect").replace('"', "").split()
        told = CliRunner().invoke(app, [*words, "--help"])
        assert told.exit_code == 0, told.output
        if "--queue" in words:
            assert set(words[words.index("--queue") + 1].split(",")) <= set(QUEUES)


class Counted:
    """A queue of which only the lengths are asked."""

    def depths(self) -> dict[str, int]:
        return dict.fromkeys(QUEUES, 1)


@pytest.fixture(scope="module")
def served() -> dict[str, set[str]]:
    """Every figure that the pages and a worker really serve -> its labels."""
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.parser import text_string_to_metric_families

    from tests.webstage import NOW, stage

    with TemporaryDirectory() as folder, stage(Path(folder)) as app:
        feed, state = app.archive.feeds.list()[0]
        app.archive.feeds.record(replace(state, url=feed.url, failures=3), Fetched(feed.id, feed.url, 500, error="500"), NOW, 0)
        app.archive.states.save(WORKER, {MODEL_PACE: 0.05})
        pages = exposition(app.archive, Counted(), NOW)
    registry = CollectorRegistry()
    observe = serve("127.0.0.1:0", registry)
    observe("collect", 1.0, True)
    observe(MODELS, 1.0, True)
    found: dict[str, set[str]] = {}
    for text in (pages, generate_latest(registry)):
        for family in text_string_to_metric_families(text.decode()):
            found.setdefault(family.name, set())
            for sample in family.samples:
                found.setdefault(sample.name, set()).update(sample.labels)
    return {name: labels for name, labels in found.items() if name.startswith("monitor_")}


WATCHING = [
    ROOT / "compose.cluster.yaml",
    ROOT / "docs" / "scaling.md",
    ROOT / "docs" / "operating.md",
    *sorted(path for path in DEPLOY.rglob("*") if path.is_file()),
]


@pytest.mark.parametrize("file", WATCHING, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_figures_that_are_watched_are_served(file, served):
    text = file.read_text()
    assert set(re.findall(r"\bmonitor_[a-z_]+\b", text)) <= set(served)


def expressions() -> list[str]:
    rules = YAML(typ="safe").load((DEPLOY / "prometheus" / "rules.yaml").read_text())
    board = json.loads((DEPLOY / "grafana" / "news-monitor.json").read_text())
    found = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return found + [target["expr"] for panel in board["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("expression", expressions())
def test_labels_that_are_asked_for_exist(expression, served):
    (name,) = set(re.findall(r"\bmonitor_[a-z_]+\b", expression)) - {"monitor_feeds"} or {"monitor_feeds"}
    asked = set(re.findall(r"[{,]\s*(\w+)\s*[=!]", expression))
    for listed in re.findall(r"\bby \(([^)]*)\)", expression):
        asked |= {label.strip() for label in listed.split(",")}
    # Nothing was suppressed or alerted within the last hour of that archive: the labels of these two are named by hand.
    known = served[name] | {"monitor_suppressed_last_hour": {"rule", "reason"}, "monitor_alerts_last_hour": {"rule"}}.get(
        name, set()
    )
    assert asked <= known


def test_everything_that_is_served_stands_in_the_table(served):
    told = (ROOT / "docs" / "scaling.md").read_text()
    missing = {name for name in served if not name.endswith(("_bucket", "_sum", "_count", "_created"))}
    missing = {name for name in missing if f"`{name}" not in told and f"`{name}_total" not in told}
    assert not missing
