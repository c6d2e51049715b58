"""Settings: flags over environment over file over defaults; secrets from files."""

from pathlib import Path

import pytest

from monitor.config.settings import load_settings
from monitor.errors import ConfigError


def test_flags_win_over_environment_over_file(tmp_path: Path):
    file = tmp_path / "monitor.yaml"
    file.write_text("archive: file.db\nrules: from-file\nworker: {batch: 8}\n")
    environment = {"MONITOR_RULES": "from-env", "MONITOR_ARCHIVE": "env.db", "MONITOR_WORKER__STORM": "7"}

    settings = load_settings(environment, {"archive": "flag.db", "feeds": None}, file)

    assert (settings.archive, settings.rules, settings.feeds) == ("flag.db", Path("from-env"), Path("feeds.yaml"))
    assert (settings.worker.batch, settings.worker.storm) == (8, 7)


def test_a_secret_may_lie_in_a_file(tmp_path: Path):
    (tmp_path / "secret").write_text("hunter2\n")
    environment = {"MONITOR_CHANNELS__EMAIL__PASSWORD_FILE": str(tmp_path / "secret"), "MONITOR_CHANNELS__EMAIL__HOST": "mx"}

    settings = load_settings(environment)

    assert settings.channels == {"email": {"host": "mx", "password": {"value": "hunter2"}}}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"MONITOR_FEDS": "x"}, "MONITOR_FEDS names no setting"),
        ({"MONITOR_WORKER__BATCH": "many"}, "worker.batch"),
        ({"MONITOR_PUBLIC_URL_FILE": "/nowhere/at/all"}, "MONITOR_PUBLIC_URL_FILE names /nowhere/at/all"),
        ({"MONITOR_SCORER__KIND": "oracle"}, "there is no scorer kind 'oracle'"),
        ({"MONITOR_CHANNELS__PIGEON__TO": "x"}, "there is no channel kind 'pigeon'"),
    ],
)
def test_a_wrong_variable_is_named(environment: dict[str, str], expected: str):
    with pytest.raises(ConfigError, match=expected):
        load_settings(environment)


def test_a_wrong_file_is_placed(tmp_path: Path):
    file = tmp_path / "monitor.yaml"
    file.write_text("archive: a.db\nworkr: {}\n")

    with pytest.raises(ConfigError, match=r"monitor\.yaml:2:1: unknown key 'workr' \(did you mean worker\?\)"):
        load_settings({}, file=file)


def test_own_network_may_be_listed_with_commas():
    assert load_settings({"MONITOR_ALLOW": "10.0.0.0/8, feeds.lan"}).allow == ("10.0.0.0/8", "feeds.lan")
