"""Read the labelled sets into one kind of stance example, and keep held-out groups apart."""

from __future__ import annotations

import csv
import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from monitor.core.scoring.stance import AUTHOR, TOWARD, in_context
from monitor.core.words.inflections import is_wide

LABELS = ["against", "neutral", "favor"]
HELD_OUT_SHARE = 0.12
OWN = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Stance:
    """One labelled (text, holder, target); `soft` are a teacher's probabilities in the order of `LABELS`."""

    text: str
    holder: str
    target: str
    label: int
    lang: str
    source: str
    group: str = ""
    phenomenon: str = ""
    soft: tuple[float, ...] | None = None

    @property
    def query(self) -> str:
        """The second text of the pair that the model reads."""
        return stance_query(self.holder, self.target)


def stance_query(holder: str, target: str) -> str:
    """`HOLDER toward TARGET`; a holder of `-` is the text's own voice."""
    return f"{AUTHOR if holder == '-' else holder}{TOWARD}{target}"


def rows(path: Path) -> list[list[str]]:
    """The cells of a tab-separated file without quoting; comments and empty lines left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def json_lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


# --- our own passages ---


def read_own(path: Path) -> list[Stance]:
    """`group lang field text holder target label phenomenon`."""
    found = []
    for cells in rows(path):
        if len(cells) < 7 or cells[6] not in LABELS:
            continue
        group, lang, _field, text, holder, target, label = cells[:7]
        phenomenon = cells[7] if len(cells) > 7 else ""
        found.append(Stance(text, holder, target, LABELS.index(label), lang, path.stem, f"{path.stem}/{group}", phenomenon))
    return found


def clusters(examples: Iterable[Stance]) -> dict[str, str]:
    """Groups that share a text belong together: group -> the first group of its cluster."""
    parent: dict[str, str] = {}

    def find(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    by_text: dict[str, str] = {}
    for example in examples:
        first = by_text.setdefault(example.text.strip().casefold(), example.group)
        one, other = sorted((find(first), find(example.group)))
        parent[other] = one
    return {name: find(name) for name in list(parent)}


def is_held_out(cluster: str) -> bool:
    """A fixed share of clusters, chosen by a hash of the name."""
    number = int.from_bytes(hashlib.sha256(cluster.encode()).digest()[:4], "big")
    return number / 2**32 < HELD_OUT_SHARE


def own_stance() -> tuple[list[Stance], list[Stance]]:
    """Our passages: (for training, held out). Files written later only add to training."""
    first = [example for path in sorted((OWN / "own_stance").glob("*.tsv")) for example in read_own(path)]
    later = [example for path in sorted(OWN.glob("written_*.tsv")) if "relevance" not in path.stem for example in read_own(path)]
    home = clusters(first)
    held = [example for example in first if is_held_out(home[example.group])]
    held_texts = {example.text.strip().casefold() for example in held}
    train = [example for example in first if not is_held_out(home[example.group])] + later
    return [example for example in train if example.text.strip().casefold() not in held_texts], held


# --- whole articles ---


def names_of_actors(rules: Iterable[dict[str, Any]]) -> dict[str, frozenset[str]]:
    """Every name of an actor in these rules -> all names of that actor."""
    found: dict[str, frozenset[str]] = defaultdict(frozenset)
    for actor, described in ((actor, described) for one in rules for actor, described in one.get("actors", {}).items()):
        names = frozenset([actor, *map(str, described.get("aliases", []))])
        for name in names:
            found[name] |= names
    return found


SENTENCE_END = re.compile(r"(?<=[.!?…][\"”»’)])\s+|(?<=[.!?…])\s+|(?<=[。！？])|(?<=[。！？][」』”])|\n+")


def sentences(text: str) -> list[str]:
    """A plain sentence splitter, good enough to cut training windows."""
    return [part.strip() for part in SENTENCE_END.split(text) if part and part.strip()]


def as_name(name: str) -> str:
    """A pattern of a name as a whole word, where the script has words."""
    return re.escape(name) if is_wide(name) else rf"(?<!\w){re.escape(name)}(?!\w)"


def mentions(sentence: str, names: Iterable[str]) -> list[str]:
    """Those of an actor's names that the sentence has (word-bounded where the script has words)."""
    found = []
    for name in names:
        bounded = name[0].isascii() or "А" <= name[0] <= "я"
        pattern = rf"\b{re.escape(name)}" + (r"\b" if name[0].isascii() else "") if bounded else re.escape(name)
        if re.search(pattern, sentence, re.IGNORECASE):
            found.append(name)
    return found


def window(title: list[str], text: list[str], index: int) -> tuple[str, range]:
    """A sentence as the scorer cuts it, and which sentences that shows: a title above it is context and no evidence."""
    parts = [*title, *text]
    first = max(0 if index < len(title) else len(title), index - 1)
    above = " ".join(title) if index >= len(title) else ""
    return in_context(above, parts[first] if first < index else "", parts[index]), range(first, index + 1)


def article_windows(articles: list[dict[str, Any]], rules: dict[str, Any], seed: int, *, alone: bool) -> list[Stance]:
    """Windows of whole articles, labelled with the stance that the window gives evidence of.

    With `alone` there is each sentence without its context, too.
    """
    rng = random.Random(seed)
    return [
        example
        for article in articles
        for topic, stances in article["topics"].items()
        for holder, stance in stances["holders"].items()
        for example in holder_windows(article, rules, topic, holder, stance, rng, alone=alone)
    ]


def holder_windows(
    article: dict[str, Any],
    rules: dict[str, Any],
    topic: str,
    holder: str,
    stance: dict[str, Any],
    rng: random.Random,
    *,
    alone: bool,
) -> list[Stance]:
    """The windows of one holder in one article."""
    title, text = sentences(article["title"]), sentences(article["text"])
    parts = [*title, *text]
    evidence = {index for index, part in enumerate(parts) if any(part in line or line in part for line in stance["evidence"])}
    names = [holder, *map(str, rules["actors"].get(holder, {}).get("aliases", []))]
    mentioned = set() if holder == "outlet" else {index for index, part in enumerate(parts) if mentions(part, names)}
    source = f"articles/{article['id']}"
    found = {}
    for index in sorted(evidence | mentioned):
        called = "-" if holder == "outlet" else rng.choice([holder, *mentions(parts[index], names)])
        windows = [window(title, text, index)]
        if alone:
            windows.append((parts[index], range(index, index + 1)))
        for shown, places in windows:
            label = LABELS.index(stance["label"]) if evidence & set(places) else 1
            found[shown] = Stance(shown, called, rules["topics"][topic]["name"], label, article["lang"], source, source)
    return list(found.values())


# --- public sets ---


def read_newsmtsc(path: Path) -> list[Stance]:
    """Sentiment of the sentence toward a mention: the author's voice."""
    polarity = {2.0: 0, 4.0: 1, 6.0: 2}
    return [
        Stance(row["sentence_normalized"], "-", target["mention"], polarity[target["polarity"]], "en", "newsmtsc")
        for row in json_lines(path)
        for target in row["targets"]
        if target["polarity"] in polarity
    ]


def read_dse(path: Path) -> list[Stance]:
    """Both directions of every pair: the one that the label does not name is neutral."""
    found = []
    for sentence, first, second, label in (cells[:4] for cells in rows(path) if len(cells) >= 4):
        text = sentence.replace("[", "").replace("]", "")
        favor_or_against = {"0": 1, "1": 2, "2": 2, "3": 0, "4": 0}[label]
        forward = favor_or_against if label in "13" else 1
        backward = favor_or_against if label in "24" else 1
        found.append(Stance(text, first, second, forward, "en", "dse", text))
        found.append(Stance(text, second, first, backward, "en", "dse", text))
    return found


def read_rusentne(path: Path) -> tuple[list[Stance], list[Stance]]:
    """Sentiment toward an entity in Russian news: (nine tenths of the sentences, one tenth)."""
    train: list[Stance] = []
    held: list[Stance] = []
    for row in rows(path)[1:]:
        example = Stance(row[0], "-", row[1], int(row[-1]) + 1, "ru", "rusentne", row[0])
        part = int.from_bytes(hashlib.sha256(row[0].encode()).digest()[:4], "big") % 10
        (held if part == 0 else train).append(example)
    return train, held


def read_perspectrum(folder: Path, part: str, seed: int) -> list[Stance]:
    """A perspective supports or undermines a claim; with another claim it is neutral."""
    rng = random.Random(seed)
    split = json.loads((folder / "dataset_split_v1.0.json").read_text(encoding="utf-8"))
    texts = {
        item["pId"]: item["text"] for item in json.loads((folder / "perspective_pool_v1.0.json").read_text(encoding="utf-8"))
    }
    claims = [
        claim
        for claim in json.loads((folder / "perspectrum_with_answers_v1.0.json").read_text(encoding="utf-8"))
        if split.get(str(claim["cId"])) == part
    ]
    found = []
    for claim in claims:
        for perspective in claim["perspectives"]:
            label = {"SUPPORT": 2, "UNDERMINE": 0}.get(perspective["stance_label_3"])
            if label is None:
                continue
            text = texts[perspective["pids"][0]]
            found.append(Stance(text, "-", claim["text"], label, "en", "perspectrum", str(claim["cId"])))
            if rng.random() < 0.4:
                found.append(Stance(text, "-", rng.choice(claims)["text"], 1, "en", "perspectrum", str(claim["cId"])))
    return found


def read_nli(path: Path) -> list[Stance]:
    """A premise entails or contradicts a hypothesis: its author is for or against what is claimed."""
    label = {"contradictory": 0, "neutral": 1, "entailment": 2}
    return [
        Stance(premise, "-", hypothesis.rstrip(" ."), label[relation], "en", "nli", premise)
        for premise, hypothesis, relation in (cells for cells in rows(path) if len(cells) == 3)
        if relation in label
    ]


def read_vast(path: Path) -> list[Stance]:
    """Stance of a comment toward a topic (development only)."""
    label = {"AGAINST": 0, "NONE": 1, "FAVOR": 2}
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            Stance(row["Tweet"], "-", row["Target 1"], label[row["Stance 1"]], "en", "vast_dev")
            for row in csv.DictReader(stream)
            if row["Stance 1"] in label
        ]


def read_c_stance(path: Path) -> list[Stance]:
    """Stance of a Chinese post toward a target (development only)."""
    label = {"反对": 0, "中立": 1, "支持": 2}
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [
            Stance(row["Text"], "-", row["Target 1"], label[row["Stance 1"]], "zh", "c_stance_val")
            for row in csv.DictReader(stream)
            if row["Stance 1"] in label
        ]


def sample(examples: list[Stance], count: int, seed: int, neutral_share: float | None = None) -> list[Stance]:
    """A fixed random sample; `neutral_share` thins out neutral examples where a set has too many."""
    rng = random.Random(seed)
    shuffled = rng.sample(examples, len(examples))
    if neutral_share is None:
        return shuffled[:count]
    neutral = [example for example in shuffled if example.label == 1]
    other = [example for example in shuffled if example.label != 1]
    wanted = min(len(neutral), round(count * neutral_share))
    return neutral[:wanted] + other[: count - wanted]


def by_language(examples: Iterable[Stance]) -> dict[str, list[Stance]]:
    """Examples per language."""
    found: dict[str, list[Stance]] = defaultdict(list)
    for example in examples:
        found[example.lang].append(example)
    return dict(found)


def with_soft(example: Stance, probabilities: Iterable[float]) -> Stance:
    """The example with a teacher's probabilities."""
    return replace(example, soft=tuple(probabilities))
