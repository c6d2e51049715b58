"""Signs the addresses in alerts with which a reader answers, and reads them back; a changed address says nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from itsdangerous import BadData, URLSafeSerializer

from monitor.core.alerts.alerting import SERVICE
from monitor.core.alerts.render import UNSUBSCRIBE
from monitor.model import Message

LIFETIME = timedelta(days=90)
PATH = "/feedback/"


class Action(StrEnum):
    """What a reader can say of an alert."""

    RELEVANT = "relevant"
    NOT_RELEVANT = "not relevant"
    WRONG_STANCE = "wrong stance"
    MUTE_STORY = "mute story"
    MUTE_DAY = "mute a day"
    UNSUBSCRIBE = UNSUBSCRIBE


LABELS = {
    Action.RELEVANT: "Relevant",
    Action.NOT_RELEVANT: "Not relevant",
    Action.WRONG_STANCE: "Wrong stance",
    Action.MUTE_STORY: "Mute this story",
    Action.MUTE_DAY: "Mute for a day",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a signed address stands for."""

    action: Action
    alert: str
    rule: str
    receiver: str
    thread: str
    at: datetime


class Signer:
    """Makes and reads signed tokens with one secret key."""

    def __init__(self, key: str) -> None:
        """Take the key that signs; at least 16 characters.

        Raises:
            ValueError: the key is too short to keep anything safe.
        """
        if len(key) < 16:  # noqa: PLR2004
            raise ValueError("the key that signs links needs at least 16 characters")
        self._serializer = URLSafeSerializer(key, salt="monitor.feedback")

    def token(self, answer: Answer) -> str:
        """The answer as a URL-safe token."""
        values = {**asdict(answer), "action": str(answer.action), "at": int(answer.at.timestamp())}
        return str(self._serializer.dumps(list(values.values())))

    def read(self, token: str, now: datetime) -> Answer | None:
        """The answer a token stands for, or None when it was changed, was never ours, or is older than its lifetime."""
        try:
            action, alert, rule, receiver, thread, at = self._serializer.loads(token)
            answer = Answer(Action(action), str(alert), str(rule), str(receiver), str(thread), datetime.fromtimestamp(at, UTC))
        except (BadData, ValueError, TypeError, OverflowError):
            return None
        return answer if answer.at <= now <= answer.at + LIFETIME else None


def links(message: Message, public_url: str, signer: Signer) -> tuple[tuple[str, str], ...]:
    """(label, address) for each thing a reader of this message can do, the alert's page first and unsubscribing last."""
    base = public_url.rstrip("/")

    def address(action: Action) -> str:
        answer = Answer(action, message.alert, message.rule, message.receiver, message.thread, message.created)
        return f"{base}{PATH}{signer.token(answer)}"

    given = tuple((LABELS[action], address(action)) for action in answers(message))
    return (("Open", f"{base}/alerts/{message.alert}"), *given, (str(Action.UNSUBSCRIBE), address(Action.UNSUBSCRIBE)))


def answers(message: Message) -> tuple[Action, ...]:
    """What a reader can answer to this message.

    What tells many alerts together is answered on each alert's own page; what tells of the service itself, by mending it.
    """
    if message.told or message.rule == SERVICE:
        return ()
    return tuple(action for action in LABELS if message.positions or action is not Action.WRONG_STANCE)
