"""Passages with other countries in the same parts: who speaks of whom must be read, it cannot be known from the names."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from training.data import Stance

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
