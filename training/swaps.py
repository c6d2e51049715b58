"""Passages with other names in the same parts: who speaks of whom must be read, it cannot be known from the names.

`swapped` puts other countries into English passages; `exchanged` lets two holders of a passage change places, in any language.
"""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from training.data import Stance, as_name

COUNTRIES = (
    ("North Korea", "Pyongyang", "North Korean", "North Koreans"),
    ("South Korea", "Seoul", "South Korean", "South Koreans"),
    ("the United States", "Washington", "American", "Americans"),
    ("Japan", "Tokyo", "Japanese", "Japanese"),
    ("China", "Beijing", "Chinese", "Chinese"),
    ("Russia", "Moscow", "Russian", "Russians"),
    ("Ukraine", "Kyiv", "Ukrainian", "Ukrainians"),
    ("Germany", "Berlin", "German", "Germans"),
    ("France", "Paris", "French", "French"),
    ("Poland", "Warsaw", "Polish", "Poles"),
    ("Iran", "Tehran", "Iranian", "Iranians"),
    ("Turkey", "Ankara", "Turkish", "Turks"),
    ("India", "New Delhi", "Indian", "Indians"),
    ("Norway", "Oslo", "Norwegian", "Norwegians"),
    ("Brazil", "Brasilia", "Brazilian", "Brazilians"),
    ("Egypt", "Cairo", "Egyptian", "Egyptians"),
    ("Vietnam", "Hanoi", "Vietnamese", "Vietnamese"),
    ("Kenya", "Nairobi", "Kenyan", "Kenyans"),
    ("Hungary", "Budapest", "Hungarian", "Hungarians"),
    ("Sweden", "Stockholm", "Swedish", "Swedes"),
    ("Britain", "London", "British", "Britons"),
    ("Israel", "Jerusalem", "Israeli", "Israelis"),
    ("Italy", "Rome", "Italian", "Italians"),
    ("Spain", "Madrid", "Spanish", "Spaniards"),
    ("Canada", "Ottawa", "Canadian", "Canadians"),
    ("Australia", "Canberra", "Australian", "Australians"),
    ("Indonesia", "Jakarta", "Indonesian", "Indonesians"),
    ("the Philippines", "Manila", "Philippine", "Filipinos"),
    ("Taiwan", "Taipei", "Taiwanese", "Taiwanese"),
    ("Mongolia", "Ulaanbaatar", "Mongolian", "Mongolians"),
    ("Serbia", "Belgrade", "Serbian", "Serbs"),
    ("Greece", "Athens", "Greek", "Greeks"),
    ("the Netherlands", "The Hague", "Dutch", "Dutch"),
    ("Finland", "Helsinki", "Finnish", "Finns"),
    ("Denmark", "Copenhagen", "Danish", "Danes"),
    ("Chile", "Santiago", "Chilean", "Chileans"),
    ("Argentina", "Buenos Aires", "Argentine", "Argentines"),
    ("Pakistan", "Islamabad", "Pakistani", "Pakistanis"),
    ("Saudi Arabia", "Riyadh", "Saudi", "Saudis"),
    ("Ethiopia", "Addis Ababa", "Ethiopian", "Ethiopians"),
    ("Nigeria", "Abuja", "Nigerian", "Nigerians"),
    ("Lithuania", "Vilnius", "Lithuanian", "Lithuanians"),
    ("Austria", "Vienna", "Austrian", "Austrians"),
    ("Belgium", "Brussels", "Belgian", "Belgians"),
    ("Thailand", "Bangkok", "Thai", "Thais"),
)
KOREAS = (0, 1)
KOREAS_SHARE = 0.5
FORMS = {
    form.removeprefix("the "): (place, number)
    for place, names in enumerate(COUNTRIES)
    for number, form in reversed([*enumerate(names)])  # "French" is rather the adjective than the people
}
FORM = re.compile(r"\b([Tt]he )?(" + "|".join(sorted(map(re.escape, FORMS), key=len, reverse=True)) + r")\b")


def countries_in(text: str) -> set[int]:
    """Which of the countries a text names, in any form."""
    return {FORMS[found[2]][0] for found in FORM.finditer(text)}


def renamed(text: str, parts: dict[int, int]) -> str:
    """The text with every country in the part of another, each form by the same form."""

    def other(found: re.Match[str]) -> str:
        place, number = FORMS[found[2]]
        name = COUNTRIES[parts[place]][number]
        if number:
            return (found[1] or "") + name
        is_first = found[1] == "The " or text[: found.start()].rstrip()[-1:] in {"", ".", "?", "!"}
        return name[0].upper() + name[1:] if is_first else name

    return FORM.sub(other, text)


def swapped(examples: Iterable[Stance], seed: int) -> list[Stance]:
    """A renamed version of each passage that names a country, two where it names several; half are about the two Koreas."""
    rng = random.Random(seed)
    return [
        replace(example, text=text, holder=holder, target=target)
        for example in examples
        if (named := sorted(countries_in(example.text) | countries_in(example.holder)))
        for text, holder, target in (renamings(example, named, rng) for _ in named[:2])
    ]


def renamings(example: Stance, named: Sequence[int], rng: random.Random) -> tuple[str, str, str]:
    """Text, holder and target with the same new names."""
    chosen = rng.sample(range(len(COUNTRIES)), len(named))
    if rng.random() < KOREAS_SHARE:
        chosen = [*rng.sample(KOREAS, 2), *[place for place in chosen if place not in KOREAS]][: len(named)]
        rng.shuffle(chosen)
    parts = dict(zip(named, chosen, strict=True)) | {place: place for place in countries_in(example.target) - set(named)}
    return renamed(example.text, parts), renamed(example.holder, parts), renamed(example.target, parts)


# --- holders that change places ---

PARTICLES = {"은": "는", "이": "가", "을": "를", "과": "와"}
"""Korean particles after a consonant, and after a vowel."""
AFTER_EITHER = {form: pair for pair in PARTICLES.items() for form in pair}
PARTICLE = re.compile(rf"[{''.join(AFTER_EITHER)}](?![가-힣])")
FIRST_SYLLABLE, FINALS = ord("가"), 28


def exchanged(examples: Iterable[Stance], names: Mapping[str, frozenset[str]]) -> list[Stance]:
    """Each passage in which two holders stand by the name they are asked by, once more for every two, in each other's place.

    Whoever took A's side now takes B's. Left out: passages whose targets name one of the two, as what is held would change, too,
    and those that call one by another name as well (`names`: a name -> all names of its actor), which would stay behind.
    """
    passages: dict[str, list[Stance]] = defaultdict(list)
    for example in examples:
        passages[example.text].append(example)
    return [
        replace(example, text=text, holder=other if example.holder == one else one)
        for passage, asked in passages.items()
        for one, other in combinations(sorted({example.holder for example in asked}), 2)
        if can_change_places(one, other, asked) and not any(has_other_name(passage, name, names) for name in (one, other))
        for text in (in_each_others_place(passage, one, other),)
        for example in asked
        if example.holder in {one, other}
    ]


def can_change_places(one: str, other: str, asked: Sequence[Stance]) -> bool:
    """Whether both stand in the passage, apart from each other and from every target."""
    passage = asked[0].text
    return (
        all(re.search(as_name(name), passage) for name in (one, other))
        and one not in other
        and other not in one
        and not any(name in example.target for name in (one, other) for example in asked)
    )


def has_other_name(passage: str, name: str, names: Mapping[str, frozenset[str]]) -> bool:
    """Whether the passage calls the actor of that name by another name, too."""
    rest = re.sub(as_name(name), " ", passage)
    return any(re.search(as_name(other), rest) for other in names.get(name, ()))


def in_each_others_place(passage: str, one: str, other: str) -> str:
    """The passage with the two names exchanged, Korean particles after them as the new name wants them."""
    parts = re.split(f"({as_name(one)}|{as_name(other)})", passage)
    for place in range(1, len(parts), 2):
        parts[place] = other if parts[place] == one else one
        parts[place + 1] = after(parts[place], parts[place + 1])
    return "".join(parts)


def after(name: str, rest: str) -> str:
    """What follows a name, with its Korean particle in the form that fits the name."""
    number = ord(name[-1]) - FIRST_SYLLABLE
    found = PARTICLE.match(rest)
    if not found or not 0 <= number < len(range(FIRST_SYLLABLE, ord("힣") + 1)):
        return rest
    with_final, with_vowel = AFTER_EITHER[found[0]]
    return (with_final if number % FINALS else with_vowel) + rest[1:]
