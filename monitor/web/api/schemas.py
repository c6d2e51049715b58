"""The JSON forms of the API, made from the model's values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.model import Alert, Article, Delivery, Scores, Statement, Story


class Form(BaseModel):
    """Read from a value's attributes."""

    model_config = ConfigDict(from_attributes=True)


class EvidenceJson(Form):
    """The sentence that shows a stance; `part` sliced [start:end] equals `text`."""

    text: str
    start: int
    end: int
    part: str


class StatementJson(Form):
    """One holder's stance toward one topic in one article."""

    topic: str
    holder: str
    stance: Literal["favor", "against", "neutral"]
    confidence: float
    favor: float
    against: float
    neutral: float
    voice: Literal["outlet", "quoted"]
    is_found: bool
    article: int | None
    evidence: EvidenceJson | None

    @classmethod
    def of(cls, value: Statement) -> StatementJson:
        """The form of a statement."""
        return cls.model_validate(value)


class RelevanceJson(Form):
    """The calibrated probability that an article is about a topic."""

    topic: str
    probability: float
    is_relevant: bool


class ArticleJson(Form):
    """One article without its text."""

    id: int
    feed: str
    url: str
    title: str
    author: str
    language: str | None
    source: str
    published: datetime
    seen: datetime
    story: int | None
    tags: tuple[str, ...]
    revision: int

    @classmethod
    def of(cls, value: Article) -> ArticleJson:
        """The form of an article."""
        return cls.model_validate(value)


class WholeArticleJson(ArticleJson):
    """One article with its text and scores."""

    text: str
    model: str = ""
    relevances: tuple[RelevanceJson, ...] = ()
    statements: tuple[StatementJson, ...] = ()

    @classmethod
    def whole(cls, value: Article, scores: Scores | None) -> WholeArticleJson:
        """The form of an article and what models said of it."""
        found = cls.model_validate(value)
        if scores is None:
            return found
        said = tuple(StatementJson.of(one) for one in scores.statements)
        about = tuple(RelevanceJson.model_validate(one) for one in scores.relevances)
        return found.model_copy(update={"model": scores.model, "relevances": about, "statements": said})


class Page(BaseModel):
    """Part of a list; `next` is the cursor of the following part, or ""."""

    total: int
    next: str


class SearchJson(Page):
    """Answers of a query."""

    query: str
    articles: list[ArticleJson]
    snippets: list[str] = Field(description="One for each article; found words stand between U+0002 and U+0003.")
    facets: dict[str, dict[str, int]] = Field(default_factory=dict)


class StoryJson(Form):
    """Articles about one event."""

    id: int
    title: str
    first_published: datetime
    last_published: datetime
    outlets: int
    articles: tuple[int, ...]

    @classmethod
    def of(cls, value: Story) -> StoryJson:
        """The form of a story."""
        return cls.model_validate(value)


class DeliveryJson(Form):
    """One alert to one receiver."""

    id: str
    alert: str
    receiver: str
    state: str
    attempts: int
    due: datetime | None
    last_error: str

    @classmethod
    def of(cls, value: Delivery) -> DeliveryJson:
        """The form of a delivery."""
        return cls.model_validate(value)


class AlertJson(BaseModel):
    """A rule fired."""

    id: str
    rule: str
    group: str
    title: str
    why: str
    created: datetime
    severity: str
    story: int | None
    articles: list[int]
    statements: list[StatementJson]

    @classmethod
    def of(cls, value: Alert) -> AlertJson:
        """The form of an alert."""
        said = [StatementJson.of(one) for one in value.statements]
        names = ("id", "rule", "group", "title", "why", "created", "severity", "story")
        return cls(**{name: getattr(value, name) for name in names}, articles=list(value.articles), statements=said)


class SuppressionJson(Form):
    """An alert that did not happen."""

    rule: str
    group: str
    reason: str
    at: datetime
    article: int | None
    note: str


class SilenceJson(Form):
    """Alerts answering `query` are not sent until `until`."""

    id: int
    query: str
    until: datetime
    comment: str
    created: datetime


class NewSilence(BaseModel):
    """A silence to be added; `span` such as 4h or 7d."""

    query: str = Field(min_length=1, max_length=2000)
    span: str = "1d"
    comment: str = Field("", max_length=500)


class LabelJson(Form):
    """What somebody said of an article."""

    article: int
    label: str
    topic: str
    holder: str
    at: datetime
    author: str


class NewLabel(BaseModel):
    """A label to be given."""

    article: int
    label: Literal["relevant", "not-relevant", "wrong-stance", "favor", "against", "neutral"]
    topic: str = ""
    holder: str = ""


class SeriesJson(BaseModel):
    """A topic over time: articles a day by the stance they show, and each holder's by week (Mondays)."""

    topic: str
    articles: int
    days: dict[date, dict[str, int]]
    holders: dict[str, dict[date, dict[str, int]]]


class DraftJson(BaseModel):
    """A rules file to be checked or saved; `was` is the mark it had when it was read."""

    file: str
    text: str = Field(max_length=1_000_000)
    was: str = ""


class RuleFileJson(BaseModel):
    """A rules file as it stands; give `was` back when saving."""

    file: str
    text: str
    was: str


class ProblemsJson(BaseModel):
    """Every mistake of a draft."""

    problems: list[dict[str, Any]]


class BacktestJson(BaseModel):
    """What a rule would have done."""

    rule: str
    since: datetime
    until: datetime
    alerts: int
    per_day: dict[date, int]
    suppressed: dict[str, int]
    examples: list[AlertJson]


def listed(values: Sequence[Any], form: type[Form]) -> list[Any]:
    """Values in their JSON form."""
    return [form.model_validate(value) for value in values]
