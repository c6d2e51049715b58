"""Settings: flags over environment over file over defaults; secrets from files."""

from datetime import timedelta
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


def test_words_of_the_environment_become_what_they_say():
    settings = load_settings(
        {"MONITOR_WEB__ENABLED": "FALSE", "MONITOR_KEEP": "{wire: 30d}", "MONITOR_TEST_POSTGRES": "x", "PATH": "/bin"}
    )

    assert (settings.web.enabled, settings.keep) == (False, {"wire": timedelta(days=30)})


def test_proxies_may_be_listed_with_commas_and_must_be_addresses():
    believed = {"MONITOR_WEB__PROXIES": "10.0.0.0/8, ::1", "MONITOR_WEB__USER_HEADER": "X-Forwarded-User"}

    assert load_settings(believed).web.proxies == ("10.0.0.0/8", "::1")
    with pytest.raises(ConfigError, match=r"'proxy\.lan' is neither an address nor a network"):
        load_settings({"MONITOR_WEB__PROXIES": "proxy.lan"})
    with pytest.raises(ConfigError, match="user_header needs proxies"):
        load_settings({"MONITOR_WEB__USER_HEADER": "X-Forwarded-User"})


def test_a_value_below_one_that_is_no_group_is_told_and_channels_may_be_set_up(tmp_path: Path):
    channel = {"MONITOR_CHANNELS__SLACK__TOKEN": "xoxb", "MONITOR_CHANNELS__SLACK__CHANNEL": "C1"}

    assert load_settings(channel).channels == {"slack": {"token": {"value": "xoxb"}, "channel": "C1"}}
    with pytest.raises(ConfigError, match="worker"):
        load_settings({"MONITOR_WORKER": "fast", "MONITOR_WORKER__BATCH": "3"})


def test_the_file_may_be_named_in_the_environment(tmp_path: Path):
    (tmp_path / "other.yaml").write_text("archive: other.db\n")

    assert load_settings({"MONITOR_CONFIG": str(tmp_path / "other.yaml")}).archive == "other.db"
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings({"MONITOR_CONFIG": str(tmp_path / "none.yaml")})
