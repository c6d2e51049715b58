"""What readers say of articles and alerts: labels for tuning, silences for what they have heard enough of."""

from __future__ import annotations

from datetime import datetime, timedelta

from monitor.core.alerts.alerting import SERVICE
from monitor.core.alerts.links import Action, Answer
from monitor.core.alerts.render import plural
from monitor.errors import InputError, NotFoundError
from monitor.model import Alert, Label, Rulebook, Stance
from monitor.ports import Archive
from monitor.services.optouts import opt_out

RELEVANT, NOT_RELEVANT, WRONG_STANCE = "relevant", "not-relevant", "wrong-stance"
KINDS = (RELEVANT, NOT_RELEVANT, WRONG_STANCE, *(str(stance) for stance in Stance))
STORY_MUTE, DAY_MUTE = timedelta(days=14), timedelta(days=1)
_OPPOSITES = {RELEVANT: NOT_RELEVANT, NOT_RELEVANT: RELEVANT}


def give_label(archive: Archive, label: Label) -> None:
    """Store what somebody said; saying the opposite takes the first word back.

    Raises:
        InputError: no such label.
        NotFoundError: no such article.
    """
    if label.label not in KINDS:
        raise InputError(f"there is no label {label.label!r}; known: {', '.join(KINDS)}")
    if not archive.articles.get([label.article]):
        raise NotFoundError(f"there is no article {label.article}")
    with archive.transaction():
        for other in _others(label.label):
            archive.labels.remove(label.article, other, label.topic, label.holder)
        archive.labels.add(label)


def take_answer(archive: Archive, rulebook: Rulebook, answer: Answer, now: datetime, *, by: str = "") -> str:
    """Do what a signed address stands for; in words, what was done. `by` is who answers, the receiver by default.

    Raises:
        NotFoundError: its alert is no longer stored.
    """
    alert = archive.alerts.get(answer.alert)
    if alert is None:
        raise NotFoundError("the alert this address speaks of is no longer stored")
    who = by or answer.receiver
    match answer.action:
        case Action.UNSUBSCRIBE:
            return _leave(archive, answer.receiver, now)
        case _ if alert.rule == SERVICE:
            return "Nothing was noted: this alert tells of the service itself, which no label and no silence changes."
        case Action.RELEVANT | Action.NOT_RELEVANT:
            kind = RELEVANT if answer.action is Action.RELEVANT else NOT_RELEVANT
            return f"Noted as {kind.replace('-', ' ')} for {plural(_label_all(archive, alert, kind, who, now), 'article')}."
        case Action.WRONG_STANCE:
            for one in alert.statements:
                if one.article is not None:
                    archive.labels.add(Label(one.article, WRONG_STANCE, one.topic, one.holder, now, who))
            return "Noted that a stance is wrong. The article's page lets you say which one, and what it should be."
        case Action.MUTE_STORY if alert.story is not None:
            archive.silences.add(f"story:{alert.story}", now + STORY_MUTE, f"muted by {who} from an alert", now)
            return "This story is silent for 14 days."
        case Action.MUTE_STORY | Action.MUTE_DAY:
            rule = rulebook.rules.get(alert.rule)
            archive.silences.add(rule.when if rule else _named(alert), now + DAY_MUTE, f"muted by {who} from an alert", now)
            return "What this rule asks for is silent for a day."


def _label_all(archive: Archive, alert: Alert, kind: str, who: str, now: datetime) -> int:
    topics = {one.topic for one in alert.statements} or {""}
    for article in alert.articles:
        for topic in topics:
            give_label(archive, Label(article, kind, topic, "", now, who))
    return len(alert.articles)


def _named(alert: Alert) -> str:
    return f"story:{alert.story}" if alert.story is not None else f"alerted:{alert.rule}"


def _leave(archive: Archive, receiver: str, now: datetime) -> str:
    """Receivers are configured in files, which a click in a letter must not change: what it says is kept beside them."""
    opt_out(archive, receiver, now)
    return f"Nothing more is sent to {receiver}. Whoever keeps this service sees it, and can let it back in."


def _others(kind: str) -> tuple[str, ...]:
    if kind in _OPPOSITES:
        return (_OPPOSITES[kind],)
    stances = tuple(str(stance) for stance in Stance)
    return tuple(stance for stance in stances if stance != kind) if kind in stances else ()
