"""A small archive of invented outlets on two topics, with stances as a good model would give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from monitor.archives import sqlite
from monitor.model import (
    OUTLET,
    Actor,
    Article,
    Evidence,
    Feed,
    Relevance,
    Rulebook,
    Scores,
    Stance,
    Statement,
    Topic,
    Vector,
    Voice,
)
from monitor.ports import Archive
from monitor.services.stories import assign_stories

NOW = datetime(2024, 11, 20, 12, tzinfo=UTC)
DRILLS = Topic(
    "freedom-edge",
    "Freedom Edge exercise",
    "The trilateral military exercise of the United States, Japan and South Korea, and what is said about it.",
    ("Freedom Edge", "프리덤 에지", "フリーダム・エッジ", "自由边缘"),
)
PACT = Topic("pact", "Russia–North Korea pact", "The partnership treaty of Russia and North Korea.", ("북러 조약",))
NAMES = ("United States", "Japan", "South Korea", "North Korea", "China", "Russia", "Ukraine")
RULEBOOK = Rulebook(
    topics={"freedom-edge": DRILLS, "pact": PACT},
    actors={
        "United States": Actor("United States", ("U.S.", "Washington", "Pentagon", "미국", "米国")),
        "Japan": Actor("Japan", ("Tokyo", "일본", "日本")),
        "South Korea": Actor("South Korea", ("Seoul", "한국", "韓国")),
        "North Korea": Actor("North Korea", ("Pyongyang", "북한", "北朝鮮", "KCNA", "Kim Yo Jong")),
        "China": Actor("China", ("Beijing", "中国", "중국")),
        "Russia": Actor("Russia", ("Moscow", "Kremlin", "러시아")),
        "Ukraine": Actor("Ukraine", ("Kyiv",)),
    },
    rules={},
    receivers={},
)
F, A, N = Stance.FAVOR, Stance.AGAINST, Stance.NEUTRAL


@dataclass(frozen=True)
class Told:
    """An article and what it shows: (holder, stance, confidence, evidence)."""

    days: float
    event: int
    source: str
    language: str
    title: str
    text: str
    said: Sequence[tuple[str, Stance, float, str]] = ()
    topic: str = "freedom-edge"


TOLD = (
    Told(-40, 1, "meridian.example", "en", "Allies plan a second Freedom Edge drill before winter",
         "The United States, Japan and South Korea will hold their second Freedom Edge exercise before winter, officials in Washington said. "
         "China's foreign ministry said it had taken note of the plan and would watch it.",
         [("United States", F, 0.82, "The United States, Japan and South Korea will hold their second Freedom Edge exercise before winter, officials in Washington said."),
          ("China", N, 0.7, "China's foreign ministry said it had taken note of the plan and would watch it.")]),
    Told(-38, 2, "strait-observer.example", "en", "Beijing stays cool on allied drills",
         "A spokesman in Beijing declined to criticise the drills planned by Washington, Tokyo and Seoul. China hopes all sides keep the peninsula calm, he said.",
         [("China", N, 0.74, "China hopes all sides keep the peninsula calm, he said.")]),
    Told(-7, 3, "meridian.example", "en", "Three allies open second round of Freedom Edge off Jeju",
         "The United States, Japan and South Korea on Wednesday opened Freedom Edge, a three-day exercise in the air, at sea and in cyberspace, off Jeju Island. "
         "The carrier USS George Washington leads seven warships and 40 aircraft. "
         '"This exercise makes all three of us safer," a Pentagon spokesman said. '
         "Japan's defence minister called the drill indispensable for deterrence. "
         "The Freedom Edge exercise is a multi-domain drill that the three agreed on at Camp David in August 2023.",
         [("United States", F, 0.95, '"This exercise makes all three of us safer," a Pentagon spokesman said.'),
          ("Japan", F, 0.93, "Japan's defence minister called the drill indispensable for deterrence.")]),
    Told(-7, 3, "hanbit.example", "ko", "한미일, 제주 남방서 두 번째 '프리덤 에지' 훈련 시작",
         "한국과 미국, 일본이 13일 제주 남방 공해상에서 두 번째 프리덤 에지 훈련을 시작했다. "
         '합동참모본부는 "훈련은 한반도와 지역의 평화를 지키는 데 꼭 필요하다"고 강조했다. '
         "항공모함 조지워싱턴함 등 함정 7척과 항공기 40여 대가 참가했다.",
         [("South Korea", F, 0.94, '합동참모본부는 "훈련은 한반도와 지역의 평화를 지키는 데 꼭 필요하다"고 강조했다.')]),
    Told(-6.8, 3, "minato.example", "ja", "日米韓、2回目の「フリーダム・エッジ」開始",
         "日本、米国、韓国は13日、済州島の南方で2回目のフリーダム・エッジを始めた。防衛相は「抑止力のために不可欠な訓練だ」と述べた。艦艇7隻が参加している。",
         [("Japan", F, 0.91, "防衛相は「抑止力のために不可欠な訓練だ」と述べた。")]),
    Told(-6.7, 3, "coast-mirror.example", "en", "Three allies open second round of Freedom Edge off Jeju",
         "The United States, Japan and South Korea on Wednesday opened Freedom Edge, a three-day exercise in the air, at sea and in cyberspace, off Jeju Island. "
         "The carrier USS George Washington leads seven warships and 40 aircraft. "
         '"This exercise makes all three of us safer," a Pentagon spokesman said. '
         "Japan's defence minister called the drill indispensable for deterrence. "
         "The Freedom Edge exercise is a multi-domain drill that the three agreed on at Camp David in August 2023. Subscribe to our newsletter.",
         [("United States", F, 0.94, '"This exercise makes all three of us safer," a Pentagon spokesman said.')]),
    Told(-5, 4, "taedong.example", "en", "Reckless war drill will bring a price, ministry warns",
         "The Foreign Ministry of the DPRK on Friday denounced the Freedom Edge drill as a rehearsal for invasion. "
         '"The United States and its followers are building an Asian NATO and will pay for it," the ministry said. '
         "Pyongyang cited Article 51 of the UN Charter and its Comprehensive Strategic Partnership Treaty with Russia.",
         [("North Korea", A, 0.97, "The Foreign Ministry of the DPRK on Friday denounced the Freedom Edge drill as a rehearsal for invasion."),
          (OUTLET, A, 0.8, '"The United States and its followers are building an Asian NATO and will pay for it," the ministry said.')]),
    Told(-4.9, 4, "meridian.example", "en", "North Korea denounces allied drill as rehearsal for invasion",
         "North Korea's foreign ministry denounced the three-day Freedom Edge drill as a rehearsal for invasion and an Asian NATO in the making. "
         '"Nobody is preparing to invade anybody," the Pentagon answered. '
         "It was the third statement from Pyongyang in 10 days.",
         [("North Korea", A, 0.96, "North Korea's foreign ministry denounced the three-day Freedom Edge drill as a rehearsal for invasion and an Asian NATO in the making."),
          ("United States", F, 0.7, '"Nobody is preparing to invade anybody," the Pentagon answered.')]),
    Told(-4.8, 4, "hanbit.example", "ko", '북한 외무성 "프리덤 에지는 침략 예행연습" 비난',
         '북한 외무성이 15일 담화를 내고 프리덤 에지 훈련을 "침략을 위한 예행연습"이라고 비난했다. 통일부는 적반하장이라며 유감을 표했다.',
         [("North Korea", A, 0.95, '북한 외무성이 15일 담화를 내고 프리덤 에지 훈련을 "침략을 위한 예행연습"이라고 비난했다.'),
          ("South Korea", F, 0.66, "통일부는 적반하장이라며 유감을 표했다.")]),
    Told(-3, 5, "strait-observer.example", "en", "China urges restraint after drills, then sharpens its tone",
         "China opposes any bloc that fuels confrontation in its neighbourhood, a spokesman said on Sunday when asked about Freedom Edge. "
         "He named the drill a danger to peace.",
         [("China", A, 0.88, "China opposes any bloc that fuels confrontation in its neighbourhood, a spokesman said on Sunday when asked about Freedom Edge.")]),
    Told(-2.5, 6, "jianghai.example", "zh", "社评：美日韩联合军演加剧地区紧张",
         '美日韩"自由边缘"联合演习加剧了地区紧张局势。中国外交部发言人表示，中方坚决反对针对第三方的军事集团。',
         [("China", A, 0.9, "中国外交部发言人表示，中方坚决反对针对第三方的军事集团。"), (OUTLET, A, 0.85, '美日韩"自由边缘"联合演习加剧了地区紧张局势。')]),
    Told(-2, 7, "neva.example", "en", "Moscow sees Freedom Edge as pressure on its Far East",
         "Russia's foreign ministry said Freedom Edge puts pressure on the Russian Far East. The ministry did not say what Moscow would do.",
         [("Russia", A, 0.86, "Russia's foreign ministry said Freedom Edge puts pressure on the Russian Far East.")]),
    Told(-1.5, 8, "pacific-ledger.example", "en", "Three navies wind up drill; Kyiv thanks Tokyo for other help",
         "Freedom Edge ended on Friday after 1,200 sorties and dives, the U.S. Indo-Pacific Command said in its Exercise Report. "
         "Ukraine thanked Japan for generators on the same day and said nothing of the drill.",
         [("United States", N, 0.6, "Freedom Edge ended on Friday after 1,200 sorties and dives, the U.S. Indo-Pacific Command said in its Exercise Report.")]),
    Told(-1, 9, "dnipro.example", "en", "Kyiv calls Russia-North Korea treaty a pact of aggressors",
         "Ukraine's foreign ministry called the Comprehensive Strategic Partnership Treaty a pact of aggressors.",
         [("Ukraine", A, 0.96, "Ukraine's foreign ministry called the Comprehensive Strategic Partnership Treaty a pact of aggressors.")], "pact"),
)  # fmt: skip


def vector(event: int, number: int) -> Vector:
    """Vectors of one event lie close together, of two events as far apart as news of one field does."""
    field, own, noise = (np.random.default_rng(seed).standard_normal(384) for seed in (1, 100 + event, 1000 + number))
    mixed = 1.3 * field + 0.8 * own + 0.35 * noise
    return (mixed / np.linalg.norm(mixed)).astype(np.float32)


def open_newsroom(path: str = ":memory:", told: Sequence[Told] = TOLD) -> Archive:
    """The archive with everything collected, scored and joined to stories."""
    archive: Archive = sqlite.build(sqlite.Config(path=path))
    archive.feeds.configure([Feed(source, f"https://{source}/feed", source) for source in sorted({one.source for one in told})])
    for number, one in enumerate(told, 1):
        when = NOW + timedelta(days=one.days)
        url = f"https://{one.source}/{number}"
        made = Article(0, one.source, url, one.title, one.text, (url,), url, when, when, language=one.language, source=one.source)
        (stored,) = archive.articles.add([made])
        embedding = vector(one.event, number)
        archive.scores.save([_scores(stored, one, embedding)])
        with archive.transaction():
            assign_stories(archive.articles.get([stored]), {stored: embedding}, archive)
    return archive


def _scores(article: int, one: Told, embedding: Vector) -> Scores:
    statements = tuple(_statement(one, *said) for said in one.said)
    return Scores(article, one.language, "test", embedding, (Relevance(one.topic, 0.97, is_relevant=True),), statements)


def _statement(one: Told, holder: str, stance: Stance, confidence: float, words: str) -> Statement:
    start = one.text.index(words)
    rest = (1 - confidence) / 2
    odds = {kind: confidence if kind is stance else rest for kind in Stance}
    voice = Voice.OUTLET if holder == OUTLET else Voice.QUOTED
    evidence = Evidence(words, start, start + len(words))
    return Statement(one.topic, holder, stance, odds[F], odds[A], odds[N], voice, evidence)
