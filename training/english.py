"""The English cross-encoder: what it is tuned on, in which order."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from training import data
from training.bundled import packed_state
from training.data import Stance
from training.encoder import CrossEncoder
from training.rounding import round_matrices
from training.stance import MAX_TOKENS, SEED, articles, english, pair, windows
from training.swaps import swapped
from training.tune import Plan, one_after_another, soft_cross_entropy, tune

NEUTRAL = data.LABELS.index("neutral")


def our_english() -> list[Stance]:
    """Our English passages and windows of articles."""
    own, _ = data.own_stance()
    return [*english(own), *english(articles("train", alone=True))]


ENGLISH_BLOCK = 64
"""Numbers that share a scale: half the scales of blocks of 32, at no loss that 500 pairs show, keep all files below 150 MB."""
ENGLISH = Plan(rate=3e-5, batch=16, max_tokens=MAX_TOKENS, frozen_layers=6, seed=SEED)


@dataclass(frozen=True)
class PublicEnglish:
    """Shuffled examples of the public English sets, to be cut into courses that share none.

    Half of `dse` takes a side. `directed` has the same sentences, those with a side in both directions: a third takes one, which
    is nearer to how seldom one name in a sentence takes a side on the other.
    """

    newsmtsc: list[Stance]
    dse: list[Stance]
    directed: list[Stance]
    perspectrum: list[Stance]
    nli: list[Stance]

    @classmethod
    def read(cls, public: Path) -> PublicEnglish:
        """The same order every time."""
        everything = data.read_dse(public / "dse" / "train.tsv")
        dse = data.sample(everything, 8000, SEED, neutral_share=0.5)
        sided = {one.text for one in dse if one.label != NEUTRAL}
        random.Random(SEED).shuffle(dse)
        return cls(
            data.sample(data.read_newsmtsc(public / "newsmtsc" / "train.jsonl"), 8000, SEED),
            dse,
            [*(one for one in everything if one.text in sided), *(one for one in dse if one.text not in sided)],
            data.sample(data.read_perspectrum(public / "perspectrum", "train", SEED), 2500, SEED),
            data.sample(data.read_nli(public / "nli_multilingual" / "multinli.train.en.tsv"), 1000, SEED),
        )

    @staticmethod
    def unread(public: Path, count: int) -> list[Stance]:
        """`count` examples of each of two sets whose texts no course holds, to calibrate on."""
        read = PublicEnglish.read(public)
        known = {example.text for example in [*read.newsmtsc, *read.dse]}
        newsmtsc, dse = data.read_newsmtsc(public / "newsmtsc" / "train.jsonl"), data.read_dse(public / "dse" / "train.tsv")
        return [
            example
            for examples in (newsmtsc, dse)
            for example in data.sample([one for one in examples if one.text not in known], count, SEED)
        ]

    def part(self, newsmtsc: slice, dse: slice, perspectrum: slice, nli: slice) -> list[Stance]:
        """One course's share."""
        return [*self.newsmtsc[newsmtsc], *self.dse[dse], *self.perspectrum[perspectrum], *self.nli[nli]]


def run_english(work: Path, public: Path, minutes: float | None = None) -> None:
    """Tune the English model: public sets first, then twice all at once (on ours alone it forgets them), then other names."""
    base, first, second = work / "bases" / "mpnet", work / "stance-en-public", work / "stance-en-all"
    sets = PublicEnglish.read(public)
    plan = replace(ENGLISH, minutes=minutes)
    if not (first / "tuned.pt").exists():
        opening = [pair(example) for example in sets.part(slice(2500), slice(2500), slice(800), slice(400))]
        tune(CrossEncoder(base, 3), [opening], replace(plan, rate=4e-5, last_rate=0.4), soft_cross_entropy, first)
    ours = our_english()
    courses = [
        [*ours, *sets.part(slice(2500, 4500), slice(2500, 4500), slice(800, 1200), slice(0))],
        [*ours, *sets.part(slice(4500, 6500), slice(4500, 6500), slice(1200, 1600), slice(0))],
    ]
    if not (second / "tuned.pt").exists():
        pairs = [[pair(example) for example in course] for course in courses]
        tune(CrossEncoder.load(base, first), pairs, plan, soft_cross_entropy, second)
    close_english(CrossEncoder.load(base, second), work, sets, minutes)


def run_english_more(work: Path, public: Path, graph: Path, packed: Path, minutes: float | None = None) -> None:
    """Tune the bundled English model on the last courses."""
    base = work / "bases" / "mpnet"
    model = CrossEncoder(base, len(data.LABELS))
    model.take_over(packed_state(graph, packed, base))
    close_english(model, work, PublicEnglish.read(public), minutes)


def close_english(model: CrossEncoder, work: Path, sets: PublicEnglish, minutes: float | None) -> None:
    """The last courses: with other names, then on weights as they are stored; then their average is settled where it is stored.

    Without other names the model goes by names: it takes South Korea for North Korea where both are named. The average is better
    than either on sets that no course holds (Wortsman et al., 2022).
    """
    base, names, stored = work / "bases" / "mpnet", work / "stance-en-names", work / "stance-en-stored"
    plan, ours = replace(ENGLISH, minutes=minutes), our_english()
    rounded = replace(plan, rounded=ENGLISH_BLOCK)
    if not (names / "tuned.pt").exists():
        course = [*ours, *swapped(ours, SEED), *sets.part(slice(5500, 8000), slice(4500, 8000), slice(1600, 2200), slice(0))]
        tune(model, [[pair(one) for one in course]], plan, soft_cross_entropy, names)
    if not (stored / "tuned.pt").exists():
        others = data.sample(swapped(ours, SEED + 1), 4000, SEED)
        course = [*ours, *others, *sets.part(slice(2000), slice(3000), slice(600), slice(0))]
        tune(CrossEncoder.load(base, names), [[pair(one) for one in course]], rounded, soft_cross_entropy, stored)
    course = [*data.sample(ours, 1500, SEED), *sets.part(slice(2000, 3500), slice(3000, 4500), slice(600, 900), slice(0))]
    middle = CrossEncoder.average(base, names, stored)
    gently = replace(rounded, rate=1e-5, head_rate=5e-5)
    tune(middle, [[pair(one) for one in course]], gently, soft_cross_entropy, work / "stance-en")


LATEST = frozenset(f"written_stance_en_{name}" for name in ("acts", "society", "concession", "irony_2", "desk"))
"""Our English files that no course before the one over everything had seen."""
FOR_LEVELS = frozenset(f"written_stance_en_{name}" for name in ("roles_2", "comments_2"))
"""Those that only the courses beside the levels have."""
DEFENDED = "written_stance_en_defended"
"""What governments say for a drill or a treaty that others attack."""
CLOSING = "written_stance_en_defended_2"
"""More of that, which only the courses' closing one and the wide ones have."""
FOR_TITLES = frozenset(f"written_stance_en_{name}" for name in ("context", "turned"))
"""Those that only the second course with titles has."""
SCENES_FOR_TITLES = "written_articles_15*", "written_articles_16*", "written_articles_19*"
"""Articles that only that course has."""
FOR_WIDE = frozenset(f"written_stance_en_{name}" for name in ("implicit_3", "implicit_4", "concession_2", "sides"))
"""Those that only the second wide course has."""
SCENES_FOR_WIDE = "written_articles_11*", "written_articles_12*"
"""Articles that only the second wide course has."""


@dataclass(frozen=True)
class OurEnglish:
    """Our English examples by where they come from."""

    for_levels: list[Stance]
    latest: list[Stance]
    closing: list[Stance]
    older: list[Stance]
    scenes: list[Stance]
    newest: list[Stance]
    for_wide: list[Stance]

    @classmethod
    def read(cls) -> OurEnglish:
        """Passages, and windows of articles (`newest` are of the last ones before the wide courses; `scenes` has them, too)."""
        for_wide = [one for name in SCENES_FOR_WIDE for one in english(windows(name, alone=True))]
        kept_apart = {one.source for one in for_wide} | FOR_WIDE
        everything = our_english()
        for_wide += [one for one in everything if one.source in FOR_WIDE]
        ours = [one for one in everything if one.source not in kept_apart]
        passages = [one for one in ours if not one.source.startswith("articles/")]
        return cls(
            [one for one in passages if one.source in FOR_LEVELS],
            [one for one in passages if one.source in LATEST],
            [one for one in passages if one.source == CLOSING],
            [one for one in passages if one.source not in {*LATEST, *FOR_LEVELS, CLOSING}],
            [one for one in ours if one.source.startswith("articles/")],
            [one for name in ("written_articles_8", "written_articles_9") for one in english(windows(f"{name}*", alone=True))],
            for_wide,
        )

    def everything(self, sets: PublicEnglish) -> list[list[Stance]]:
        """Two courses: all of it, then the latest once more."""
        passages = [*self.latest, *self.older]
        first = [
            *passages,
            *self._articles(2500, 700, SEED),
            *data.sample(swapped(passages, SEED + 2), 1200, SEED),
            *sets.part(slice(2000, 3500), slice(2000, 3500), slice(900, 1200), slice(300)),
        ]
        second = [
            *self.latest,
            *data.sample(self.older, 1200, SEED),
            *self._articles(600, 700, SEED + 1),
            *sets.part(slice(4000, 4800), slice(4000, 4800), slice(1300, 1450), slice(0)),
        ]
        return [first, second]

    def levels(self, sets: PublicEnglish) -> list[list[Stance]]:
        """Courses for what is tuned beside the levels: the latest passages, then all of them, then mostly articles."""
        others = [*self.latest, *self.older]
        first = [
            *(4 * [one for one in self.older if one.source == DEFENDED]),
            *self.latest,
            *data.sample(self.older, 2500, SEED + 3),
            *self._articles(2500, 700, SEED + 3),
            *data.sample(swapped(others, SEED + 3), 600, SEED),
            *sets.part(slice(5000, 5900), slice(5000, 5900), slice(1450, 1600), slice(0)),
        ]
        second = [
            *(2 * self.for_levels),
            *others,
            *self._articles(2500, 1000, SEED + 4),
            *data.sample(swapped(others, SEED + 4), 800, SEED),
            *sets.part(slice(5000, 8000), slice(5500, 8000), slice(1600, 2200), slice(600, 1000)),
        ]
        third = [
            *data.sample(self.scenes, 2500, SEED + 5),
            *self.newest,
            *self.for_levels,
            *data.sample(others, 1500, SEED + 5),
            *sets.part(slice(2500, 3100), slice(3000, 4200), slice(200), slice(100)),
        ]
        return [first, second, third]

    def close(self, sets: PublicEnglish) -> list[Stance]:
        """A last short course: what the mixture of courses forgot, with a little of everything."""
        return [
            *(4 * [one for one in [*self.closing, *self.older] if one.source in {DEFENDED, CLOSING}]),
            *data.sample(self.for_levels, 400, SEED + 6),
            *data.sample(self.latest, 500, SEED + 6),
            *data.sample(self.older, 600, SEED + 6),
            *self._articles(400, 300, SEED + 6),
            *sets.part(slice(3500, 3800), slice(4200, 4600), slice(1600, 1660), slice(0)),
        ]

    def wide(self, sets: PublicEnglish) -> list[list[Stance]]:
        """Two long courses over nearly all public pairs, with everything of ours, then with what was written last."""
        passages = [*self.for_levels, *self.latest, *self.older]
        first = [
            *passages,
            *self.closing,
            *self.scenes,
            *data.sample(swapped(passages, SEED + 7), 1500, SEED),
            *sets.part(slice(7000), slice(0), slice(2000), slice(500)),
            *data.sample(sets.directed, 9000, SEED + 7),
        ]
        second = [
            *self.for_wide,
            *(one for one in self.for_wide if one.source in FOR_WIDE),
            *data.sample(passages, 2500, SEED + 8),
            *self.closing,
            *data.sample(self.scenes, 1000, SEED + 8),
            *data.sample(swapped([*self.for_wide, *passages], SEED + 8), 700, SEED),
            *sets.part(slice(6000, 8000), slice(0), slice(2000, 2300), slice(0)),
            *data.sample(sets.directed, 2500, SEED + 8),
        ]
        return [first, second]

    def _articles(self, scenes: int, newest: int, seed: int) -> list[Stance]:
        return [*data.sample(self.scenes, scenes, seed), *data.sample(self.newest, newest, seed)]


def run_english_again(work: Path, public: Path, minutes: float | None = None) -> None:
    """One more course over everything, through all layers and with dropout, on weights as they are stored.

    It goes on from `stance-en`, which is kept as `stance-en-settled`.
    """
    base, settled, again = work / "bases" / "mpnet", work / "stance-en-settled", work / "stance-en-again"
    if not (settled / "tuned.pt").exists():
        (work / "stance-en").rename(settled)
    if not (again / "tuned.pt").exists():
        plan = replace(ENGLISH, frozen_layers=0, rounded=ENGLISH_BLOCK, minutes=minutes)
        courses = [[pair(one) for one in course] for course in OurEnglish.read().everything(PublicEnglish.read(public))]
        tune(CrossEncoder.load(base, settled, dropout=0.1), courses, plan, soft_cross_entropy, again)


BESIDE_LEVELS = replace(ENGLISH, frozen_layers=0, rounded=ENGLISH_BLOCK, gains=ENGLISH_BLOCK)
LEVEL_RATES = 6e-4, 6e-4, 5e-4
LEVEL_SHARES = 0.1, 0.4, 0.2, 0.3
"""What the mean and the courses from it count in the shipped model: so it does best on ours and on the public sets together."""


def beside_levels(start: Path, courses: Sequence[Sequence[Stance]], rates: Sequence[float], plan: Plan, out: Path) -> list[Path]:
    """The results of courses beside the levels, each at its rate and from the one before."""
    planned = [([pair(one) for one in course], replace(plan, rate=rate)) for course, rate in zip(courses, rates, strict=True)]
    return one_after_another(out.parent / "bases" / "mpnet", start, planned, soft_cross_entropy, out)


def run_english_levels(work: Path, public: Path, minutes: float | None = None) -> None:
    """Round the mean of the last three courses and tune what lies beside its levels; `stance-en` is a mixture of the steps.

    A course of four-bit matrices moves little, because their levels are wider than its steps. What a level is worth in each block
    of a matrix, biases and norms move freely (Kim et al., 2023; Ben Zaken et al., 2022). Between models that share
    their levels lies one that keeps what the first knew and the others learned (Wortsman et al., 2022).
    """
    base = work / "bases" / "mpnet"
    names, settled, again, mean = (work / f"stance-en-{name}" for name in ("names", "settled", "again", "mean"))
    if not (mean / "tuned.pt").exists():
        middle = CrossEncoder.average(base, names, settled, again)
        round_matrices(middle.body, ENGLISH_BLOCK)
        middle.save(mean)
    plan = replace(BESIDE_LEVELS, minutes=minutes)
    ours, sets = OurEnglish.read(), PublicEnglish.read(public)
    steps = [mean, *beside_levels(mean, ours.levels(sets), LEVEL_RATES, plan, work / "stance-en-levels")]
    mixed, closed = work / "stance-en-mixed", work / "stance-en-closed"
    CrossEncoder.average(base, *steps, shares=LEVEL_SHARES).save(mixed)
    if not (closed / "tuned.pt").exists():
        pairs = [pair(one) for one in ours.close(sets)]
        tune(CrossEncoder.load(base, mixed), [pairs], replace(plan, rate=4e-4), soft_cross_entropy, closed)
    CrossEncoder.average(base, mixed, closed).save(work / "stance-en")


WIDE_RATES = 5e-4, 4e-4
WIDE_SHARES = 0.3, 0.3, 0.4
"""What the model before and the two courses count in the shipped one: best over ours and the public sets together."""


def run_english_wide(work: Path, public: Path, minutes: float | None = None) -> None:
    """Go on beside the levels over nearly everything; `stance-en`, kept as `stance-en-levels`, becomes a mixture again."""
    base, before = work / "bases" / "mpnet", work / "stance-en-levels"
    if not (before / "tuned.pt").exists():
        (work / "stance-en").rename(before)
    courses, plan = OurEnglish.read().wide(PublicEnglish.read(public)), replace(BESIDE_LEVELS, minutes=minutes)
    steps = [before, *beside_levels(before, courses, WIDE_RATES, plan, work / "stance-en-wide")]
    CrossEncoder.average(base, *steps, shares=WIDE_SHARES).save(work / "stance-en")


TITLED = replace(BESIDE_LEVELS, max_tokens=160)
TITLED_RATES = 5e-4, 5e-4
TITLED_SHARES = 0.5, 0.25, 0.25
"""What the model before and the two courses count: best on whole articles kept apart for tuning, at little loss elsewhere."""


def titled(sets: PublicEnglish) -> list[list[Stance]]:
    """Two courses of windows as the scorer cuts them, below the title; the second has what was written last."""
    own, _ = data.own_stance()
    passages, new_passages = parted(english(own), FOR_TITLES)
    newest = {one.source for name in SCENES_FOR_TITLES for one in windows(name)}
    scenes, new_scenes = parted(english(articles("train")), newest)
    known = {(one.text, one.query) for one in scenes}
    both, _ = parted(english(articles("train", alone=True)), newest)
    alone = [one for one in both if (one.text, one.query) not in known]
    first = [*scenes, *data.sample(alone, 1200, SEED), *beside_titles(passages, sets, 3000, 500, SEED + 9)]
    second = [
        *new_scenes,
        *(2 * new_passages),
        *data.sample(scenes, 2000, SEED + 10),
        *data.sample(alone, 300, SEED + 10),
        *beside_titles(passages, sets, 2000, 300, SEED + 10),
    ]
    return [first, second]


def beside_titles(passages: Sequence[Stance], sets: PublicEnglish, count: int, with_other_names: int, seed: int) -> list[Stance]:
    """What keeps a course with titles from forgetting texts without: passages and a share of the public sets."""
    return [
        *data.sample(list(passages), count, seed),
        *data.sample(swapped(passages, seed), with_other_names, SEED),
        *data.sample(sets.newsmtsc, 1300, seed),
        *data.sample(sets.directed, 1800, seed),
        *data.sample(sets.perspectrum, 300, seed),
    ]


def parted(examples: Sequence[Stance], sources: Collection[str]) -> tuple[list[Stance], list[Stance]]:
    """Those of other sources, and those of these."""
    return [one for one in examples if one.source not in sources], [one for one in examples if one.source in sources]


def run_english_titled(work: Path, public: Path, minutes: float | None = None) -> None:
    """Go on beside the levels with titles; `stance-en`, kept as `stance-en-untitled`, becomes a mixture again."""
    base, before = work / "bases" / "mpnet", work / "stance-en-untitled"
    if not (before / "tuned.pt").exists():
        (work / "stance-en").rename(before)
    courses, plan = titled(PublicEnglish.read(public)), replace(TITLED, minutes=minutes)
    steps = [before, *beside_levels(before, courses, TITLED_RATES, plan, work / "stance-en-titled")]
    CrossEncoder.average(base, *steps, shares=TITLED_SHARES).save(work / "stance-en")
