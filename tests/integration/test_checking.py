"""`monitor check` and `monitor doctor`: every mistake of a configuration at once, and each thing looked at for itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.app import App, open_app
from monitor.errors import ConfigError
from monitor.services.checking import check_configuration, examine
from tests.tinymodels import WIDTH, make_weights
from tests.webstage import RULES, stage


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk", scorer={"kind": "onnx", "weights": str(tmp_path / "weights"), "threads": 1}) as made:
        yield made


def test_a_sound_configuration_is_counted(app: App):
    assert check_configuration(app) == {"feeds": 2, "topics": 1, "actors": 2, "rules": 2, "receivers": 1}


def test_every_mistake_of_a_file_is_told_and_each_once(tmp_path: Path):
    with stage(tmp_path / "feeds", is_filled=False) as wrong_feeds:
        wrong_feeds.settings.feeds.write_text(
            "feeds:\n  - {id: a, name: A, url: 'gopher://a/'}\n  - {name: B, url: 'gopher://b/'}\n"
        )
        assert lines(wrong_feeds) == ["feeds.yaml:2", "feeds.yaml:3"]

    with stage(tmp_path / "rules", is_filled=False) as wrong_rules:
        rules = RULES.replace("stance:against", "stance:angry").replace("[desk]", "[dsk]")
        (wrong_rules.settings.rules / "desk.yaml").write_text(rules)
        assert lines(wrong_rules) == ["desk.yaml:13", "desk.yaml:14"]


def test_mistakes_of_rules_are_told_beside_those_of_feeds(tmp_path: Path):
    with stage(tmp_path, is_filled=False) as wrong:
        wrong.settings.feeds.write_text("feeds:\n  - {id: a, name: A, url: 'gopher://a/'}\n")
        (wrong.settings.rules / "desk.yaml").write_text(RULES.replace("[desk]", "[dsk]"))
        assert lines(wrong) == ["desk.yaml:14", "feeds.yaml:2"]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("fetcher: {alow: [x]}", "1:11: unknown key 'alow' (did you mean allow?)"),
        ("fetcher: {per_host: 0}", "1:21: per_host: Input should be greater than or equal to 1"),
        ("allow: [10.0.0.0/99]", "1:8: allow: "),
        ("scorer: {kind: onnx, thread: 2}", "1:22: unknown key 'thread' (did you mean threads?)"),
        ("queue: {poll_second: 5}", "1:9: unknown key 'poll_second' (did you mean poll_seconds?)"),
        ("channels:\n  email: {hots: x}", "2:11: unknown key 'hots' (did you mean host?)"),
        ("channels:\n  slack: {timezone: Soul}", "2:21: timezone: "),
        ("archive: {path: x.db, synchronos: full}", "1:23: unknown key 'synchronos' (did you mean synchronous?)"),
        (
            "public_url: monitor.example.org",
            "1:13: public_url: 'monitor.example.org' is not a web address; write https://monitor.example.org",
        ),
        ("public_url: ftp://monitor.example.org", "1:13: public_url: 'ftp://monitor.example.org' is not a web address"),
        ("operator: dsk", "1:11: operator: there is no receiver 'dsk' (did you mean desk?)"),
    ],
)
def test_a_wrong_setting_is_told_with_its_place_and_nothing_is_opened(tmp_path: Path, settings: str, told: str):
    with stage(tmp_path / "desk", is_filled=False):
        pass
    file = tmp_path / "desk/monitor.yaml"
    file.write_text(f"{settings}\nfeeds: {tmp_path}/desk/feeds.yaml\nrules: {tmp_path}/desk/rules\n")

    with pytest.raises(ConfigError) as caught, open_app(environment={}, file=file) as app:
        check_configuration(app)

    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{file}:{told}")
    assert [path.name for path in (tmp_path / "desk").glob("*.db*")] == []


def test_what_receivers_inherit_is_wrong_once_and_may_be_incomplete(tmp_path: Path):
    rules = "receivers:\n  desk: {kind: email, to: desk@example.org}\n"
    with opened(tmp_path / "wrong", rules, "channels: {email: {hots: x}}") as app:
        assert lines(app) == ["monitor.yaml:1"]
    with opened(tmp_path / "right", rules, "channels: {email: {host: mx.example}, slack: {timezone: Asia/Seoul}}") as app:
        assert check_configuration(app)["receivers"] == 1


def test_an_inherited_mistake_hides_none_of_a_receivers_own_and_is_told_once_for_all_of_its_kind(tmp_path: Path):
    rules = """receivers:
  one: {kind: email, to: desk@example.org}
  two: {kind: email, to: desk@example.org}
  own: {kind: email, to: desk@example.org, hots: y}
"""
    with opened(tmp_path, rules, "channels: {email: {hots: x}}") as app:
        assert lines(app) == ["desk.yaml:4", "monitor.yaml:1"]
        with pytest.raises(ConfigError) as caught:
            _ = app.rulebook
        assert [Path(one.file).name for one in caught.value.problems] == ["monitor.yaml", "desk.yaml"]


UNBUILT = """receivers:
  desk: {kind: console}
  mail:
    kind: email
    to: desk@example.org
    username: desk
    password: {env: NO_SUCH_PASSWORD}
    text: "{% oops %}"
  chat: {kind: slack, webhook: {file: /no/such/secret}}
  phones: {kind: apprise, url: {value: "syslog://"}}
"""


# Apprise loads a module of Python that is going away; it has its own replacement for the day.
@pytest.mark.filterwarnings("ignore:.imghdr. is deprecated:DeprecationWarning")
def test_all_that_keeps_receivers_from_being_built_is_told_with_its_place(tmp_path: Path):
    with opened(tmp_path, UNBUILT) as app:
        with pytest.raises(ConfigError) as caught:
            check_configuration(app)
        with pytest.raises(ConfigError) as at_start:
            app.prepare()
        with pytest.raises(ConfigError) as in_ci:
            check_configuration(app, without_secrets=True)
        (seen,) = (one.seen for one in examine(app) if one.name == "receivers")

    told = [str(one).partition("rules/")[2] for one in caught.value.problems]
    assert told == [
        "desk.yaml:7:15: receiver mail: environment variable NO_SUCH_PASSWORD is not set (export NO_SUCH_PASSWORD=… and start again)",
        "desk.yaml:4:5: receiver mail: the receiver's own alert.txt template is wrong in line 1: Encountered unknown tag 'oops'.",
        "desk.yaml:9:32: receiver chat: secret file /no/such/secret cannot be read: No such file or directory",
        "desk.yaml:10:11: receiver phones: syslog:// acts on this machine; use kind: file or console instead",
    ]
    assert at_start.value.problems == caught.value.problems
    assert in_ci.value.problems == (caught.value.problems[1], caught.value.problems[3])
    assert seen == str(caught.value)


def test_a_missing_secret_that_receivers_inherit_is_told_once_where_it_is_named(tmp_path: Path):
    rules = "receivers:\n" + "".join(f"  {name}: {{kind: email, to: desk@example.org}}\n" for name in ("one", "two"))
    settings = "channels:\n  email: {username: desk, password: {env: NO_SUCH_PASSWORD}}"
    with opened(tmp_path, rules, settings) as app:
        assert lines(app) == ["monitor.yaml:2"]
        assert check_configuration(app, without_secrets=True)["receivers"] == 2


def test_feeds_that_are_missing_are_told_once(tmp_path: Path):
    with stage(tmp_path / "desk", is_filled=False) as made:
        made.settings.feeds.unlink()
        found = {one.name: one for one in examine(made)}

    assert "name another with --feeds" in found["feeds"].seen
    assert [name for name, one in found.items() if "feeds.yaml" in one.seen] == ["feeds"]
    assert (found["rules"].is_well, found["receivers"].is_well) == (True, True)


@contextmanager
def opened(root: Path, rules: str, settings: str = "") -> Iterator[App]:
    """A service on these rules and settings; it has no archive yet."""
    with stage(root, is_filled=False):
        pass
    (root / "rules/desk.yaml").write_text(rules)
    file = root / "monitor.yaml"
    where = f"feeds: {root}/feeds.yaml\nrules: {root}/rules\narchive: {root}/none.db\noutbox: {root}/outbox\n"
    file.write_text(f"{settings}\n{where}")
    with open_app(environment={}, file=file, if_missing="empty") as app:
        yield app


def lines(app: App) -> list[str]:
    """Where the mistakes stand."""
    with pytest.raises(ConfigError) as caught:
        check_configuration(app)
    return sorted(f"{Path(problem.file).name}:{problem.line}" for problem in caught.value.problems)


def test_each_thing_is_looked_at_whatever_is_wrong_with_the_others(app: App, tmp_path: Path):
    (app.settings.rules / "desk.yaml").write_text(RULES.replace("[desk]", "[dsk]"))

    found = {one.name: one for one in examine(app)}

    assert [name for name, one in found.items() if not one.is_well] == ["rules", "receivers", "model"]
    assert "dsk" in found["rules"].seen
    assert found["receivers"].seen == "not looked at while the rules are wrong"
    assert found["rules"].remedy.startswith("mend the lines named")
    assert str(tmp_path / "weights") in found["model"].seen
    assert (found["feeds"].seen, found["archive"].seen) == (f"2 feeds in {app.settings.feeds}", "6 articles")


def test_a_service_that_would_run_is_well_in_every_respect(app: App, tmp_path: Path):
    make_weights(tmp_path / "weights")

    found = {one.name: one.seen for one in examine(app) if one.is_well}

    assert len(found) == 8
    assert found["model"] == f"revision tiny-1, {WIDTH} dimensions"
    assert (found["receivers"], found["rules"]) == (
        "1 receivers in use",
        f"2 rules on 1 topics and 2 actors in {app.settings.rules}",
    )


def test_an_archive_that_is_not_there_yet_is_not_called_sound(tmp_path: Path):
    with opened(tmp_path, RULES) as app:
        found = {one.name: one for one in examine(app)}

    assert (found["integrity"].is_well, found["integrity"].seen) == (True, "nothing to check yet")
    assert not (tmp_path / "none.db").exists()


def test_without_receivers_it_is_said_where_alerts_go(app: App):
    (app.settings.rules / "desk.yaml").write_text(RULES.replace("    notify: [desk]\n", ""))

    assert next(one.seen for one in examine(app) if one.name == "receivers").startswith("none configured: alerts are printed")
