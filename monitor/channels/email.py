"""kind: email — sends alerts over SMTP, keeps account of every recipient, and never speaks a password in the clear."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from monitor.channels._letter import Letterhead, letter
from monitor.channels._smtp import Server, deliver
from monitor.channels._templating import HTML_LIMIT_BYTES, AlertTemplate
from monitor.channels._zone import Zone
from monitor.core.alerts.render import fit
from monitor.secret import Secret

if TYPE_CHECKING:
    from monitor.model import Message, Receipt
    from monitor.ports import Channel

EXAMPLE = {
    "to": ["desk@example.org"],
    "host": "smtp.example.org",
    "port": 587,
    "security": "starttls",
    "username": "monitor@example.org",
    "password": {"env": "SMTP_PASSWORD"},
    "sender": "News monitor <monitor@example.org>",
}

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Config(BaseModel):
    """A mail server and who is written to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: tuple[str, ...] = Field(min_length=1, description="Addresses.")
    host: str = Field("localhost", min_length=1, description="The mail server.")
    port: int | None = Field(None, ge=1, le=65_535, description="587 for starttls, 465 for tls, 25 for none by default.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls and tls check the server's certificate; none is for a server on this machine."
    )
    username: str = Field("", description="Log in with this name; not at all when empty.")
    password: Secret | None = Field(None, description="The password for the name.")
    sender: str = Field("News monitor <news-monitor@localhost>", description="The From address.")
    timeout_seconds: float = Field(30.0, gt=0, le=120)
    timezone: Zone = "UTC"
    html: str = Field("", description="A template of your own for the HTML form: docs/channels.md.")
    text: str = Field("", description="A template of your own for the text form.")

    @field_validator("to", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("to", "sender")
    @classmethod
    def _addresses(cls, value: Any) -> Any:
        for address in (value,) if isinstance(value, str) else value:
            plain = parseaddr(address)[1]
            local, _, domain = plain.rpartition("@")
            if not local or not domain or any(character in address for character in "\r\n") or not plain.isprintable():
                raise ValueError(f"{address!r} is not an address such as desk@example.org")
        return value

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if bool(self.username) != (self.password is not None):
            raise ValueError("username and password go together")
        if self.username and self.security == "none":
            raise ValueError("a password is never sent without encryption: set security to starttls or tls")
        return self


def build(config: Config, *, ca_file: str | None = None, **_: Any) -> Channel:
    """The channel for a receiver; `ca_file` names certificates to trust instead of the system's.

    Raises:
        ConfigError: the password's environment variable or file is missing; the message names it.
        ChannelError: a template of the receiver's own cannot be read.
    """
    html, text = AlertTemplate("alert.html", config.html), AlertTemplate("alert.txt", config.text)
    server = Server(
        host=config.host,
        is_assumed="host" not in config.model_fields_set,
        port=config.port or _PORTS[config.security],
        security=config.security,
        username=config.username,
        password=config.password.reveal() if config.password else "",
        timeout_seconds=config.timeout_seconds,
        ca_file=ca_file,
    )
    head = Letterhead(config.sender, config.to, html, text, ZoneInfo(config.timezone))
    return Mailer(server, head, config.to)


def preview(config: Config, message: Message) -> tuple[str, str]:
    """The HTML form of the letter; nothing is sent and no secret is read.

    Raises:
        ChannelError: the receiver's own template cannot be read.
    """
    return "text/html", fit(message, AlertTemplate("alert.html", config.html).render, HTML_LIMIT_BYTES, ZoneInfo(config.timezone))


class Mailer:
    """Writes letters and hands them to the mail server."""

    def __init__(self, server: Server, head: Letterhead, to: Sequence[str]) -> None:
        self._server, self._head, self._to = server, head, tuple(to)

    def send(self, message: Message) -> Receipt:
        written = letter(message, self._head)
        wanted = [address for address in self._to if not message.recipients or parseaddr(address)[1] in message.recipients]
        return deliver(self._server, written, self._head.sender, [parseaddr(address)[1] for address in wanted])
