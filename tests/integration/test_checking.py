"""`monitor check` and `monitor doctor`: every mistake of a configuration at once, and each thing looked at for itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.app import App
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


def test_without_receivers_it_is_said_where_alerts_go(app: App):
    (app.settings.rules / "desk.yaml").write_text(RULES.replace("    notify: [desk]\n", ""))

    assert next(one.seen for one in examine(app) if one.name == "receivers").startswith("none configured: alerts are printed")
