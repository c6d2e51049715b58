"""Puts the application together: protection outside, one dependency on every route, pages, API and feeds inside."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from monitor import __version__
from monitor.app import App
from monitor.errors import ArchiveError, ConfigError, InputError, MonitorError, NotFoundError, Problem, QueryError
from monitor.services.accounts import Accounts
from monitor.web import api, hooks, pages
from monitor.web.api.problems import problem
from monitor.web.identity import LoginNeeded, admit
from monitor.web.pages.show import show_error
from monitor.web.protection import LOOPBACK, Protection
from monitor.web.proxies import Proxies
from monitor.web.site import Site

HERE = Path(__file__).parent
_MACHINE = ("/api/", "/slack/", "/websub/", "/feeds/q.", "/feeds/rule/", "/openapi.json", "/healthz", "/readyz", "/metrics")


def build_web(app: App, *, host: str | None = None) -> FastAPI:
    """The application for one App; `host` is where it will listen, the settings' own by default.

    Raises:
        ConfigError: it would lie open to others while there are no users.
    """
    bound = host or app.settings.web.host
    site = Site(app, Accounts(app.archive), Proxies.of(app.settings.web.proxies, app.settings.web.user_header))
    is_local = bound in LOOPBACK
    if not is_local and not site.accounts.users():
        hint = "add one with `monitor user add NAME --role admin`, or keep to 127.0.0.1"
        raise ConfigError([Problem(f"the pages would lie open at {bound}: there are no users yet", hint=hint)])
    web = FastAPI(
        title="News monitor",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        dependencies=[Depends(admit)],
    )
    web.state.site, web.state.is_local = site, is_local
    web.include_router(pages.router)
    web.include_router(api.router)
    web.include_router(hooks.router)
    web.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    web.add_middleware(GZipMiddleware, minimum_size=1024)
    web.add_middleware(Protection, hosts=_hosts(app, bound))
    for kind in (LoginNeeded, HTTPException, RequestValidationError, MonitorError):
        web.add_exception_handler(kind, _answer)
    return web


def _hosts(app: App, bound: str) -> set[str]:
    names = {*LOOPBACK} if bound in LOOPBACK else {bound, *LOOPBACK}
    public = urlsplit(app.settings.public_url).hostname
    return names | {public} if public else names


def _answer(request: Request, error: Exception) -> Response:
    """Failures in the form the asker reads: problem details for programs, a page for people."""
    is_machine = request.url.path.startswith(_MACHINE)
    if isinstance(error, LoginNeeded):
        if is_machine:
            return problem(401, "a token is needed", headers={"WWW-Authenticate": 'Bearer, Basic realm="news monitor"'})
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?{urlencode({'next': wanted})}" if request.method == "GET" else "/login", 303)
    status, words = _in_words(error)
    headers = getattr(error, "headers", None)
    return problem(status, words, error, headers=headers) if is_machine else show_error(request, status, words)


def _in_words(error: Exception) -> tuple[int, str]:
    match error:
        case HTTPException():
            known = error.detail if error.detail != HTTPStatus(error.status_code).phrase else ""
            return error.status_code, known or {404: "there is nothing at this address"}.get(error.status_code, str(error.detail))
        case RequestValidationError():
            return 422, "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
        case QueryError():
            return 400, error.message
        case InputError():
            return 400, str(error)
        case NotFoundError():
            return 404, str(error)
        case ConfigError():
            return 422, str(error)
        case ArchiveError():
            return 503, str(error)
        case _:
            return 502, str(error)
