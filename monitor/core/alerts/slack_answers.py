"""Reads what Slack says when somebody presses a button under an alert, and notes the answer in the message."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from monitor.core.alerts.render import clean
from monitor.core.alerts.slackblocks import BLOCK_LIMIT, escape

FRESH = timedelta(minutes=5)
"""Older requests may be repetitions of overheard ones."""
_NOTE = "answer-note"
_NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class Press:
    """A button pressed: its `token`, by whom, the message as it stood, and where Slack takes the changed one."""

    token: str
    by: str
    message: Mapping[str, Any]
    response_url: str


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What Slack sends as X-Slack-Signature: `v0=` and the HMAC-SHA256, in hex, of version, timestamp and body."""
    return "v0=" + hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, sha256).hexdigest()


def is_signed(secrets: Iterable[str], timestamp: str, body: bytes, given: str, now: datetime) -> bool:
    """Whether one of the secrets signed this body within the last five minutes."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):  # noqa: PLR2004 - seconds since 1970
        return False
    is_fresh = abs(now.timestamp() - int(timestamp)) <= FRESH.total_seconds()
    offered = given.encode("utf-8", "replace")
    # Every secret is compared, so that the time taken tells nothing.
    matches = [hmac.compare_digest(signature(secret, timestamp, body).encode(), offered) for secret in secrets]
    return is_fresh and any(matches)


def read_press(body: bytes) -> Press | None:
    """The button pressed, or None where the body tells of something else or cannot be read."""
    try:
        told = json.loads(parse_qs(body.decode())["payload"][0])
        action = next(one for one in told["actions"] if one.get("value"))
        user = told["user"]
        name = clean(str(user.get("username") or user.get("name") or user["id"]), _NAME_LIMIT)
        message, url = told.get("message"), told.get("response_url")
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, StopIteration):
        return None
    return Press(str(action["value"]), name, message if isinstance(message, dict) else {}, str(url or ""))


def noted(message: Mapping[str, Any], note: str, by: str) -> dict[str, Any]:
    """The message with a line that says what was answered, in place of an earlier answer's; its buttons stay."""
    blocks = [block for block in message.get("blocks") or () if block.get("block_id") != _NOTE]
    line = {
        "type": "context",
        "block_id": _NOTE,
        "elements": [{"type": "mrkdwn", "text": f"✓ {escape(note)} — {escape(by)}", "verbatim": True}],
    }
    at = next((place for place, block in enumerate(blocks) if block.get("type") == "actions"), len(blocks))
    changed = [*blocks[:at], line, *blocks[at:]]
    return {"replace_original": True, "text": message.get("text") or note, "blocks": changed[:BLOCK_LIMIT]}
