"""Who may use the pages and the API: users, sessions and tokens; secrets are only ever kept as hashes."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from monitor.errors import ConfigError, MonitorError, Problem
from monitor.ports import Archive

STATE = "web:accounts"
"""The name under which accounts are kept among the rules' states."""
SCOPES = ("read", "label", "rules", "admin")
ROLES = {"viewer": ("read", "label"), "editor": ("read", "label", "rules"), "admin": SCOPES}
SESSION = timedelta(days=14)
LEAST_CHARACTERS = 10
_FREE_TRIES = 5
_LONGEST_WAIT = timedelta(minutes=15)


class Throttled(MonitorError):  # noqa: N818 - says what happened, as its siblings do
    """Too many failed logins; `seconds` until the next one is looked at."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"too many failed logins; try again in {seconds} seconds")


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks, and what they may do."""

    name: str
    scopes: frozenset[str]
    is_session: bool = False

    def may(self, scope: str) -> bool:
        """Whether this scope is theirs."""
        return scope in self.scopes


@dataclass
class Accounts:
    """Users, sessions and tokens of one archive; failed logins are remembered by this process only."""

    archive: Archive
    _hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _failures: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    # -- users ---------------------------------------------------------------------------------------------------------

    def users(self) -> dict[str, str]:
        """Name to role."""
        return {name: str(user["role"]) for name, user in self._load()["users"].items()}

    def set_user(self, name: str, password: str, role: str) -> None:
        """Add a user, or give one a new password and role; their sessions end.

        Raises:
            ConfigError: no such role, no name, or a short password.
        """
        if role not in ROLES or not name.strip() or len(password) < LEAST_CHARACTERS:
            raise ConfigError(
                [Problem(f"a user needs a name, a role ({', '.join(ROLES)}) and {LEAST_CHARACTERS} characters of password")]
            )
        hashed = self._hasher.hash(password)
        with self.archive.transaction():
            state = self._load()
            state["users"][name] = {"role": role, "password": hashed}
            self._end(state, name)
            self._save(state)

    def remove_user(self, name: str) -> bool:
        """Remove a user and end their sessions; False when there is none of this name."""
        with self.archive.transaction():
            state = self._load()
            found = state["users"].pop(name, None)
            self._end(state, name)
            self._save(state)
        return found is not None

    # -- sessions ------------------------------------------------------------------------------------------------------

    def log_in(self, name: str, password: str, client: str, now: datetime) -> str | None:
        """A new session's key, or None when name and password do not fit.

        Raises:
            Throttled: too many failures of this name or this client lately.
        """
        self._wait(now, name, client)
        user = self._load()["users"].get(name)
        if not self._fits(user["password"] if user else self._decoy(), password) or user is None:
            self._fail(now, name, client)
            return None
        with self._lock:
            for key in (f"user {name}", f"client {client}"):
                self._failures.pop(key, None)
        key = secrets.token_urlsafe(32)
        with self.archive.transaction():
            state = self._load()
            live = {mark: one for mark, one in state["sessions"].items() if one["until"] > now.isoformat()}
            state["sessions"] = {**live, _hash(key): {"user": name, "until": (now + SESSION).isoformat()}}
            self._save(state)
        return key

    def log_out(self, key: str, *, everywhere: bool = False) -> None:
        """End a session, or all sessions of its user."""
        with self.archive.transaction():
            state = self._load()
            session = state["sessions"].pop(_hash(key), None)
            if session and everywhere:
                self._end(state, session["user"])
            self._save(state)

    def of_session(self, key: str, now: datetime) -> Who | None:
        """Who a session belongs to, or None."""
        state = self._load()
        session = state["sessions"].get(_hash(key))
        user = state["users"].get(session["user"]) if session and session["until"] > now.isoformat() else None
        return Who(session["user"], frozenset(ROLES[user["role"]]), is_session=True) if user else None

    def of_name(self, name: str) -> Who | None:
        """The user of this name, for a proxy that has asked for the password itself."""
        user = self._load()["users"].get(name)
        return Who(name, frozenset(ROLES[user["role"]])) if user else None

    # -- tokens --------------------------------------------------------------------------------------------------------

    def create_token(self, name: str, scopes: Sequence[str], now: datetime) -> str:
        """A new token, shown this once.

        Raises:
            ConfigError: an unknown scope, or a name that is taken.
        """
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown or not scopes:
            raise ConfigError([Problem(f"unknown scope {', '.join(unknown) or '(none)'}", hint=f"known: {', '.join(SCOPES)}")])
        token = f"nm_{secrets.token_urlsafe(32)}"
        with self.archive.transaction():
            state = self._load()
            if any(one["name"] == name for one in state["tokens"].values()):
                raise ConfigError([Problem(f"there is a token named {name!r} already", hint="revoke it first")])
            state["tokens"][_hash(token)] = {"name": name, "scopes": sorted(set(scopes)), "created": now.isoformat()}
            self._save(state)
        return token

    def tokens(self) -> list[dict[str, Any]]:
        """Name, scopes and time of every token, oldest first."""
        return sorted(self._load()["tokens"].values(), key=lambda one: str(one["created"]))

    def revoke_token(self, name: str) -> bool:
        """Revoke a token; False when there is none of this name."""
        with self.archive.transaction():
            state = self._load()
            kept = {mark: one for mark, one in state["tokens"].items() if one["name"] != name}
            is_known = len(kept) < len(state["tokens"])
            state["tokens"] = kept
            self._save(state)
        return is_known

    def of_token(self, token: str) -> Who | None:
        """Who a token speaks for, or None."""
        found = self._load()["tokens"].get(_hash(token))
        return Who(str(found["name"]), frozenset(found["scopes"])) if found else None

    # -- inside --------------------------------------------------------------------------------------------------------

    def _load(self) -> dict[str, Any]:
        return {"users": {}, "sessions": {}, "tokens": {}, **self.archive.states.load(STATE)}

    def _save(self, state: dict[str, Any]) -> None:
        self.archive.states.save(STATE, state)

    @staticmethod
    def _end(state: dict[str, Any], user: str) -> None:
        state["sessions"] = {mark: one for mark, one in state["sessions"].items() if one["user"] != user}

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def _decoy(self) -> str:
        """A hash for names that do not exist, so that they take as long as those that do."""
        with self._lock:
            if not hasattr(self, "_unused"):
                self._unused = self._hasher.hash(secrets.token_urlsafe(16))
        return self._unused

    def _wait(self, now: datetime, name: str, client: str) -> None:
        with self._lock:
            waits = [self._failures[key][1] for key in (f"user {name}", f"client {client}") if key in self._failures]
        left = max(((until - now).total_seconds() for until in waits), default=0)
        if left > 0:
            raise Throttled(int(left) + 1)

    def _fail(self, now: datetime, name: str, client: str) -> None:
        with self._lock:
            if len(self._failures) > 10_000:  # noqa: PLR2004 - a flood of invented names
                self._failures.clear()
            for key in (f"user {name}", f"client {client}"):
                count = self._failures.get(key, (0, now))[0] + 1
                wait = (
                    min(_LONGEST_WAIT, timedelta(seconds=2 ** min(count - _FREE_TRIES, 12)))
                    if count >= _FREE_TRIES
                    else timedelta(0)
                )
                self._failures[key] = (count, now + wait)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
