"""Buttons in Slack: a signed request becomes a label or a mute, and the message then says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import httpx

from monitor.core.alerts.slack_answers import Press, noted
from monitor.errors import FetchError, MonitorError
from monitor.guard import guarded_client
from monitor.logs import logger
from monitor.model import Rulebook
from monitor.ports import Archive
from monitor.secret import Secret
from monitor.services.feedback import take_answer
from monitor.services.links import signer

log = logger(__name__)
_PATIENCE_SECONDS = 10.0


def signing_secrets(rulebook: Rulebook) -> list[str]:
    """The signing secrets of all Slack apps whose receivers show buttons.

    Raises:
        ConfigError: a secret is missing; the message names it.
    """
    found = (getattr(receiver.config, "signing_secret", None) for receiver in rulebook.receivers.values())
    return list(dict.fromkeys(secret.reveal() for secret in found if isinstance(secret, Secret)))


def take_press(archive: Archive, rulebook: Rulebook, press: Press, now: datetime) -> str:
    """Do what a button stands for; in words, what was done, or why nothing was."""
    answer = signer(archive).read(press.token, now)
    if answer is None:
        return "Nothing was noted: this button is older than 90 days."
    try:
        return take_answer(archive, rulebook, answer, now, by=f"{press.by} (Slack)")
    except MonitorError as error:
        return f"Nothing was noted: {error}."


def update_message(press: Press, note: str, allow: Sequence[str]) -> bool:
    """Give Slack the message with the answer noted; False, and a line in the log, where it was not taken."""
    if not press.response_url:
        return False
    body = json.dumps(noted(press.message, note, press.by), ensure_ascii=False).encode("utf-8", "replace")
    headers = {"Content-Type": "application/json; charset=utf-8"}
    try:
        with guarded_client(allow, _PATIENCE_SECONDS) as client:
            answer = client.post(press.response_url, content=body, headers=headers)
        is_taken = answer.is_success
        why = f"status {answer.status_code}"
    except (FetchError, httpx.HTTPError, httpx.InvalidURL) as error:
        is_taken, why = False, type(error).__name__
    if not is_taken:
        log.warning("the message in Slack could not be changed", error=why)
    return is_taken
