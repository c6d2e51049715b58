"""Hands a letter to a mail server, and tells for each recipient whether it was taken, refused for good or put off."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTPUTF8

from monitor.core.alerts.render import clean
from monitor.model import Receipt


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to enter it. `security` is starttls, tls or none; `is_assumed` when nobody named the host."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    ca_file: str | None = None
    is_assumed: bool = False


class _Unsafe(Exception):  # noqa: N818 - never leaves this module
    """The server would have been given the letter or the password unencrypted."""


def deliver(server: Server, written: EmailMessage, sender: str, recipients: Sequence[str]) -> Receipt:
    """One SMTP session for one letter.

    Accepted by all: sent. Refused by some for good (5xx): sent, with `refused`. Put off by some (4xx): not sent yet, with
    `remaining`. Anything wrong with the session as a whole is worth another try, for it can be mended on either side.
    """
    try:
        with _connected(server) as session:
            return _hand_over(session, written, sender, recipients)
    except _Unsafe as error:
        return Receipt(is_sent=False, error=str(error))
    except ssl.SSLError as error:
        return Receipt(is_sent=False, error=f"{_name(server)} could not prove who it is: {error.reason or error}")
    except smtplib.SMTPAuthenticationError as error:
        return Receipt(is_sent=False, error=f"{_name(server)} refused the login of {server.username}: {_said(error)}")
    except smtplib.SMTPResponseException as error:
        return Receipt(is_sent=False, error=f"{_name(server)} answered {_said(error)}")
    except (OSError, smtplib.SMTPException) as error:
        said = clean(error.strerror or str(error)) or "the session broke off"
        return Receipt(is_sent=False, error=f"{_name(server)}: {said}")


def _connected(server: Server) -> smtplib.SMTP:
    if server.security == "tls":
        session: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=server.timeout_seconds, context=_certificates(server)
        )
    else:
        session = smtplib.SMTP(server.host, server.port, timeout=server.timeout_seconds)
    try:
        _enter(session, server)
    except BaseException:
        session.close()
        raise
    return session


def _enter(session: smtplib.SMTP, server: Server) -> None:
    session.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        if not session.has_extn("starttls"):
            raise _Unsafe(
                f"{_name(server)} does not offer STARTTLS; nothing was sent. "
                "Use security: tls, or security: none for a server on this machine"
            )
        session.starttls(context=_certificates(server))
        session.ehlo()
    if server.username:
        session.login(server.username, server.password)


def _certificates(server: Server) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=server.ca_file)


def _hand_over(session: smtplib.SMTP, written: EmailMessage, sender: str, recipients: Sequence[str]) -> Receipt:
    code, said = session.mail(sender, _options(session, written, [sender, *recipients]))
    if code != 250:  # noqa: PLR2004
        return _refused(f"the sender {sender} was refused", code, said, recipients)
    answers = {recipient: _offer(session, recipient) for recipient in recipients}
    taken = [recipient for recipient, (code, _) in answers.items() if code in {250, 251}]
    if not taken:
        return _settled(answers, taken)
    code, said = session.data(_bytes(session, written))
    if code != 250:  # noqa: PLR2004
        return _refused("the letter was refused", code, said, recipients)
    return _settled(answers, taken, str(written["Message-ID"]))


def _offer(session: smtplib.SMTP, recipient: str) -> tuple[int, bytes]:
    try:
        return session.rcpt(recipient)
    except UnicodeEncodeError:
        return 553, b"the server takes no address with letters beyond ASCII"


def _settled(answers: dict[str, tuple[int, bytes]], taken: Sequence[str], remote_id: str = "") -> Receipt:
    lost = {recipient: answer for recipient, answer in answers.items() if _is_final(answer[0])}
    put_off = {recipient: answer for recipient, answer in answers.items() if recipient not in taken and recipient not in lost}
    error = "; ".join(f"{recipient}: {_words(*answer)}" for recipient, answer in (lost | put_off).items())
    return Receipt(
        is_sent=bool(taken) and not put_off,
        remote_id=remote_id,
        error=error,
        is_permanent=not taken and not put_off,
        refused=tuple(lost),
        # All put off alike is the server's mood, not a matter of recipients.
        remaining=tuple(put_off) if taken or lost else (),
    )


def _refused(what: str, code: int, said: bytes, recipients: Sequence[str]) -> Receipt:
    error = f"{what}: {_words(code, said)}"
    is_final = _is_final(code)
    return Receipt(is_sent=False, error=error, is_permanent=is_final, refused=tuple(recipients) if is_final else ())


def _options(session: smtplib.SMTP, written: EmailMessage, addresses: Sequence[str]) -> list[str]:
    options = [f"size={len(_bytes(session, written))}"] if session.has_extn("size") else []
    if not all(address.isascii() for address in addresses) and session.has_extn("smtputf8"):
        session.command_encoding = "utf-8"
        options += ["SMTPUTF8", "BODY=8BITMIME"]
    return options


def _bytes(session: smtplib.SMTP, written: EmailMessage) -> bytes:
    is_international = session.command_encoding == "utf-8"
    return written.as_bytes(policy=SMTPUTF8) if is_international else written.as_bytes()


def _is_final(code: int) -> bool:
    return 500 <= code <= 599  # noqa: PLR2004


def _words(code: int, said: bytes) -> str:
    return f"{code} {clean(said.decode('utf-8', 'replace'), 200)}".strip()


def _said(error: smtplib.SMTPResponseException) -> str:
    said = error.smtp_error
    return _words(error.smtp_code, said if isinstance(said, bytes) else str(said).encode())


def _name(server: Server) -> str:
    return f"mail server {server.host}:{server.port}{' (no host: is set)' if server.is_assumed else ''}"
