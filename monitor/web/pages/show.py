"""Shows a template with what every page has: who looks, the theme, the place in the navigation, what just happened."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from monitor import __version__
from monitor.web.charts import quoted, share, spark
from monitor.web.identity import LOCAL
from monitor.web.site import site_of
from monitor.web.words import FILTERS, moment

NAVIGATION = (
    ("/", "Today"),
    ("/search", "Search"),
    ("/topics", "Topics"),
    ("/alerts", "Alerts"),
    ("/rules", "Rules"),
    ("/feeds", "Feeds"),
    ("/settings", "Settings"),
)
THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"
STATIC = Path(__file__).parent.parent / "static"


@cache
def environment() -> Environment:
    """The templates, escaping everything; a name that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    made.filters["trend"] = lambda days: spark(days, title=f"Articles a day over {len(days)} days")
    made.filters["bar"] = lambda one: share({"favor": one.favor, "against": one.against, "neutral": one.neutral})
    made.filters["quoted"] = quoted
    made.globals["static"] = static
    made.filters["quote"] = lambda text: quote(str(text), safe="")
    return made


@cache
def static(name: str) -> str:
    """The address of a file of ours; it changes with the file, so that browsers may keep it for good."""
    file = STATIC / name
    return f"/static/{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"


def show(request: Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> Response:
    """The page a template makes."""
    theme = request.cookies.get(THEME_COOKIE, "")
    now = site_of(request).now()
    text = (
        environment()
        .get_template(template)
        .render(
            navigation=NAVIGATION,
            here=request.url.path,
            theme=theme if theme in THEMES else "auto",
            who=getattr(request.state, "who", None),
            is_local=getattr(request.state, "who", None) is LOCAL,
            said=_said(request),
            version=__version__,
            when=lambda at: moment(at, now),
            now=now,
            query_text=request.query_params.get("q", ""),
            **values,
        )
    )
    return HTMLResponse(text, status, headers=dict(headers or {}))


def show_error(request: Request, status: int, words: str) -> Response:
    """A page that says what went wrong and where to go on."""
    return show(request, "error.html", status, code=status, words=words)


def part(template: str, name: str, **values: Any) -> Markup:
    """One macro of a template, for answers that replace a part of a page."""
    module = environment().get_template(template).module
    return Markup(getattr(module, name)(**values))  # noqa: S704 - our own template, which escapes


def back(request: Request, path: str, words: str = "") -> Response:
    """Go on at one of our own pages after a change, saying what was done."""
    answer = RedirectResponse(own_path(path), 303)
    if words:
        answer.set_cookie("said", quote(words[:300]), max_age=30, httponly=True, samesite="strict", secure=is_secure(request))
    return answer


def own_path(path: str) -> str:
    """The path when it lies on this site, else the first page: nobody is sent elsewhere."""
    parts = urlsplit(path)
    is_own = not parts.scheme and not parts.netloc and path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_own and path.isprintable() else "/"


def is_secure(request: Request) -> bool:
    """Whether the browser came by https, so that cookies may insist on it."""
    site = site_of(request)
    public = urlsplit(site.app.settings.public_url)
    is_public = public.scheme == "https" and request.url.hostname == public.hostname
    return is_public or site.proxies.is_https(request)


def _said(request: Request) -> str:
    return unquote(request.cookies.get("said", ""))[:300]
