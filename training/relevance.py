"""The second look at relevance: which pairs of topic and article it is tuned on, and how it is joined with cosine and aliases."""

from __future__ import annotations

import csv
import hashlib
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from monitor.core.scoring.relevance import FEATURES as KNOWN
from monitor.core.scoring.relevance import READ_ON, across_scripts, passages_of
from monitor.core.words.inflections import is_wide
from training import data
from training.data import OWN

SEED = 7
LEAD = 1000
HELD_OUT_FOLDS = 6
LATER = re.compile(r"^(?:data)?written_\w+_\d")
EASY_PER_ITEM = 0.3

SIB_LANGUAGES = {
    "eng_Latn": "en",
    "kor_Hang": "ko",
    "jpn_Jpan": "ja",
    "zho_Hans": "zh",
    "rus_Cyrl": "ru",
    "deu_Latn": "de",
    "fra_Latn": "fr",
    "spa_Latn": "es",
    "arb_Arab": "ar",
}


@dataclass(frozen=True)
class Topic:
    """A topic as rules describe it."""

    key: str
    name: str
    description: str = ""
    aliases: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the models read."""
        also = f" Also: {', '.join(self.aliases)}" if self.aliases else ""
        examples = f" Examples: {' '.join(self.examples)}" if self.examples else ""
        return f"{self.name}. {self.description}{also}{examples}"


@dataclass(frozen=True)
class Item:
    """One labelled (topic, article)."""

    topic: Topic
    title: str
    text: str
    label: int
    lang: str
    source: str

    @property
    def article(self) -> str:
        """What the models read: title and lead."""
        return article_text(self.title, self.text)

    @property
    def passages(self) -> list[str]:
        """What they read beside it, where the text is long."""
        return passages_of(self.text)


def article_text(title: str, text: str) -> str:
    """Title and lead."""
    return f"{title}. {text[:LEAD]}"


def read_topics(path: Path, prefix: str) -> dict[str, Topic]:
    """Topics in the rules' own form."""
    found = {}
    for key, value in yaml.safe_load(path.read_text(encoding="utf-8"))["topics"].items():
        aliases, examples = tuple(map(str, value.get("aliases", []))), tuple(map(str, value.get("examples", [])))
        found[key] = Topic(f"{prefix}/{key}", str(value.get("name", key)), str(value.get("description", "")), aliases, examples)
    return found


def read_items(path: Path, topics_path: Path) -> list[Item]:
    """`topic label lang title text`."""
    topics = read_topics(topics_path, topics_path.stem)
    return [Item(topics[c[0]], c[3], c[4], int(c[1]), c[2], path.stem) for c in data.rows(path) if len(c) >= 5 and c[0] in topics]


def article_items(articles: Path, rules: Path) -> list[Item]:
    """What whole articles are about, and what they are not about."""
    topics = read_topics(rules, articles.parent.name + articles.stem)
    found = []
    for article in data.json_lines(articles):
        for label, keys in ((1, article["about"]), (0, article.get("not_about", []))):
            found += [Item(topics[key], article["title"], article["text"], label, article["lang"], "articles") for key in keys]
    return found


def desk_items(pattern: str) -> list[Item]:
    """Whole articles of these files against every topic of their desk, as the service asks: about it, or not."""
    found = []
    for path, rules in with_rules(pattern):
        topics = read_topics(rules, path.stem)
        for article in data.json_lines(path):
            title, text, lang = (article[key] for key in ("title", "text", "lang"))
            found += [Item(topic, title, text, int(key in article["about"]), lang, "desk") for key, topic in topics.items()]
    return found


def with_rules(pattern: str) -> list[tuple[Path, Path]]:
    """Files written later, each with its file of topics."""
    found = []
    for path in sorted(OWN.glob(pattern)):
        beside = [path.with_name(f"{path.stem}{ending}.yaml") for ending in ("", "_rules", "_topics")]
        found += [(path, rules) for rules in beside if rules.exists()][:1]
    return found


def all_items() -> list[Item]:
    """Everything of ours that says whether an article is about a topic."""
    found = read_items(OWN / "own_relevance" / "relevance.tsv", OWN / "own_relevance" / "topics.yaml")
    found += article_items(OWN / "own_articles" / "train" / "articles.jsonl", OWN / "own_articles" / "train" / "rules.yaml")
    for path, topics in with_rules("written_relevance*.tsv"):
        found += read_items(path, topics)
    for path, rules in with_rules("written_articles*.jsonl"):
        found += article_items(path, rules)
    return found


def is_held_out(topic: Topic) -> bool:
    """Every sixth topic of the first files, chosen by a hash, is kept for calibration; numbered files only add to training."""
    if LATER.search(topic.key):
        return False
    return int.from_bytes(hashlib.sha256(topic.key.encode()).digest()[:4], "big") % HELD_OUT_FOLDS == 0


def easy_negatives(items: Sequence[Item], seed: int) -> list[Item]:
    """Articles of other topics, for every second item."""
    rng = random.Random(seed)
    topics = list({item.topic.key: item.topic for item in items}.values())
    found = []
    for item in items:
        if item.label == 1 and rng.random() < EASY_PER_ITEM:
            other = rng.choice([topic for topic in topics if topic.key != item.topic.key])
            found.append(Item(other, item.title, item.text, 0, item.lang, "easy"))
    return found


def read_sib(folder: Path, per_language: int, seed: int) -> list[Item]:
    """Broad topics: a sentence is about its own category and not about another one."""
    rng = random.Random(seed)
    found = []
    for name, lang in SIB_LANGUAGES.items():
        with (folder / name / "train.tsv").open(encoding="utf-8", newline="") as stream:
            table = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
        categories = sorted({row["category"] for row in table})
        for row in rng.sample(table, per_language):
            other = rng.choice([category for category in categories if category != row["category"]])
            title, text = "", row["text"]
            for category, label in ((row["category"], 1), (other, 0)):
                found.append(Item(Topic(f"sib/{category}", category.capitalize()), title, text, label, lang, "sib200"))
    return found


def training_items(public: Path) -> list[Item]:
    """What the second look is tuned on."""
    own = [item for item in all_items() if not is_held_out(item.topic)]
    return [*own, *easy_negatives(own, SEED), *read_sib(public / "sib200", 10, SEED)]


# --- alias features ---

FIRST = 400


def counts(name: str) -> bool:
    """Long enough to mean something: three letters, or two of the scripts that write words in a character or two."""
    return len(name) >= (2 if is_wide(name) else 3)


def has_name(text: str, names: Iterable[str]) -> float:
    """1.0 if any of the names is found, case-folded, as a whole word where the script has words."""
    folded = text.casefold()
    return float(any(re.search(data.as_name(name.casefold()), folded) for name in filter(counts, names)))


def alias_features(item: Item) -> list[float]:
    """Found in the title, in the lead, anywhere."""
    names = [item.topic.name, *item.topic.aliases]
    return [has_name(item.title, names), has_name(item.text[:FIRST], names), has_name(item.text, names)]


def features(item: Item, cosine: float, logit: float) -> list[float]:
    """In the order of the manifest."""
    across = across_scripts([(item.title, item.text)], [item.topic.text])
    return [cosine, logit, *alias_features(item), float(across[0, 0])]


FEATURES = list(KNOWN[:READ_ON])


def described(items: Sequence[Item]) -> dict[str, Any]:
    """Numbers for the model card."""
    return {"items": len(items), "topics": len({item.topic.key for item in items}), "positive": sum(item.label for item in items)}
