"""Failures as RFC 9457 problem details."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from monitor.errors import ConfigError, QueryError

MEDIA_TYPE = "application/problem+json"


def problem(status: int, detail: str, error: Exception | None = None, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer that says what went wrong; a query's mistake carries its column, a file's mistakes their lines."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if isinstance(error, QueryError):
        body |= {"query": error.query, "column": error.column, "hint": error.hint}
    if isinstance(error, ConfigError):
        body["errors"] = [
            {"message": one.message, "file": one.file, "line": one.line, "column": one.column, "hint": one.hint}
            for one in error.problems
        ]
    return JSONResponse(body, status, headers=dict(headers or {}), media_type=MEDIA_TYPE)
