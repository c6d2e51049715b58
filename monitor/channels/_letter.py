"""Writes an alert as an email: text and HTML, threaded by story, labelled for filters and for machines that answer mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from hashlib import blake2b

from monitor.channels._templating import HTML_LIMIT_BYTES, AlertTemplate
from monitor.core.alerts.render import UNSUBSCRIBE, clean, fit, safe_url, subject
from monitor.model import Message, Severity

# Seven bits: every server takes them, and no relay rewrites the body.
_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What is the same in all letters of a receiver."""

    sender: str
    to: tuple[str, ...]
    html: AlertTemplate
    text: AlertTemplate
    zone: tzinfo = UTC

    @property
    def domain(self) -> str:
        """The sender's domain, which makes message ids ours."""
        return parseaddr(self.sender)[1].rpartition("@")[2] or "localhost"


def letter(message: Message, head: Letterhead) -> EmailMessage:
    """The email; the same message gives the same Message-ID, so that a repeated attempt can be recognised."""
    written = EmailMessage(policy=_POLICY)
    written["Subject"] = subject(message)
    written["From"] = _address(head.sender)
    written["To"] = [_address(one) for one in head.to]
    written["Date"] = message.created
    written["Message-ID"] = message_id(message.delivery, head.domain)
    _thread(written, message, head.domain)
    _labels(written, message, head)
    written.set_content(fit(message, head.text.render, HTML_LIMIT_BYTES, head.zone))
    written.add_alternative(fit(message, head.html.render, HTML_LIMIT_BYTES, head.zone), subtype="html")
    return written


def message_id(delivery: str, domain: str) -> str:
    """The Message-ID of a delivery."""
    return f"<{_token(delivery)}@{domain}>"


def _thread(written: EmailMessage, message: Message, domain: str) -> None:
    # All letters of a story name one made-up ancestor, so that they stay together even where the first was never received.
    references = [f"<thread.{_token(message.thread)}@{domain}>"]
    if message.reply_to:
        first = clean(message.reply_to)
        written["In-Reply-To"] = first
        references.append(first)
    written["References"] = " ".join(references)


def _labels(written: EmailMessage, message: Message, head: Letterhead) -> None:
    written["List-Id"] = f"<{_label(message.rule)}.{_label(message.receiver)}.news-monitor.{head.domain}>"
    mailto = f"<mailto:{parseaddr(head.sender)[1]}?subject=unsubscribe%20{_label(message.receiver)}>"
    link = next((url for name, url in message.links if name == UNSUBSCRIBE and safe_url(url)), "")
    written["List-Unsubscribe"] = f"<{link}>, {mailto}" if link else mailto
    if link.startswith("https://"):
        written["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    written["Auto-Submitted"] = "auto-generated"
    written["X-Auto-Response-Suppress"] = "All"
    if message.severity is Severity.URGENT:
        written["Importance"] = "high"


def _address(text: str) -> Address:
    name, plain = parseaddr(text)
    local, _, domain = plain.rpartition("@")
    return Address(clean(name), local, domain)


def _token(text: str) -> str:
    """Text as it may stand in a message id: itself when it is plain, else its hash."""
    if text.isascii() and text.replace("-", "").replace(".", "").isalnum():
        return text
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _label(text: str) -> str:
    return "".join(character if character.isascii() and (character.isalnum() or character == "-") else "-" for character in text)[
        :60
    ]
