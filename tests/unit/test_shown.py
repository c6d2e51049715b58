"""What may be shown of a configuration: never a secret, wherever it stands."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.shown import HIDDEN, without_credentials, without_password, without_secrets

CANARY = "c4nary-w0rd"
KEYS = st.sampled_from(["password", "Bot_Token", "webhook", "headers", "api_key", "signing_secret", "credentials"])
NAMES = st.sampled_from(["host", "to", "name", "kind"]) | st.text("abc", min_size=1, max_size=3)


def holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values that hold this one somewhere below a secret key."""
    return st.recursive(
        inner,
        lambda deeper: st.dictionaries(NAMES, deeper, min_size=1, max_size=2) | st.lists(deeper, min_size=1, max_size=2),
        max_leaves=4,
    )


@given(NAMES, KEYS, holding(st.just(CANARY)))
def test_nothing_below_a_secret_key_is_shown(outer: str, key: str, value: Any):
    assert CANARY not in json.dumps(without_secrets({outer: {key: value, "port": 587}}))


@given(st.dictionaries(NAMES, st.integers() | st.booleans() | st.none() | st.text("xyz ", max_size=5), max_size=4))
def test_what_is_no_secret_stays_as_it_is(values: dict[str, Any]):
    assert without_secrets(values) == values


@pytest.mark.parametrize("place", [{"env": "SMTP_PASSWORD"}, {"file": "/run/secrets/smtp"}])
def test_where_a_secret_lies_may_be_told(place: dict[str, str]):
    assert without_secrets({"password": place}) == {"password": place}


def test_a_secret_written_out_is_hidden_and_an_empty_one_shown_as_empty():
    assert without_secrets({"password": {"value": CANARY}, "token": "", "to": ("a", "b")}) == {
        "password": {"value": HIDDEN},
        "token": "",
        "to": ["a", "b"],
    }


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:word@host/name", "postgresql://me:***@host/name"),
        ("postgresql://me:w@rd@host/name", "postgresql://me:***@host/name"),
        ("https://example.org/a:b@c", "https://example.org/a:b@c"),
        ("db/monitor.db", "db/monitor.db"),
    ],
)
def test_a_password_within_an_address_is_hidden(address: str, shown: str):
    assert without_password(address) == shown
    assert without_secrets({"archive": address}) == {"archive": shown}


WORDS = st.text(min_size=1, max_size=20).filter(lambda text: CANARY not in text)


@given(WORDS, WORDS, st.sampled_from(["feeds.example", "feeds.example:8080", "[2001:db8::1]:80", "127.0.0.1"]))
def test_no_credentials_stay_in_a_web_address(user: str, word: str, host: str):
    for login in (f"{quote(user, safe='')}:{quote(word, safe='')}", quote(user, safe=""), f":{quote(word, safe='')}"):
        assert without_credentials(f"https://{login}@{host}/feed?a=b") == f"https://{host}/feed?a=b"


@given(st.text("ab:/@#?%[]1. ", max_size=20))
def test_leaving_credentials_out_never_fails(rest: str):
    without_credentials(f"http://{rest}")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://social.example/@desk.rss", "https://social.example/@desk.rss"),
        ("https://feeds.example/?to=a@b.example", "https://feeds.example/?to=a@b.example"),
        ("HTTPS://Feeds.example/a?", "HTTPS://Feeds.example/a?"),
        (f"http://me:{CANARY}/x@feeds.example/rss", "http://feeds.example/rss"),
        (f"http://me:x@{CANARY}@feeds.example/rss", "http://feeds.example/rss"),
        (f"http://me:[{CANARY}@feeds.example/rss", "http://feeds.example/rss"),
        ("file://feeds/a.xml", "file://feeds/a.xml"),
    ],
)
def test_what_is_left_of_a_web_address(address: str, shown: str):
    assert without_credentials(address) == shown
