"""Logging in and out, the choice of a theme, and the settings page."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from monitor.services.accounts import SESSION, Throttled
from monitor.services.optouts import opt_in, opted_out
from monitor.services.status import is_alive, service_status
from monitor.web.identity import COOKIE, needs
from monitor.web.pages.show import THEME_COOKIE, THEMES, back, is_secure, own_path, show
from monitor.web.site import On

router = APIRouter()
_YEAR = 31_536_000


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """Where somebody says who they are."""
    return show(request, "login.html", next=own_path(next), problem="")


@router.post("/login")
def log_in(
    request: Request,
    site: On,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Begin a session."""
    try:
        key = site.accounts.log_in(name, password, site.proxies.client(request), site.now())
    except Throttled as wait:
        headers = {"Retry-After": str(wait.seconds)}
        return show(request, "login.html", 429, headers, next=own_path(next), problem=str(wait))
    if key is None:
        return show(request, "login.html", 401, next=own_path(next), problem="Name and password do not fit.")
    answer = back(request, next)
    answer.set_cookie(
        COOKIE, key, max_age=int(SESSION.total_seconds()), httponly=True, samesite="lax", secure=is_secure(request), path="/"
    )
    return answer


@router.post("/logout")
@needs("read")
def log_out(request: Request, site: On, everywhere: Annotated[bool, Form()] = False) -> Response:  # noqa: FBT002 - a form's field
    """End this session, or all of them."""
    key = request.cookies.get(COOKIE)
    if key:
        site.accounts.log_out(key, everywhere=everywhere)
    answer = back(request, "/login")
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/theme")
def choose_theme(request: Request, theme: Annotated[str, Form()]) -> Response:
    """Remember the theme; it works without scripts and without a flash."""
    came_from = urlsplit(request.headers.get("referer", ""))
    answer = back(request, (came_from.path or "/") + (f"?{came_from.query}" if came_from.query else ""))
    chosen = theme if theme in THEMES else "auto"
    answer.set_cookie(THEME_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="lax", secure=is_secure(request))
    return answer


@router.get("/settings")
def settings_page(request: Request, site: On) -> Response:
    """What runs here, with which models, on which archive, and who may see it."""
    now = site.now()
    settings = site.app.settings
    return show(
        request,
        "settings.html",
        facts=service_status(site.archive, now),
        is_worker_alive=is_alive(site.archive, now),
        settings=settings,
        users=site.accounts.users(),
        tokens=site.accounts.tokens(),
        leaving=opted_out(site.archive),
        receivers=site.rulebook.receivers,
        labels=site.archive.labels.list(limit=10),
    )


@router.post("/receivers/{name}/return")
@needs("admin")
def let_back(request: Request, site: On, name: str) -> Response:
    """Send to a receiver again that had left by the link in a letter."""
    is_back = opt_in(site.archive, name)
    return back(request, "/settings", f"{name} is sent to again." if is_back else f"{name} had not left.")
