"""Who gets in: hosts, other sites, users and roles, tokens and scopes, throttling; a walk over every route."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from monitor.app import App
from monitor.clock import FixedClock
from monitor.errors import ConfigError
from monitor.services.accounts import Accounts
from monitor.web import build_web, serving
from monitor.web.identity import PUBLIC
from tests.endpoints import endpoints
from tests.webstage import stage

SAME = {"Sec-Fetch-Site": "same-origin"}
PASSWORD = "correct horse battery"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    with stage(tmp_path / "desk") as made:
        yield made


@contextmanager
def client(app: App) -> Iterator[TestClient]:
    with TestClient(build_web(app), base_url="http://localhost", headers=SAME, follow_redirects=False) as made:
        yield made


def log_in(web: TestClient, name: str, password: str = PASSWORD, **data: str) -> httpx.Response:
    return web.post("/login", data={"name": name, "password": password, **data})


def test_unknown_hosts_are_refused(app: App):
    with client(app) as web:
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[::1", ""):
            assert web.get("/", headers={"Host": host}).status_code == 421, host
        assert web.get("/healthz", headers={"Host": "127.0.0.1:8321"}).status_code == 200


def test_other_sites_cannot_change_anything(app: App):
    with client(app) as web:
        for headers in (
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Sec-Fetch-Site": "none"},
        ):
            answer = web.post("/silences", data={"query": "topic:toll"}, headers=headers)
            assert answer.status_code == 403, headers
    with TestClient(build_web(app), base_url="http://localhost") as bare:
        assert bare.post("/silences", data={"query": "topic:toll"}).status_code == 403
        assert bare.post("/silences", data={"query": "topic:toll"}, headers={"Origin": "http://evil.example"}).status_code == 403
        own = bare.post("/silences", data={"query": "topic:toll"}, headers={"Origin": "http://localhost"}, follow_redirects=False)
        assert own.status_code == 303
    assert len(app.archive.silences.list(app.clock.now())) == 1


def test_json_that_names_no_page_never_rides_on_a_login(tmp_path: Path):
    silence = {"query": "topic:toll"}
    with stage(tmp_path / "desk", web=BEHIND) as app:
        accounts = Accounts(app.archive)
        accounts.set_user("ann", PASSWORD, "admin")
        token = accounts.create_token("script", ["rules"], app.clock.now())
        with client(app) as web:
            log_in(web, "ann")
            session = {"Cookie": f"monitor_session={web.cookies['monitor_session']}"}

        def ask(sender: tuple[str, int] = ("127.0.0.1", 1), **headers: str) -> int:
            with TestClient(build_web(app), base_url="http://localhost", client=sender, follow_redirects=False) as web:
                return web.post("/api/v1/silences", json=silence, headers=headers).status_code

        assert ask(**session) == 401
        assert ask(PROXY, **{"X-Forwarded-User": "ann"}) == 401
        for elsewhere in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert ask(**session, **elsewhere) == 403
        assert app.archive.silences.list(app.clock.now()) == []
        for ours in ({"Origin": "http://localhost"}, SAME):
            assert ask(**session, **ours) == 201
        assert ask(PROXY, **SAME, **{"X-Forwarded-User": "ann"}) == 201
        assert ask(Authorization=f"Bearer {token}") == 201


def test_a_token_that_is_wrong_lends_no_login_and_signed_addresses_take_nothing_unsigned(app: App):
    Accounts(app.archive).set_user("ann", PASSWORD, "admin")
    with client(app) as web:
        log_in(web, "ann")
        wrong = {"Authorization": "Bearer nm_wrong", "Sec-Fetch-Site": "cross-site"}
        assert web.post("/api/v1/silences", json={"query": "topic:toll"}, headers=wrong).status_code == 401
        assert web.post("/silences", data={"query": "topic:toll"}, headers=wrong).headers["location"].startswith("/login")
        for path in ("/feedback/forged", "/slack/interactions", "/websub/wire"):
            web.post(path, content=b"payload={}", headers={"Sec-Fetch-Site": "cross-site"})
    assert app.archive.silences.list(app.clock.now()) == []
    assert app.archive.labels.list(10) == []
    assert app.archive.articles.unscored(10) == []


def test_without_users_a_script_on_this_machine_needs_no_token_and_another_site_gets_nothing(app: App):
    with TestClient(build_web(app), base_url="http://localhost") as script:
        silence = {"query": "topic:toll"}
        assert script.post("/api/v1/silences", json=silence).status_code == 201
        assert script.post("/api/v1/silences", json=silence, headers={"Origin": "http://evil.example"}).status_code == 403
        # What a browser asks before it sends JSON to another site; it finds no leave here.
        asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        leave = script.options("/api/v1/silences", headers=asked)
        assert not [name for name in leave.headers if name.startswith("access-control-")]
    assert len(app.archive.silences.list(app.clock.now())) == 1


def test_large_bodies_are_refused(app: App):
    with client(app) as web:
        assert web.post("/rules/check", content=b"x" * 3_000_000).status_code == 413


def test_an_open_address_needs_users(app: App):
    with pytest.raises(ConfigError, match="no users yet"):
        build_web(app, host="0.0.0.0")  # noqa: S104
    Accounts(app.archive).set_user("ann", PASSWORD, "admin")
    build_web(app, host="0.0.0.0")  # noqa: S104


PROXY = ("10.0.0.7", 4711)
BEHIND = {"proxies": ["10.0.0.0/24"], "user_header": "X-Forwarded-User"}


def from_address(app: App, address: tuple[str, int], **headers: str) -> httpx.Response:
    with TestClient(build_web(app), base_url="http://localhost", client=address, follow_redirects=False) as web:
        return web.get("/settings", headers=headers)


def test_a_named_proxy_says_who_is_logged_in_and_nobody_else_does(tmp_path: Path):
    with stage(tmp_path / "desk", web=BEHIND) as app:
        Accounts(app.archive).set_user("ann", PASSWORD, "viewer")
        said = {"X-Forwarded-User": "ann"}
        assert ">ann<" in from_address(app, PROXY, **said).text
        for address in (("203.0.113.9", 1), ("127.0.0.1", 1), ("10.0.1.7", 1), ("testclient", 1)):
            refused = from_address(app, address, **said, **{"X-Forwarded-For": PROXY[0], "X-Real-IP": PROXY[0]})
            assert refused.headers["location"].startswith("/login"), address
        assert from_address(app, PROXY, **{"X-Forwarded-User": "bob"}).status_code == 303
        assert from_address(app, PROXY, **{"X-Forwarded-User": ""}).status_code == 303
        with TestClient(build_web(app), base_url="http://localhost", client=PROXY, follow_redirects=False) as web:
            twice = web.get("/settings", headers=[("X-Forwarded-User", "ann"), ("X-Forwarded-User", "ann")])
            assert twice.status_code == 303
            assert web.post("/rules/toll-opposed/switch", data={"enabled": "false"}, headers={**SAME, **said}).status_code == 403


def test_without_the_setting_no_header_logs_anybody_in(app: App):
    Accounts(app.archive).set_user("ann", PASSWORD, "admin")
    assert from_address(app, ("127.0.0.1", 1), **{"X-Forwarded-User": "ann"}).status_code == 303


def test_failed_logins_are_counted_by_the_address_behind_the_proxy(tmp_path: Path):
    with (
        stage(tmp_path / "desk", web=BEHIND) as app,
        TestClient(build_web(app), base_url="http://localhost", client=PROXY) as web,
    ):
        Accounts(app.archive).set_user("ann", PASSWORD, "admin")
        guess = {"name": "nobody", "password": "wrong wrong wrong"}
        codes = [
            web.post("/login", data={**guess, "name": f"n{at}"}, headers={**SAME, "X-Forwarded-For": "198.51.100.1"}).status_code
            for at in range(8)
        ]
        assert codes[-1] == 429
        other = web.post(
            "/login", data={**guess, "name": "n9"}, headers={**SAME, "X-Forwarded-For": "198.51.100.1, 198.51.100.2, 10.0.0.8"}
        )
        assert other.status_code == 401


def test_cookies_insist_on_https_where_the_browser_came_by_it(tmp_path: Path):
    with stage(tmp_path / "desk", web=BEHIND) as app:
        Accounts(app.archive).set_user("ann", PASSWORD, "admin")
        for address, is_secure in ((PROXY, True), (("203.0.113.9", 1), False)):
            with TestClient(
                build_web(app), base_url="http://localhost", client=address, follow_redirects=False, headers=SAME
            ) as web:
                cookie = web.post(
                    "/login", data={"name": "ann", "password": PASSWORD}, headers={"X-Forwarded-Proto": "https"}
                ).headers["set-cookie"]
                assert ("Secure" in cookie) == is_secure


def test_a_header_is_believed_from_named_proxies_only(tmp_path: Path):
    for wrong in (
        {"user_header": "X-Forwarded-User"},
        {"proxies": ["nginx"], "user_header": "X-User"},
        {"user_header": "X User", "proxies": ["10.0.0.1"]},
    ):
        with pytest.raises(ConfigError), stage(tmp_path / str(len(str(wrong))), web=wrong):
            pass


def test_with_users_every_route_refuses_strangers(app: App):
    Accounts(app.archive).set_user("ann", PASSWORD, "admin")
    walked = 0
    with client(app) as web:
        for route in _routes(build_web(app)):
            path = route.path.replace("{number}", "1").replace("{form}", "atom")
            for name in ("name", "token", "article"):
                path = path.replace(f"{{{name}}}", "1")
            for method in route.methods or ():
                if route.path in PUBLIC:
                    continue
                for given in ({}, {"Authorization": "Bearer nm_wrong"}, {"Cookie": "monitor_session=wrong"}):
                    answer = web.request(method, path, headers=given)
                    assert answer.status_code in {303, 401}, (method, path, answer.status_code, given)
                    assert "Freedonia" not in answer.text
                walked += 1
    assert walked > 55


def _routes(web: object) -> list[APIRoute]:
    from monitor.web import api, hooks, pages

    return [route for router in (api.router, pages.router, hooks.router) for route in endpoints(router.routes)]


def test_sessions_begin_rotate_and_end(app: App):
    Accounts(app.archive).set_user("ann", PASSWORD, "viewer")
    with client(app) as web:
        assert web.get("/alerts?days=30").headers["location"] == "/login?next=%2Falerts%3Fdays%3D30"
        assert log_in(web, "ann", "wrong").status_code == 401
        first = log_in(web, "ann", next="/alerts")
        assert (first.status_code, first.headers["location"]) == (303, "/alerts")
        cookie = first.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        key = web.cookies["monitor_session"]
        assert web.get("/").status_code == 200
        log_in(web, "ann")
        assert web.cookies["monitor_session"] != key
        web.post("/logout", data={"everywhere": "true"})
        for old in (key, web.cookies.get("monitor_session", "")):
            assert web.get("/", headers={"Cookie": f"monitor_session={old}"}).status_code == 303


def test_nobody_is_sent_to_another_site(app: App):
    Accounts(app.archive).set_user("ann", PASSWORD, "viewer")
    with client(app) as web:
        for place in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y"):
            assert log_in(web, "ann", next=place).headers["location"] == "/", place


def test_roles_and_scopes_limit_what_can_be_done(app: App):
    accounts = Accounts(app.archive)
    accounts.set_user("vic", PASSWORD, "viewer")
    tokens = {scope: accounts.create_token(scope, [scope], app.clock.now()) for scope in ("read", "label", "rules")}
    assert all(secret not in str(app.archive.states.load("web:accounts")) for secret in tokens.values())
    with client(app) as web:
        log_in(web, "vic")
        assert web.post("/articles/1/labels", data={"label": "relevant"}).status_code == 303
        assert web.get("/rules/edit").status_code == 403
        assert web.post("/silences", data={"query": "topic:toll"}).status_code == 403

    def ask(method: str, path: str, scope: str, **given: object) -> int:
        with client(app) as web:
            return web.request(method, path, headers={"Authorization": f"Bearer {tokens[scope]}"}, **given).status_code  # type: ignore[arg-type]

    label = {"article": 1, "label": "relevant"}
    assert ask("GET", "/api/v1/search", "read") == 200
    assert ask("POST", "/api/v1/labels", "read", json=label) == 403
    assert ask("POST", "/api/v1/labels", "label", json=label) == 201
    assert ask("GET", "/api/v1/search", "label") == 403
    assert ask("POST", "/api/v1/silences", "rules", json={"query": "topic:toll"}) == 201
    with client(app) as web:
        assert web.get("/api/v1/search", headers={"Authorization": "Bearer nm_wrong"}).status_code == 401
        basic = base64.b64encode(f"reader:{tokens['read']}".encode()).decode()
        assert web.get("/feeds/q.atom?q=toll", headers={"Authorization": f"Basic {basic}"}).status_code == 200
    assert accounts.revoke_token("read")
    assert ask("GET", "/api/v1/search", "read") == 401


def test_failed_logins_are_slowed_down(app: App):
    Accounts(app.archive).set_user("ann", PASSWORD, "viewer")
    with client(app) as web:
        codes = [log_in(web, "ann", "wrong").status_code for _ in range(6)]
        assert codes == [401] * 5 + [429]
        assert log_in(web, "ann").status_code == 429
        clock = app.clock
        assert isinstance(clock, FixedClock)
        clock.advance(timedelta(minutes=20))
        assert log_in(web, "ann").status_code == 303


def test_the_pages_run_beside_something_else_and_stop(app: App):
    with serving(app, "127.0.0.1", 0) as address:
        assert httpx.get(f"{address}readyz").json()["ready"] is True
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}healthz")
