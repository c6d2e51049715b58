"""Users, sessions and tokens of an archive: hashed, limited, ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from monitor.archives import sqlite
from monitor.errors import ConfigError
from monitor.services.accounts import STATE, Accounts, Throttled

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
WORD = "correct horse"


@pytest.fixture
def accounts() -> Iterator[Accounts]:
    archive = sqlite.build(sqlite.Config(path=":memory:"))
    # As little work as the algorithm allows; how long a guess takes is its business, not ours.
    yield Accounts(archive, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    archive.close()


@pytest.mark.parametrize(("name", "password", "role"), [("", WORD, "viewer"), ("kim", "short", "viewer"), ("kim", WORD, "owner")])
def test_a_user_needs_a_name_a_role_and_a_long_password(accounts: Accounts, name: str, password: str, role: str):
    with pytest.raises(ConfigError, match="a user needs a name, a role"):
        accounts.set_user(name, password, role)
    assert accounts.users() == {}


def test_sessions_end_by_themselves_on_leaving_and_with_their_user(accounts: Accounts):
    accounts.set_user("kim", WORD, "editor")
    first, second, third = (accounts.log_in("kim", WORD, "10.0.0.1", NOW) or "" for _ in range(3))

    who = accounts.of_session(first, NOW)
    assert who is not None
    assert (who.name, who.is_session, who.may("rules"), who.may("admin")) == ("kim", True, True, False)
    assert accounts.of_session(first, NOW + timedelta(days=14)) is None
    accounts.log_out(first)
    assert (accounts.of_session(first, NOW), accounts.of_session(second, NOW) is not None) == (None, True)
    accounts.log_out(second, everywhere=True)
    assert accounts.of_session(third, NOW) is None
    last = accounts.log_in("kim", WORD, "10.0.0.1", NOW) or ""
    assert accounts.remove_user("kim")
    assert (accounts.of_session(last, NOW), accounts.remove_user("kim"), accounts.of_name("kim")) == (None, False, None)


def test_a_new_password_ends_sessions_and_old_ones_are_swept_at_a_login(accounts: Accounts):
    accounts.set_user("kim", WORD, "viewer")
    old = accounts.log_in("kim", WORD, "10.0.0.1", NOW) or ""
    accounts.log_in("kim", WORD, "10.0.0.1", NOW + timedelta(days=20))
    assert len(accounts.archive.states.load(STATE)["sessions"]) == 1

    accounts.set_user("kim", WORD * 2, "admin")

    assert accounts.of_session(old, NOW) is None
    assert accounts.users() == {"kim": "admin"}
    assert accounts.log_in("kim", WORD, "10.0.0.1", NOW) is None


def test_tokens_have_the_scopes_they_were_given_until_they_are_revoked(accounts: Accounts):
    token = accounts.create_token("bot", ["label", "read"], NOW)

    who = accounts.of_token(token)
    assert who is not None
    assert (who.name, sorted(who.scopes), who.is_session) == ("bot", ["label", "read"], False)
    assert [one["name"] for one in accounts.tokens()] == ["bot"]
    with pytest.raises(ConfigError, match="there is a token named 'bot' already"):
        accounts.create_token("bot", ["read"], NOW)
    for scopes in (["write"], []):
        with pytest.raises(ConfigError, match="unknown scope"):
            accounts.create_token("other", scopes, NOW)
    assert (accounts.revoke_token("bot"), accounts.revoke_token("bot")) == (True, False)
    assert accounts.of_token(token) is None


def test_nothing_stored_is_a_password_a_key_or_a_token(accounts: Accounts):
    accounts.set_user("kim", WORD, "viewer")
    secrets = (WORD, accounts.log_in("kim", WORD, "10.0.0.1", NOW), accounts.create_token("bot", ["read"], NOW))

    assert not any(str(secret) in str(accounts.archive.states.load(STATE)) for secret in secrets)


def test_guesses_are_slowed_and_a_right_password_forgives_them(accounts: Accounts):
    accounts.set_user("kim", WORD, "viewer")
    for _ in range(4):
        assert accounts.log_in("kim", "wrong", "10.0.0.1", NOW) is None
    assert accounts.log_in("kim", WORD, "10.0.0.1", NOW)
    for _ in range(5):
        accounts.log_in("kim", "wrong", "10.0.0.1", NOW)

    with pytest.raises(Throttled, match="try again in"):
        accounts.log_in("kim", WORD, "10.9.9.9", NOW)
    assert accounts.log_in("kim", WORD, "10.9.9.9", NOW + timedelta(minutes=16))


def test_a_name_that_nobody_has_is_refused_and_slowed_like_one_that_somebody_has(accounts: Accounts):
    for _ in range(5):
        assert accounts.log_in("nobody", WORD, "10.0.0.1", NOW) is None

    for name, client in (("nobody", "10.9.9.9"), ("kim", "10.0.0.1")):
        with pytest.raises(Throttled, match="too many failed logins; try again in 2 seconds"):
            accounts.log_in(name, WORD, client, NOW)
    assert accounts.log_in("nobody", WORD, "10.0.0.1", NOW + timedelta(seconds=2)) is None


def test_a_flood_of_invented_names_does_not_fill_the_memory(accounts: Accounts):
    accounts._failures.update({f"user {number}": (1, NOW) for number in range(10_001)})

    assert accounts.log_in("nobody", WORD, "10.0.0.1", NOW) is None

    assert set(accounts._failures) == {"user nobody", "client 10.0.0.1"}
