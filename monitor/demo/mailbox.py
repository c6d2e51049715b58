"""A real SMTP server on loopback that keeps what it is sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from monitor.errors import ChannelError, how_to_install

HOST = "127.0.0.1"


@dataclass
class Mailbox:
    """Messages received, in order, each with the recipients its envelope named."""

    host: str = HOST
    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        """Keep one message; called by the SMTP server."""
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 kept"


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    """An SMTP server on a free port of this machine while inside.

    Raises:
        ChannelError: the server's package is not installed.
    """
    try:
        from aiosmtpd.smtp import SMTP  # noqa: PLC0415 - an extra: only the demo and the tests need it
    except ImportError as error:
        raise ChannelError(f"the demo's mail server needs aiosmtpd; {how_to_install('demo')}") from error
    mailbox = Mailbox()
    with _loop() as loop:
        listening = loop.create_server(lambda: SMTP(mailbox, hostname="mail.example.org", loop=loop), HOST, 0)
        server = asyncio.run_coroutine_threadsafe(listening, loop).result(5)
        mailbox.port = server.sockets[0].getsockname()[1]
        try:
            yield mailbox
        finally:
            loop.call_soon_threadsafe(server.close)


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own; what still runs at the end is cancelled."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_cancel_all(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
