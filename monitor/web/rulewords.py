"""What rule kinds and their options are called on pages; a kind without words of its own goes by its name."""

from __future__ import annotations

KINDS = {
    "match": ("Each new story", "An article that answers arrives."),
    "frequency": ("Many stories", "So many stories within a span of time."),
    "spike": ("Far more than usual", "Coverage jumps above its own level."),
    "first": ("Somebody new", "A holder, an outlet or a story seen for the first time."),
    "silence": ("Nothing comes", "Coverage that is expected is missing."),
    "stance-shift": ("A stance moves", "A holder is for where it was against, or the other way."),
    "digest": ("A digest", "Everything since the last one, at set times."),
}
OPTIONS = {
    "threshold": ("Stories", "at least"),
    "window": ("Within", "such as 6h, 3d, 1w"),
    "minimum": ("Stories", "at least"),
    "baseline": ("Compared with", "the time before, such as 2w"),
    "ratio": ("Times the usual", "such as 3"),
    "of": ("What must be new", ""),
    "memory": ("Not seen for", "such as 52w"),
    "change": ("Share moved by", "0.25 is a quarter of the stories"),
    "probability": ("How sure", "between 0.5 and 1"),
    "cron": ("When", "minute hour day month weekday; 0 6 * * mon-fri is six on working days"),
    "zone": ("Time zone", "such as Asia/Seoul"),
    "longest": ("Back at most", "such as 1w"),
    "briefing": ("With the briefing of", "a topic’s id, or empty"),
    "language": ("Language of the briefing", "such as en or ko"),
}
COMMON = {
    "cooldown": ("Then quiet for", "the same story, holder or outlet; such as 6h"),
    "min_outlets": ("Outlets", "independent ones that tell the story, at least"),
    "max_age": ("Never older than", "such as 48h"),
}
GROUPS = {"story": "a story", "holder": "a holder", "source": "an outlet"}
SEVERITIES = {"low": "Low", "normal": "Normal", "urgent": "Urgent: also in quiet hours"}


def kind_words(kind: str, meaning: str) -> tuple[str, str]:
    """The title of a kind and what makes it alert."""
    return KINDS.get(kind, (kind.replace("-", " ").capitalize(), meaning))


def option_words(name: str) -> tuple[str, str]:
    """The label of an option and how it is written."""
    return OPTIONS.get(name, (name.replace("_", " ").capitalize(), ""))
