"""kind: apprise — reaches everything else Apprise knows: Teams, Discord, Telegram, ntfy, Matrix and a hundred more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from monitor.core.alerts.render import fit, plain, subject
from monitor.errors import ChannelError
from monitor.model import Message, Receipt, Severity
from monitor.secret import Secret

if TYPE_CHECKING:
    from monitor.ports import Channel

EXAMPLE = {"url": {"env": "APPRISE_URL"}}

_REFUSED = ("file://", "exec://", "syslog://", "dbus://", "gnome://", "macosx://", "windows://")
"""Services of Apprise that act on this machine instead of reaching somebody."""


class Config(BaseModel):
    """One Apprise address; it holds tokens, so it is a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Secret = Field(description="Such as ntfys://host/topic or discord://id/token; see Apprise's list of services.")
    body_bytes: int = Field(3500, ge=200, le=30_000, description="Longest text sent; many services cut at 4,096.")


def build(config: Config, **_: Any) -> Channel:
    """The channel for a receiver.

    Raises:
        ConfigError: the secret is missing; the message names it.
        ChannelError: Apprise does not know the address.
    """
    url = config.url.reveal()
    if url.lower().startswith(_REFUSED):
        raise ChannelError(f"{url.partition('://')[0]}:// acts on this machine; use kind: file or console instead")
    return Notifier(url, config.body_bytes)


class Notifier:
    """Hands the plain text to Apprise."""

    def __init__(self, url: str, body_bytes: int) -> None:
        from apprise import Apprise  # noqa: PLC0415 - slow to load, and few installations need it

        self._apprise, self._body_bytes = Apprise(), body_bytes
        if not self._apprise.add(url):
            raise ChannelError(f"Apprise does not understand this {url.partition(':')[0]} address")

    def send(self, message: Message) -> Receipt:
        kind = "warning" if message.severity is Severity.URGENT else "info"
        body = fit(message, plain, self._body_bytes)
        try:
            is_sent = self._apprise.notify(body=body, title=subject(message), notify_type=kind, body_format="text")
        # Apprise's plugins are many hands' work; none of their surprises may stop the others' alerts.
        except Exception as error:  # noqa: BLE001
            return Receipt(is_sent=False, error=f"Apprise failed: {type(error).__name__}")
        return Receipt(is_sent=True) if is_sent else Receipt(is_sent=False, error="Apprise could not deliver; see its log")
