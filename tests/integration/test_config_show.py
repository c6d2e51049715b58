"""`monitor config show`: every setting in force, and never a secret of any kind of channel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner

from monitor import kinds
from monitor.cli import app
from monitor.config.adapters import shown_channels
from monitor.secret import Secret

CANARY = "tgram://c4n4ry/chat"
FIELDS = [
    (kind, name, field.annotation)
    for kind in kinds.names("channel")
    for name, field in kinds.load("channel", kind).Config.model_fields.items()
]


def holds_secret(annotation: Any) -> bool:
    return annotation is Secret or any(holds_secret(part) for part in get_args(annotation))


@pytest.mark.parametrize(("kind", "name", "annotation"), FIELDS, ids=[f"{kind}.{name}" for kind, name, _ in FIELDS])
def test_no_field_that_takes_a_secret_is_shown(kind: str, name: str, annotation: Any):
    shown = json.dumps(shown_channels({kind: {name: CANARY}}))

    assert ("c4n4ry" in shown) is not (holds_secret(annotation) or name == "headers")


@pytest.mark.parametrize("value", [CANARY, [CANARY], {"valeu": CANARY}, {"value": CANARY}, {"env": "X", "value": CANARY}])
@pytest.mark.parametrize(("kind", "name"), [("apprise", "url"), ("apprise", "ulr"), ("webhook", "url"), ("slack", "webhook")])
def test_a_secret_is_hidden_however_it_is_written(kind: str, name: str, value: Any):
    assert "c4n4ry" not in json.dumps(shown_channels({kind: {name: value}}))


def test_where_a_secret_lies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONITOR_CHANNELS__WEBHOOK__URL", "https://hooks.example/c4n4ry")
    (tmp_path / "monitor.yaml").write_text(
        f"archive: {{url: 'postgresql://me:c4n4ry@db.example/news', connections: 20}}\n"
        f"channels:\n  apprise: {{url: '{CANARY}'}}\n  slack: {{webhook: {{env: SLACK}}, timezone: Asia/Seoul}}\n"
    )

    lines = CliRunner().invoke(app, ["config", "show"]).stdout.splitlines()

    assert not [line for line in lines if "c4n4ry" in line]
    assert {
        "archive.url = postgresql://me:***@db.example/news",
        "archive.connections = 20",
        "channels.apprise.url.value = ***",
        "channels.webhook.url.value = ***",
        "channels.slack.webhook.env = SLACK",
        "channels.slack.timezone = Asia/Seoul",
    } <= set(lines)
