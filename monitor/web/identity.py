"""Who asks, and whether they may: every route needs a scope unless it is named here; the one dependency of all routes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Request

from monitor.services.accounts import SCOPES, Who
from monitor.web.protection import SAFE, names_its_page
from monitor.web.site import site_of

COOKIE = "monitor_session"
PUBLIC = frozenset({"/healthz", "/readyz", "/login", "/feedback/{token}", "/theme", "/slack/interactions", "/websub/{feed}"})
"""Routes that need nobody: health, logging in, signed addresses, the choice of a theme, machines that sign what they send."""
LOCAL = Who("local", frozenset(SCOPES))
"""Whoever sits at this machine, as long as there are no users."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


class LoginNeeded(Exception):  # noqa: N818 - a state, not a mistake
    """Nobody is logged in."""


def needs(scope: str) -> Callable[[Endpoint], Endpoint]:
    """Say which scope a route needs; without it reading needs `read` and everything else `rules`."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["scope"] = scope
        return endpoint

    return mark


def admit(request: Request) -> None:
    """Let a request pass when its sender has the scope its route needs; deny by default.

    Raises:
        LoginNeeded: nobody is logged in.
        HTTPException: somebody is, without that scope.
    """
    request.state.who = who = _who(request)
    route = request.scope.get("route")
    if getattr(route, "path", "") in PUBLIC:
        return
    if who is None:
        raise LoginNeeded
    endpoint = request.scope.get("endpoint")
    scope = getattr(endpoint, "scope", None) or ("read" if request.method in SAFE else "rules")
    if not who.may(scope):
        raise HTTPException(403, f"this needs the scope {scope!r}, which {who.name} does not have")


def _who(request: Request) -> Who | None:
    site = site_of(request)
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return site.accounts.of_token(given.strip())
    if scheme.lower() == "basic":
        return site.accounts.of_token(_password(given))
    # What follows comes along with every request of a browser, also one that another site made it send.
    is_meant = request.method in SAFE or names_its_page(request.headers)
    named = site.proxies.user(request)
    if named:
        return site.accounts.of_name(named) if is_meant else None
    key = request.cookies.get(COOKIE)
    who = site.accounts.of_session(key, site.now()) if key and is_meant else None
    return who or (None if site.accounts.users() or not request.app.state.is_local else LOCAL)


def _password(given: str) -> str:
    try:
        return base64.b64decode(given, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def who_asks(request: Request) -> Who:
    """The sender of an admitted request."""
    who: Who | None = request.state.who
    if who is None:
        raise LoginNeeded
    return who


By = Annotated[Who, Depends(who_asks)]
