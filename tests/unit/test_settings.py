"""Settings: flags over environment over file over defaults; secrets from files."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    # A kind may be called as secrets are elsewhere.
    given = {"MONITOR_CHANNELS__WEBHOOK": "{timeout_seconds: 5}", "MONITOR_CHANNELS__SLACK__WEBHOOK": "https://hooks.example/T"}
    assert load_settings(given).channels == {
        "webhook": {"timeout_seconds": 5},
        "slack": {"webhook": {"value": "https://hooks.example/T"}},
    }


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


@pytest.mark.parametrize("text", ["- archive: db/monitor.db\n", "archive\n"])
def test_a_file_without_keys_is_told(tmp_path: Path, text: str):
    file = tmp_path / "monitor.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"monitor\.yaml(:1:1)?: settings are keys with values.*one setting a line"):
        load_settings({}, {}, file)


def test_own_network_may_be_listed_with_commas():
    assert load_settings({"MONITOR_ALLOW": "10.0.0.0/8, feeds.lan"}).allow == ("10.0.0.0/8", "feeds.lan")


def test_words_of_the_environment_become_what_they_say():
    settings = load_settings(
        {
            "MONITOR_WEB__ENABLED": "FALSE",
            "MONITOR_KEEP": "{wire: 30d}",
            "MONITOR_TEST_POSTGRES": "x",
            "MONITOR_REWRITE_KEY": "x",
            "PATH": "/bin",
        }
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


FILE = "worker: {batch: 64}\nweb:\n  port: 8321\n"


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        (FILE, {"MONITOR_WORKER__BATCH": "0"}, "MONITOR_WORKER__BATCH: worker.batch: Input should be"),
        ("", {"MONITOR_WORKER__BATCH": "0"}, "MONITOR_WORKER__BATCH: worker.batch: Input should be"),
        (FILE, {"MONITOR_WORKER": "{batch: 0}"}, "MONITOR_WORKER: worker.batch: Input should be"),
        (FILE, {"MONITOR_WORKER__BACH": "9"}, "MONITOR_WORKER__BACH: unknown key 'bach'"),
        (FILE, {"MONITOR_WEB__PROXIES": "mx.lan"}, "MONITOR_WEB__PROXIES: web.proxies: 'mx.lan' is neither"),
        ("", {"MONITOR_WEB__USER_HEADER": "X-User"}, "MONITOR_WEB__USER_HEADER: web: user_header needs proxies"),
        (FILE, {"MONITOR_KEEP": "{wire: }"}, "MONITOR_KEEP: keep.wire"),
        ("worker: {batch: 0}\n", {"MONITOR_WORKER": "{storm: 7}"}, "FILE:1:17: worker.batch: Input should be"),
        ("worker: {batch: 0}\n", {"MONITOR_WORKER__STORM": "7"}, "FILE:1:17: worker.batch: Input should be"),
        (
            "web: {user_header: X-User}\n",
            {"MONITOR_WEB__HOST": "::1", "MONITOR_WEB__PORT": "0"},
            r"FILE:1:6: web: user_header needs proxies.*\(parts of it are set by MONITOR_WEB__HOST, MONITOR_WEB__PORT\)",
        ),
    ],
)
def test_a_mistake_is_placed_where_it_was_made(tmp_path: Path, text: str, environment: dict[str, str], expected: str):
    file = tmp_path / "monitor.yaml"
    file.write_text(text)

    with pytest.raises(ConfigError, match=f"^{expected.replace('FILE', str(file))}"):
        load_settings(environment, file=file)


def test_a_mistake_outside_of_files_names_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "batch").write_text("0\n")

    with pytest.raises(ConfigError, match=r"^MONITOR_WORKER__BATCH_FILE: worker\.batch"):
        load_settings({"MONITOR_WORKER__BATCH_FILE": str(tmp_path / "batch")})
    with pytest.raises(ConfigError, match="^MONITOR_KEEP:1:"):
        load_settings({"MONITOR_KEEP": "{wire: "})
    with pytest.raises(ConfigError, match="^--public-url: public_url: Input should be a valid string"):
        load_settings({"MONITOR_PUBLIC_URL": "https://desk.example"}, {"public_url": 7})


LAYERS = {
    "MONITOR_WORKER": lambda batch: {"environment": {"MONITOR_WORKER": f"{{batch: {batch}, storm: 3}}"}},
    "MONITOR_WORKER__BATCH": lambda batch: {"environment": {"MONITOR_WORKER__BATCH": str(batch)}},
    "--worker": lambda batch: {"flags": {"worker": {"batch": batch}}},
}


@given(st.dictionaries(st.sampled_from(list(LAYERS)), st.integers(0, 1), min_size=1))
def test_whoever_has_the_last_word_is_blamed_and_nobody_else(batches: dict[str, int]):
    given_layers = [LAYERS[name](batches[name]) for name in LAYERS if name in batches]
    environment = {key: value for layer in given_layers for key, value in layer.get("environment", {}).items()}
    flags = {key: value for layer in given_layers for key, value in layer.get("flags", {}).items()}
    last = [name for name in LAYERS if name in batches][-1]
    if batches[last]:
        assert load_settings(environment, flags).worker.batch == 1
        return
    with pytest.raises(ConfigError) as caught:
        load_settings(environment, flags)
    assert [problem.file for problem in caught.value.problems] == [last]
