"""Made-up articles and queries, and storing them in any archive: what the property tests of searching share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from monitor.model import Alert, Article, Label, Relevance, Scores, Severity, Stance, Statement, Voice
from monitor.ports import Archive
from tests.query_reference import Document

NOW = datetime(2024, 11, 15, 12, 0, tzinfo=UTC)
WORDS = [
    "missile",
    "missiles",
    "drill",
    "news",
    "new",
    "북한",
    "북한이",
    "핵",
    "北朝鮮",
    "live-fire",
    "café",
    "U.S.",
    "🚀",
    "live",
    "fire",
]
TOPICS = ["edge", "chips"]
HOLDERS = ["Japan", "China", "outlet"]
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
times = st.integers(0, 200).map(lambda hours: NOW - timedelta(hours=hours))
shares = st.sampled_from([0.0, 0.2, 0.5, 0.7, 0.8, 1.0])


@st.composite
def said(draw) -> Statement:
    stance = draw(st.sampled_from(list(Stance)))
    high = draw(st.sampled_from([0.4, 0.7, 0.9]))
    share = dict.fromkeys(Stance, (1 - high) / 2) | {stance: high}
    return Statement(
        draw(st.sampled_from(TOPICS)),
        draw(st.sampled_from(HOLDERS)),
        stance,
        share[Stance.FAVOR],
        share[Stance.AGAINST],
        share[Stance.NEUTRAL],
        draw(st.sampled_from(list(Voice))),
        None,
        is_found=draw(st.booleans()),
    )


@st.composite
def documents(draw) -> Document:
    language = draw(st.sampled_from(["en", "de", "ko", "zh-Hant", None]))
    source = draw(st.sampled_from(["reuters.com", "yna.co.kr"]))
    article = Article(
        id=0,
        feed=draw(st.sampled_from(["yonhap-en", "yonhap-ko", "reuters"])),
        url="",
        title=draw(texts),
        text=draw(texts),
        keys=(),
        content_hash="",
        published=draw(times),
        seen=draw(times),
        author=draw(st.sampled_from(["", "Jane Doe", "Doe Jane", "missile"])),
        language=language,
        source=source,
        tags=tuple(draw(st.sets(st.sampled_from(["wire", "asia"])))),
    )
    relevances = tuple(Relevance(topic, draw(shares), draw(st.booleans())) for topic in draw(st.sets(st.sampled_from(TOPICS))))
    scores = Scores(0, "", "m", None, relevances, tuple(draw(st.lists(said(), max_size=3))))
    return Document(article, draw(st.sampled_from([None, scores])))


def quoted(text: str) -> str:
    return f'"{text}"'


word = st.sampled_from(WORDS)
comparison = st.sampled_from([">=", "<=", ">", "<"])
clause = st.one_of(
    word,
    word.map(quoted),
    st.tuples(word, word).map(" ".join).map(quoted),
    st.sampled_from(["mis*", "북*", "new*", "*", '"live fi"*', "fire-new*"]),
    st.tuples(st.sampled_from(["title", "text"]), word).map(":".join),
    st.sampled_from(["author:jane", 'author:"doe jane"', "author:d*", "title:/miss?ile/", "text:/^new/"]),
    st.sampled_from(["lang:en", "lang:zh", "feed:yonhap*", "feed:reuters", "tag:wire", "source:*.kr", "source:reuters.com"]),
    st.tuples(st.sampled_from(["published", "seen"]), comparison, st.sampled_from(["2024-11-10", "7d", "today", "36h"])).map(
        "".join
    ),
    st.sampled_from(["published:2024-11-12", "seen:yesterday", "published:3d", "outlets>=2", "outlets:1", "story>=1"]),
    st.sampled_from([f"topic:{topic}" for topic in [*TOPICS, "*"]] + [f"holder:{holder}" for holder in [*HOLDERS, "*"]]),
    st.sampled_from(["stance:favor", "stance:against", "stance:neutral", "voice:quoted", "voice:outlet"]),
    st.sampled_from(
        ["stance:(favor OR against)", "(holder:Japan OR holder:China)", "topic:edge stance:favor", "relevance:0.2..0.7"]
    ),
    st.tuples(st.sampled_from(["relevance", "confidence"]), comparison, st.sampled_from(["0.2", "0.5", "0.7", "80%"])).map(
        "".join
    ),
    st.sampled_from(["label:relevant", "alerted:yes", "alerted:no", "alerted:rule", "alerted>=2d", "severity:urgent"]),
)
queries = st.recursive(
    clause,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(" ".join),
        st.tuples(inner, inner).map(" OR ".join),
        inner.map("({})".format),
        inner.map("-({})".format),
        inner.map("NOT {}".format),
    ),
    max_leaves=6,
)


def store(archive: Archive, given: list[Document]) -> list[Document]:
    """Store documents, two of three in one story, the first labelled and alerted; as the archive now holds them."""
    numbers = archive.articles.add([replace(one.article, keys=(str(n),)) for n, one in enumerate(given)])
    alert = Alert("a", "rule", "g", "t", "w", NOW - timedelta(hours=30), Severity.URGENT, (numbers[0],))
    label = Label(numbers[0], "relevant", "", "", NOW)
    archive.alerts.plan([(alert, [])], [])
    archive.labels.add(label)
    archive.scores.save([replace(one.scores, article=number) for number, one in zip(numbers, given, strict=True) if one.scores])
    story = archive.stories.join(numbers[0], None)
    told = [number for number in numbers if number % 3 != 0]
    for number in told:
        archive.stories.join(number, story)
    outlets = {one.id: one.outlets for one in archive.stories.get([story])}
    return [
        replace(
            one,
            article=stored,
            outlets=outlets.get(stored.story or 0, 1),
            labels=[label] if stored.id == numbers[0] else [],
            alerts=[alert] if stored.id == numbers[0] else [],
        )
        for one, stored in zip(given, archive.articles.get(numbers), strict=True)
    ]
