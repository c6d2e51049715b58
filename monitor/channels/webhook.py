"""kind: webhook — posts alerts as signed JSON to an address of your own."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from monitor.channels._http import post
from monitor.guard import guarded_client
from monitor.model import Message, Receipt
from monitor.secret import Secret

if TYPE_CHECKING:
    import httpx

    from monitor.ports import Channel

EXAMPLE = {"url": "https://example.org/hooks/news", "secret": {"env": "WEBHOOK_SECRET"}}

SIGNATURE_HEADER = "X-Monitor-Signature"
TIMESTAMP_HEADER = "X-Monitor-Timestamp"
DELIVERY_HEADER = "X-Monitor-Delivery"


class Config(BaseModel):
    """Where alerts are posted, and the secret that signs them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str | Secret = Field(union_mode="left_to_right", description="The address; a secret where it holds a token.")
    secret: Secret | None = Field(None, description="Signs every post; unsigned without it.")
    headers: dict[str, str] = Field({}, description="More headers, such as a gateway's.")
    timeout_seconds: float = Field(20.0, gt=0, le=120)

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str | Secret) -> str | Secret:
        if isinstance(value, str) and not value.startswith(("https://", "http://")):
            # The address is not repeated: it may hold a token.
            raise ValueError("not a web address: it begins with https:// or http://")
        return value


def build(config: Config, *, allow: Sequence[str] = (), **_: Any) -> Channel:
    """The channel for a receiver.

    Raises:
        ConfigError: a secret is missing; the message names it.
    """
    url = config.url.reveal() if isinstance(config.url, Secret) else config.url
    secret = config.secret.reveal() if config.secret else ""
    return Poster(url, secret, config.headers, guarded_client(allow, config.timeout_seconds))


def preview(_: Config, message: Message) -> tuple[str, str]:
    """The JSON that would be posted, indented."""
    return "application/json", json.dumps(json.loads(document(message)), ensure_ascii=False, indent=2)


class Poster:
    """Posts a message's JSON; the receiver drops repeats by delivery id and old posts by timestamp."""

    def __init__(self, url: str, secret: str, headers: dict[str, str], client: httpx.Client) -> None:
        self._url, self._secret, self._headers, self._client = url, secret, headers, client

    def send(self, message: Message) -> Receipt:
        body = document(message)
        headers = {**self._headers, "Content-Type": "application/json", DELIVERY_HEADER: message.delivery}
        timestamp = str(int((message.attempted or message.created).timestamp()))
        headers[TIMESTAMP_HEADER] = timestamp
        if self._secret:
            headers[SIGNATURE_HEADER] = signature(self._secret, timestamp, body)
        receipt = post(self._client, self._url, body, headers)
        return Receipt(is_sent=True, remote_id=message.delivery) if receipt.is_sent else receipt


def document(message: Message) -> bytes:
    """The message as JSON; times in ISO 8601."""
    fields = {
        name: value for name, value in asdict(message).items() if name not in {"root", "recipients", "reply_to", "attempted"}
    }
    return json.dumps(fields, default=_plain, ensure_ascii=False).encode("utf-8", "replace")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and the HMAC-SHA256, in hex, of timestamp, full stop and body: the timestamp cannot be replaced."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
