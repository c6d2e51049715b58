"""What may be shown of a configuration: never a secret, wherever it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.shown import HIDDEN, without_password, without_secrets

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
