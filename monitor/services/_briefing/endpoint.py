"""Asks a chat endpoint of the OpenAI kind, such as a local server, for one answer."""

from __future__ import annotations

import httpx

from monitor.errors import MonitorError
from monitor.guard.failures import why

_SECONDS = 180.0


def ask(url: str, model: str, messages: list[dict[str, str]], key: str = "") -> str:
    """The text of the first choice of `POST url/chat/completions`.

    Raises:
        MonitorError: the endpoint cannot be reached, refuses, or answers something else.
    """
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    body = {"model": model, "messages": messages, "temperature": 0}
    try:
        answer = httpx.post(f"{url.rstrip('/')}/chat/completions", json=body, headers=headers, timeout=_SECONDS)
        answer.raise_for_status()
        return str(answer.json()["choices"][0]["message"]["content"])
    except httpx.HTTPStatusError as error:
        raise MonitorError(f"{url} refused to rewrite the briefing: HTTP {error.response.status_code}") from error
    except httpx.InvalidURL as error:
        raise MonitorError(f"{url} cannot be asked to rewrite the briefing: {error}") from error
    except httpx.HTTPError as error:
        raise MonitorError(f"{url} cannot be asked to rewrite the briefing: {why(error)}; see whether it runs") from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise MonitorError(f"{url} did not answer as a chat endpoint does") from error
