"""kind: file — writes each alert as a page, a text and a JSON document below a directory."""

from __future__ import annotations

import json
import os
import re
import tempfile
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from monitor.channels._templating import AlertTemplate
from monitor.core.alerts.render import view
from monitor.errors import in_words
from monitor.model import Message, Receipt

if TYPE_CHECKING:
    from monitor.ports import Channel

EXAMPLE = {"directory": "db/outbox"}


class Config(BaseModel):
    """Where alerts are written, and in which forms."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    directory: Path | None = Field(None, description="Below it; the outbox of the settings by default.")
    forms: tuple[str, ...] = Field(("html", "txt", "json"), min_length=1, description="Any of html, txt and json.")


def build(config: Config, *, outbox: Path = Path("db/outbox"), **_: Any) -> Channel:
    """The channel for a receiver; `outbox` is where alerts land when the receiver names no directory."""
    return Writer(config.directory or outbox, config.forms)


def preview(_: Config, message: Message) -> tuple[str, str]:
    """The HTML file that would be written."""
    return "text/html", AlertTemplate("alert.html").render(view(message))


class Writer:
    """Writes files whole or not at all; the same delivery overwrites its own files."""

    def __init__(self, directory: Path, forms: tuple[str, ...] = ("html", "txt", "json")) -> None:
        self._directory, self._forms = directory, forms
        self._html, self._text = AlertTemplate("alert.html"), AlertTemplate("alert.txt")

    def send(self, message: Message) -> Receipt:
        name = f"{message.created:%Y%m%dT%H%M%SZ}-{_safe(message.rule)}-{_safe(message.delivery)[:16]}"
        try:
            for form in self._forms:
                _write(self._directory / f"{name}.{form}", self._content(message, form))
        except OSError as error:
            return Receipt(is_sent=False, error=f"{self._directory} cannot be written: {in_words(error)}")
        return Receipt(is_sent=True, remote_id=str(self._directory / name))

    def _content(self, message: Message, form: str) -> str:
        if form == "json":
            return json.dumps(asdict(message), default=_plain, ensure_ascii=False, indent=2) + "\n"
        return (self._html if form == "html" else self._text).render(view(message))


def _safe(name: str) -> str:
    return re.sub(r"[^\w-]", "_", name)[:80]


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
