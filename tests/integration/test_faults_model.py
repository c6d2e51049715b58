"""A model that is gone, answers nonsense or hangs: rules on words still alert, articles wait unscored and are scored later."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from monitor.app import App, open_app
from monitor.clock import FixedClock
from monitor.errors import ScorerError
from monitor.model import Article, Feed
from monitor.scorers._punctual import PunctualScorer
from monitor.scorers.onnx import Config as ScorerConfig
from monitor.scorers.onnx import build as build_scorer
from monitor.services.analyse import ATTEMPTS
from monitor.worker import Worker
from tests.tinymodels import make_weights, write_manifest

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = """
topics: {tax: {name: the tax, aliases: [tax]}}
actors: {Japan: {}}
rules: {words: {when: tax, cooldown: 1m}}
"""


@dataclass
class Desk:
    """A worker on an archive with two fresh articles, and the folder its model lies in."""

    worker: Worker
    clock: FixedClock
    weights: Path

    def bring(self, number: int) -> None:
        made = Article(
            id=0, feed="wire", url="", title=f"The tax, part {number}", text="The author said Japan opposes the tax.",
            keys=(f"k{number}",), content_hash=str(number), published=self.clock.now(), seen=self.clock.now(),
            source="wire.example", language="en",
        )  # fmt: skip
        self.worker.app.archive.articles.add([made])

    def unscored(self) -> int:
        scores = [self.worker.app.archive.scores.get(number) for number in range(1, 100)]
        return sum(bool(score.error) for score in scores if score is not None)


@contextmanager
def desk_with(tmp_path: Path, weights: Path, **worker: object) -> Iterator[Desk]:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "feeds.yaml").write_text("feeds: []\n")
    flags = {
        "feeds": tmp_path / "feeds.yaml", "rules": tmp_path / "rules.yaml", "archive": ":memory:", "outbox": tmp_path / "outbox",
        "scorer": {"kind": "onnx", "weights": str(weights), "threads": 1}, "worker": worker,
    }  # fmt: skip
    clock = FixedClock(NOW)
    with open_app(flags, environment={}, clock=clock) as app:
        made = Worker(app)
        app.archive.feeds.configure([Feed("wire", "https://wire.example/", "Wire")])
        yield Desk(made, clock, weights)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return make_weights(tmp_path / "weights")


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"!")


def answering_nan(folder: Path) -> None:
    shutil.rmtree(folder)
    make_weights(folder, broken="nan")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "stance.onnx").unlink(), "cannot be read"),
        (lambda folder: changed(folder / "embedding.onnx"), "is not that of revision"),
        (answering_nan, "not a number"),
    ],
    ids=["missing", "changed", "nan"],
)
def test_50_words_alert_without_a_model_and_scores_follow_when_it_is_back(tmp_path: Path, weights: Path, damage, reason: str):
    kept = tmp_path / "kept"
    shutil.copytree(weights, kept)
    damage(weights)
    with desk_with(tmp_path, weights) as desk:
        desk.bring(1)
        report = desk.worker.analyse()
        assert (report.scored, report.unscored, report.alerts) == (0, 1, 1)
        assert reason in desk.worker.app.archive.scores.get(1).error
        told = [alert.title for alert in desk.worker.app.archive.alerts.recent(NOW, rule="service")]
        assert told == ["1 article could not be scored"]

        for _ in range(ATTEMPTS * 2):  # an outage far longer than a poison article is borne with
            desk.clock.advance(timedelta(minutes=5))
            desk.worker.rescue()
            desk.worker.analyse()
        assert desk.unscored() == 1

        shutil.rmtree(weights)
        shutil.copytree(kept, weights)
        desk.worker.app.__dict__.pop("scorer", None)
        desk.worker.rescue()
        again = desk.worker.analyse()

        assert (again.scored, again.unscored, again.alerts) == (1, 0, 0)
        assert desk.unscored() == 0


class Hanging:
    """A scorer that does not come back from a question until it is let go."""

    def __init__(self, sound) -> None:
        self.sound, self.go_on = sound, threading.Event()
        self.limits, self.revision, self.relevance = sound.limits, sound.revision, sound.relevance
        self.second_look, self.stance = sound.second_look, sound.stance
        self.asked = 0

    def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> np.ndarray:
        self.asked += 1
        self.go_on.wait(60)
        return self.sound.embed(texts, as_topics=as_topics)


def test_51_a_hanging_model_costs_one_wait_and_its_articles_are_scored_later(tmp_path: Path, weights: Path):
    hanging = Hanging(build_scorer(ScorerConfig(weights=weights, threads=1)))
    with desk_with(tmp_path, weights) as desk:
        app: App = desk.worker.app
        app.__dict__["scorer"] = PunctualScorer(hanging, 0.05)
        for number in (1, 2, 3):
            desk.bring(number)

        report = desk.worker.analyse()
        assert (report.unscored, report.alerts) == (3, 3)
        assert hanging.asked == 1

        hanging.go_on.set()
        app.scorer._hanging.join(30)
        app.scorer._seconds = 60
        desk.worker.rescue()
        again = desk.worker.analyse()

        assert (again.scored, again.unscored, again.alerts) == (3, 0, 0)


def test_51_what_a_model_says_and_how_it_fails_pass_through(weights: Path):
    inner = build_scorer(ScorerConfig(weights=weights, threads=1))
    punctual = PunctualScorer(inner, 60)
    assert np.array_equal(punctual.embed(["the tax"]), inner.embed(["the tax"]))
    assert punctual.stance([("Japan opposes the tax", "Japan toward tax")], ["en"]).argmax() == 0
    write_manifest(weights, stance=[])
    broken = PunctualScorer(build_scorer(ScorerConfig(weights=weights, threads=1)), 60)
    with pytest.raises(ScorerError, match="no stance model serves"):
        broken.stance([("a", "b")], ["en"])


def test_52_an_article_the_model_cannot_read_is_set_aside_and_the_rest_proceed(tmp_path: Path, weights: Path):
    sound = build_scorer(ScorerConfig(weights=weights, threads=1))

    class Choking(Hanging):
        def embed(self, texts: Sequence[str], *, as_topics: bool = False) -> np.ndarray:
            if any("part 1" in text for text in texts):
                raise ScorerError("the model choked")
            return self.sound.embed(texts, as_topics=as_topics)

    with desk_with(tmp_path, weights) as desk:
        desk.worker.app.__dict__["scorer"] = Choking(sound)
        for number in (1, 2):
            desk.bring(number)
        first = desk.worker.analyse()
        assert (first.scored, first.unscored) == (1, 1)
        for _ in range(ATTEMPTS):
            desk.worker.rescue()
            desk.worker.analyse()

        assert desk.worker.app.archive.stats()["quarantined"] == 1
        desk.worker.rescue()
        assert desk.worker.analyse().unscored == 0
