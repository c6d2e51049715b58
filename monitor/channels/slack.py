"""kind: slack — posts alerts to Slack, through an incoming webhook or, with threads and updates, as a bot."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self
from urllib.error import URLError
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from monitor.channels._http import post
from monitor.channels._zone import Zone
from monitor.core.alerts.retry import retry_after
from monitor.core.alerts.slackblocks import payload
from monitor.guard import guarded_client
from monitor.model import Message, Receipt
from monitor.secret import Secret

if TYPE_CHECKING:
    import httpx
    from slack_sdk import WebClient
    from slack_sdk.errors import SlackApiError

    from monitor.ports import Channel

EXAMPLE = {"webhook": {"env": "SLACK_WEBHOOK_KOREA"}}

_TRANSIENT = {
    "fatal_error",
    "internal_error",
    "rate_limited",
    "ratelimited",
    "request_timeout",
    "rollup_error",
    "service_unavailable",
    "team_added_to_org",
}


class Config(BaseModel):
    """Either `webhook`, or `token` and `channel`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    webhook: Secret | None = Field(None, description="Address of an incoming webhook.")
    token: Secret | None = Field(None, description="Bot token (xoxb-…) with the scope chat:write.")
    channel: str = Field("", description="Channel id or name the bot posts to; it must be a member.")
    signing_secret: Secret | None = Field(
        None, description="The Slack app's signing secret; with it, buttons answer within Slack (docs/channels.md)."
    )
    broadcast: bool = Field(default=False, description="Show replies in a story's thread in the channel too.")
    api_url: str = Field("https://slack.com/api/", pattern=r"^https?://.+/$", description="Slack's Web API.")
    timezone: Zone = "UTC"
    timeout_seconds: float = Field(20.0, gt=0, le=120)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.webhook is None) == (self.token is None):
            raise ValueError("give either webhook, or token and channel")
        if self.token is not None and not self.channel:
            raise ValueError("a token needs a channel")
        return self


def build(config: Config, *, allow: Sequence[str] = (), **_: Any) -> Channel:
    """The channel for a receiver.

    Raises:
        ConfigError: a secret is missing; the message names it.
    """
    if config.signing_secret is not None:
        # The pages check signatures with it; a missing one is told at the start, not at the first button.
        config.signing_secret.reveal()
    if config.webhook is not None:
        return Webhook(config, config.webhook.reveal(), guarded_client(allow, config.timeout_seconds))
    if config.token is None:
        raise ValueError("neither webhook nor token")
    return Bot(config, config.token.reveal())


class Webhook:
    """Posts to an incoming webhook, which can neither thread nor update."""

    def __init__(self, config: Config, url: str, client: httpx.Client) -> None:
        self._config, self._url, self._client = config, url, client

    def send(self, message: Message) -> Receipt:
        body = json.dumps(_shown(message, self._config), ensure_ascii=False).encode("utf-8", "replace")
        return post(self._client, self._url, body, {"Content-Type": "application/json; charset=utf-8"})


class Bot:
    """Posts with a bot token: one thread a story, whose first message follows the story as outlets join."""

    def __init__(self, config: Config, token: str) -> None:
        self._config, self._token = config, token
        self._made: WebClient | None = None

    def send(self, message: Message) -> Receipt:
        # A remote id holds the channel's id, which updates need, and the timestamp that names the message.
        channel, _, thread = message.reply_to.rpartition(":")
        receipt = self._call(lambda client: client.chat_postMessage(**self._post(message, channel, thread)))
        if receipt.is_sent and thread and message.root is not None:
            shown = {**_shown(message.root, self._config), "channel": channel, "ts": thread}
            self._call(lambda client: client.chat_update(**shown))
        return receipt

    def _post(self, message: Message, channel: str, thread: str) -> dict[str, Any]:
        values = {**_shown(message, self._config), "channel": channel or self._config.channel}
        return {**values, "thread_ts": thread, "reply_broadcast": self._config.broadcast} if thread else values

    def _call(self, call: Callable[[WebClient], Any]) -> Receipt:
        from slack_sdk.errors import SlackApiError, SlackClientError  # noqa: PLC0415 - loaded when a bot first speaks

        try:
            answer = call(self._client())
        except SlackApiError as error:
            return _refusal(error)
        except (OSError, URLError, SlackClientError, ValueError) as error:
            return Receipt(is_sent=False, error=f"Slack could not be reached: {_why(error)}")
        return Receipt(is_sent=True, remote_id=f"{answer.get('channel', '')}:{answer.get('ts', '')}")

    def _client(self) -> WebClient:
        if self._made is None:
            from slack_sdk import WebClient  # noqa: PLC0415 - loaded when a bot first speaks

            # The library's own retry could post twice; retrying is the outbox's work.
            timeout = int(self._config.timeout_seconds) or 1
            self._made = WebClient(self._token, base_url=self._config.api_url, timeout=timeout, retry_handlers=[])
        return self._made


def preview(config: Config, message: Message) -> tuple[str, str]:
    """The text and blocks that would be posted, as indented JSON; no secret is read."""
    return "application/json", json.dumps(_shown(message, config), ensure_ascii=False, indent=2)


def _shown(message: Message, config: Config) -> Mapping[str, Any]:
    return payload(message, ZoneInfo(config.timezone), can_answer=config.signing_secret is not None)


def _why(error: Exception) -> str:
    """In words; an address is not in them."""
    cause = error.reason if isinstance(error, URLError) else error
    if isinstance(cause, TimeoutError):
        return "no answer came in time"
    return getattr(cause, "strerror", None) or "what came back is no answer of Slack's"


def _refusal(error: SlackApiError) -> Receipt:
    answer = error.response
    said: Mapping[str, Any] = answer.data if isinstance(answer.data, dict) else {}
    name = str(said.get("error", ""))
    headers = {key.lower(): value for key, value in (answer.headers or {}).items()}
    pause = retry_after(_first(headers.get("retry-after", "")), _first(headers.get("date", "")))
    # Slack names its refusals with one word; anything else comes from something in between.
    is_ours = re.fullmatch(r"[a-z0-9_]+", name) is not None
    is_overload = answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return Receipt(
        is_sent=False,
        error=f"Slack answered {name if is_ours else answer.status_code}",
        is_permanent=is_ours and name not in _TRANSIENT and not is_overload,
        retry_after=pause,
    )


def _first(header: Any) -> str:
    return str(header[0]) if isinstance(header, list) and header else str(header)
