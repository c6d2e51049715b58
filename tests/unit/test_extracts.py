"""Quotations are exact slices; what is picked differs."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.briefings.extracts import documents_in, from_evidence, is_exact, lead_of, overlap, pick, sentences_of, title_of
from monitor.model import Article, Evidence, Topic

NOW = datetime(2024, 11, 20, tzinfo=UTC)
TOPIC = Topic("t", "Freedom Edge exercise", "The exercise of three allies.", ("Freedom Edge",))


def article(text: str, title: str = "A title") -> Article:
    return Article(1, "f", "https://f.example/1", title, text, ("k",), "h", NOW, NOW)


@given(st.text(max_size=400))
def test_every_sentence_stands_where_it_says(text: str):
    made = article(text)
    assert all(is_exact(extract, made) for extract in sentences_of(made))
    assert is_exact(lead_of(made, TOPIC), made)


def test_evidence_of_an_older_revision_is_not_quoted():
    made = article("The ministry denounced the drill.")
    evidence = Evidence("The ministry denounced the drill.", 0, 33)
    assert from_evidence(made, evidence) is not None
    assert from_evidence(replace(made, text="The ministry welcomed the drill."), evidence) is None
    assert from_evidence(made, None) is None


def test_the_lead_names_the_topic():
    made = article(
        "Rain fell over the whole of the southern coast. The Freedom Edge exercise began off Jeju on Monday. Ships sailed."
    )
    assert lead_of(made, TOPIC).text.startswith("The Freedom Edge exercise")
    assert lead_of(article("Short."), TOPIC) == title_of(article("Short."))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("It cited Article 51 of the UN Charter.", ["Article 51 of the UN Charter"]),
        ("under the Comprehensive Strategic Partnership Treaty they", ["Comprehensive Strategic Partnership Treaty"]),
        ("Resolution 2270 bans this", ["Resolution 2270"]),
        ("양국은 북러조약에 서명했다", ["북러조약"]),
        ("日朝平壌宣言に署名した", ["日朝平壌宣言"]),
        ("对这一条约的后果，俄朝条约生效后", ["俄朝条约"]),
        ("nothing of the kind", []),
    ],
)
def test_documents(text: str, names: list[str]):
    assert [name for name, _, _ in documents_in(text)] == names


def whole_pick(items, scores, alike, count, balance, is_same):
    """The same choice with everything looked at: first what differs, best first, then the best of all that is left."""
    left: list[int] = []
    for at in sorted(range(len(items)), key=lambda at: -scores[at]):
        if not any(is_same(items[at], items[other]) for other in left):
            left.append(at)
    picked: list[int] = []
    while left and len(picked) < count:
        likeness = {at: max((alike(items[at], items[other]) for other in picked), default=0.0) for at in left}
        best = max(left, key=lambda at: (balance * scores[at] - (1 - balance) * likeness[at], -at))
        picked.append(best)
        left.remove(best)
    return [items[at] for at in picked]


sentences = st.lists(
    st.sampled_from(["drill", "drills", "began", "allies", "jeju", "missile", "훈련을", "시작했다"]), max_size=5
).map(" ".join)
tenths = st.integers(0, 10).map(lambda number: number / 10)


@given(st.lists(st.tuples(sentences, tenths), max_size=12), st.integers(0, 5), tenths, tenths)
def test_what_is_not_looked_at_would_not_have_been_picked(
    scored: list[tuple[str, float]], count: int, balance: float, same: float
):
    texts, scores = [text for text, _ in scored], [score for _, score in scored]

    def is_same(one: str, other: str) -> bool:
        return overlap(one, other) > same

    picked = pick(texts, scores, overlap, count, balance=balance, is_same=is_same)

    assert picked == whole_pick(texts, scores, overlap, count, balance, is_same)


def test_only_what_may_be_picked_is_compared():
    compared: list[tuple[str, str]] = []

    def is_same(one: str, other: str) -> bool:
        compared.append((one, other))
        return False

    texts = [f"word{number}" for number in range(1_000)]
    assert pick(texts, [1 - number / 1_000 for number in range(1_000)], overlap, 3, is_same=is_same) == texts[:3]
    assert len(compared) < 10


def test_what_is_picked_is_good_and_unlike():
    words = ["the drill began", "the drill began now", "rain fell in Spain"]
    assert pick(words, [1.0, 0.9, 0.5], overlap, 2) == [words[0], words[2]]
    assert pick(words, [1.0, 0.9, 0.5], overlap, 2, balance=1.0) == words[:2]
    assert pick([], [], overlap, 3) == []
