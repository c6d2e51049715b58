"""What every kind of channel keeps: its example is valid, it delivers, it takes whatever strangers write, it never raises."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from monitor import kinds
from monitor.model import Message
from monitor.ports import Channel
from tests.messages import hostile, message
from tests.postoffice import post_office, web_desk

# Apprise loads a module of Python's that is going away; it has its own replacement for the day.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ALLOW = ("127.0.0.1",)
KINDS = ("apprise", "console", "email", "file", "slack", "slack-bot", "webhook")
"""Every kind, and Slack's second way."""


@dataclass
class Subject:
    """A channel, how many messages its far side has taken, and a channel of the kind whose far side is not there."""

    channel: Channel
    taken: Callable[[], int]
    nowhere: Channel | None


def made(kind: str, **config: Any) -> Channel:
    module = kinds.load("channel", kind)
    channel: Channel = module.build(module.Config.model_validate(config), allow=ALLOW)
    return channel


@pytest.fixture(params=KINDS)
def subject(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Subject]:
    with ExitStack() as stack:
        yield MAKERS[request.param](stack, tmp_path)


def email(stack: ExitStack, _: Path) -> Subject:
    office = stack.enter_context(post_office())
    config = {"to": ["desk@example.org"], "host": "127.0.0.1", "security": "none", "timeout_seconds": 5}
    return Subject(made("email", **config, port=office.port), lambda: len(office.letters), made("email", **config, port=1))


def slack(stack: ExitStack, _: Path) -> Subject:
    desk = stack.enter_context(web_desk())
    return Subject(
        made("slack", webhook={"value": desk.url()}), lambda: len(desk.accepted), made("slack", webhook="http://127.0.0.1:1/x")
    )


def slack_bot(stack: ExitStack, _: Path) -> Subject:
    desk = stack.enter_context(web_desk(accept=lambda *_: (200, {}, b'{"ok": true, "channel": "C1", "ts": "1.2"}')))
    config = {"token": "xoxb-1", "channel": "C1"}
    return Subject(
        made("slack", **config, api_url=desk.url("/api/")),
        lambda: len(desk.accepted),
        made("slack", **config, api_url="http://127.0.0.1:1/api/"),
    )


def webhook(stack: ExitStack, _: Path) -> Subject:
    desk = stack.enter_context(web_desk())
    return Subject(made("webhook", url=desk.url()), lambda: len(desk.accepted), made("webhook", url="http://127.0.0.1:1/"))


def apprise(stack: ExitStack, _: Path) -> Subject:
    desk = stack.enter_context(web_desk())
    url = f"json://127.0.0.1:{desk.port}/hook"
    return Subject(made("apprise", url={"value": url}), lambda: len(desk.accepted), made("apprise", url="json://127.0.0.1:1/"))


def console(_stack: ExitStack, _: Path) -> Subject:
    module, out, shut = kinds.load("channel", "console"), io.StringIO(), io.StringIO()
    shut.close()
    return Subject(
        module.build(module.Config(), stream=out),
        lambda: out.getvalue().count("Why:"),
        module.build(module.Config(), stream=shut),
    )


def file(_stack: ExitStack, place: Path) -> Subject:
    (place / "taken").write_text("not a directory")
    here = place / "outbox"
    return Subject(
        made("file", directory=str(here)),
        lambda: len(list(here.glob("*.json"))),
        made("file", directory=str(place / "taken")),
    )


MAKERS = {
    "apprise": apprise, "console": console, "email": email, "file": file, "slack": slack, "slack-bot": slack_bot, "webhook": webhook,
}  # fmt: skip


def test_every_kind_is_tested():
    assert set(kinds.names("channel")) <= set(KINDS)


@pytest.mark.parametrize("kind", kinds.names("channel"))
def test_the_example_is_valid_plain_and_frozen(kind: str):
    module = kinds.load("channel", kind)
    config = module.Config.model_validate(json.loads(json.dumps(module.EXAMPLE)))

    with pytest.raises(ValidationError, match="frozen"):
        setattr(config, next(iter(module.Config.model_fields)), "x")
    with pytest.raises(ValidationError, match="Extra inputs"):
        module.Config.model_validate({**module.EXAMPLE, "surprise": 1})
    assert all(field.description or name == "timeout_seconds" for name, field in module.Config.model_fields.items())


@pytest.mark.parametrize(
    "sent",
    [message(), message(positions=(), reports=()), message(is_sample=True), hostile(), hostile(60)],
    ids=["plain", "bare", "sample", "hostile", "hostile and long"],
)
def test_it_delivers_whatever_is_in_the_message(subject: Subject, sent: Message):
    receipt = subject.channel.send(sent)

    assert receipt.is_sent, receipt.error
    assert subject.taken() == 1


def test_a_far_side_that_is_not_there_is_a_receipt_worth_another_try(subject: Subject):
    assert subject.nowhere is not None

    receipt = subject.nowhere.send(message())

    assert not receipt.is_sent
    assert not receipt.is_permanent
    assert receipt.error.isprintable()
    assert receipt.error


@pytest.mark.parametrize("kind", kinds.names("channel"))
def test_every_key_is_documented(kind: str):
    guide = (Path(__file__).parents[2] / "docs/channels.md").read_text(encoding="utf-8")
    heading = "## console and file" if kind in {"console", "file"} else f"## {kind}"
    section = guide.partition(f"\n{heading}\n")[2].partition("\n## ")[0]

    missing = [name for name in kinds.load("channel", kind).Config.model_fields if f"`{name}`" not in section]

    assert missing == []
