"""Secrets are named, read late, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from monitor.errors import ConfigError
from monitor.secret import Secret


class Holder(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    password: Secret


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("A_PASSWORD", "open sesame\n")
    assert Holder(password={"env": "A_PASSWORD"}).password.reveal() == "open sesame"


def test_from_a_file(tmp_path: Path):
    (tmp_path / "secret").write_text("open sesame\n")
    assert Holder(password={"file": str(tmp_path / "secret")}).password.reveal() == "open sesame"


def test_written_down_it_works():
    for given in ({"value": "open sesame"}, "open sesame"):
        assert Holder(password=given).password.reveal() == "open sesame"


def test_it_is_never_shown(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("A_PASSWORD", "open sesame")
    for given in ({"value": "open sesame"}, {"env": "A_PASSWORD"}):
        holder = Holder(password=given)
        assert "sesame" not in f"{holder!r} {holder} {holder.password!r} {holder.password} {holder.model_dump_json()}"


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("A_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="environment variable A_PASSWORD is not set"):
        Secret(env="A_PASSWORD").reveal()


def test_a_missing_empty_or_binary_file_is_named(tmp_path: Path):
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for name in ("gone", "empty", "binary"):
        with pytest.raises(ConfigError, match=name):
            Secret(file=str(tmp_path / name)).reveal()


@pytest.mark.parametrize("given", [{}, {"env": ""}, {"env": "A", "file": "b"}, {"enviroment": "A"}, 5, None, {"env": 5}])
def test_other_forms_are_refused_with_what_to_write(given: object):
    with pytest.raises(ValidationError, match="write {env: NAME} or {file: PATH}"):
        Holder(password=given)


def test_the_schema_offers_the_three_forms():
    assert set(Holder.model_json_schema()["properties"]["password"]["properties"]) == {"env", "file", "value"}
