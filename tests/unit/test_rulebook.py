"""Rule files: every bad one under tests/data/rules/bad names its line and says what is meant; good ones become values."""

import time
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.config.rulebook import load_rulebook
from monitor.errors import ConfigError
from monitor.model import Severity

BAD = sorted((Path(__file__).parents[1] / "data/rules/bad").glob("*.yaml"))


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_rule_file_names_its_line_and_its_remedy(path: Path):
    line, _, expected = path.read_text().splitlines()[0].removeprefix("# ").partition(": ")
    message, _, hint = expected.partition(" | ")

    with pytest.raises(ConfigError) as caught:
        load_rulebook(path)

    problem = caught.value.problems[0]
    assert message in problem.message
    assert hint in problem.hint
    assert not line or problem.line == int(line)
    assert problem.file == str(path)


@pytest.mark.parametrize("name", ["alias-bomb", "deep-nesting", "python-tag"])
def test_a_bomb_is_refused_within_a_second_of_computing(name: str):
    (path,) = [bad for bad in BAD if bad.stem == name]
    began = time.process_time()

    with pytest.raises(ConfigError):
        load_rulebook(path)

    assert time.process_time() - began < 1


def test_all_mistakes_of_all_files_come_at_once(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("topics:\n  one: {}\n")
    (tmp_path / "b.yaml").write_text("rules:\n  two: {when: x, notify: [nobody]}\n  three: {kind: match}\n")

    with pytest.raises(ConfigError) as caught:
        load_rulebook(tmp_path)

    assert sorted(Path(problem.file).name for problem in caught.value.problems) == ["a.yaml", "b.yaml", "b.yaml"]


def test_what_a_file_that_cannot_be_read_may_define_is_not_missed(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("topics: {toll: {name: Toll}\n")
    (tmp_path / "b.yaml").write_text(
        "rules:\n  two: {when: 'topic:toll holder:Sylvania', notify: [desk], kind: digest, briefing: toll}\n  three: {when: '('}\n"
    )

    with pytest.raises(ConfigError) as caught:
        load_rulebook(tmp_path)

    assert [(Path(one.file).name, one.line) for one in caught.value.problems] == [("a.yaml", 2), ("b.yaml", 3)]


def test_a_name_defined_in_two_files_names_both_places(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("topics:\n  one: {name: One}\n")
    (tmp_path / "b.yaml").write_text("topics:\n  one: {name: One}\n")

    with pytest.raises(ConfigError, match=r"b\.yaml:2:3: topic 'one' is defined twice; first at .*a\.yaml:2"):
        load_rulebook(tmp_path)


def test_a_rulebook_becomes_values(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text(
        """
topics:
  drills: {name: Freedom Edge, aliases: [프리덤 에지], threshold: 0.6, keep: 2y}
actors:
  North Korea: {aliases: [Pyongyang]}
  Japan:
rules:
  condemn:
    title: Pyongyang condemns
    when: topic:drills holder:"North Korea" stance:against
    notify: [desk]
    cooldown: 6h
    severity: urgent
  many: {when: topic:drills, kind: frequency, threshold: 5, window: 1d}
receivers:
  desk: {kind: console, quiet_hours: "22:00-06:00 Asia/Seoul"}
"""
    )

    book = load_rulebook(tmp_path)

    assert book.topics["drills"].threshold == 0.6
    assert book.topics["drills"].keep == timedelta(days=730)
    assert book.actors["Japan"].aliases == ()
    assert book.rules["condemn"].cooldown == timedelta(hours=6)
    assert book.rules["condemn"].severity is Severity.URGENT
    assert book.rules["many"].options.threshold == 5
    assert book.rules["many"].options.window == timedelta(days=1)
    assert book.receivers["desk"].quiet_hours == ("22:00", "06:00", "Asia/Seoul")


def test_receivers_inherit_what_the_settings_say_of_their_kind(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text("receivers:\n  desk: {kind: email, to: [desk@example.org]}\n")

    channels = {"email": {"host": "smtp.example.org", "sender": "monitor@example.org"}}
    book = load_rulebook(tmp_path, channels=channels)

    assert book.receivers["desk"].config.host == "smtp.example.org"


def test_no_and_times_stay_what_people_wrote(tmp_path: Path):
    (tmp_path / "rules.yaml").write_text("topics:\n  norway: {name: no, aliases: [yes, 12:30:00]}\n")

    topic = load_rulebook(tmp_path).topics["norway"]

    assert topic.name == "no"
    assert topic.aliases == ("yes", "12:30:00")


def test_an_empty_place_says_what_to_do(tmp_path: Path):
    with pytest.raises(ConfigError, match="no rules here .*create a .yaml file"):
        load_rulebook(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("topics: [a, b]\n", "topics must be a mapping of names"),
        ("receivers:\n  desk: someone\n", "must be a mapping with kind:"),
        ("receivers:\n  desk: {kind: email, host: mx}\n", "'to' is missing"),
        ("rules:\n  one: {when: x, kind: digest, briefing: drils}\ntopics:\n  drills: {name: D}\n", "there is no topic 'drils'"),
        ("rules:\n  one: {when: x, kind: spike, minimum: 0}\n", "minimum above zero"),
        ("rules:\n  one: {when: x, kind: digest, cron: 0 6 30 2 *}\n", "names a day that never comes"),
        ("rules:\n  one: {when: x, notify: [dsk]}\nreceivers:\n  desk: {kind: console}\n", "there is no receiver 'dsk'"),
    ],
)
def test_what_is_wrong_within_a_section_is_told(tmp_path: Path, text: str, message: str):
    (tmp_path / "rules.yaml").write_text(text)

    with pytest.raises(ConfigError) as caught:
        load_rulebook(tmp_path)

    assert [message in problem.message for problem in caught.value.problems] == [True]
