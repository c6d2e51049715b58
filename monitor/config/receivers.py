"""Receivers built into channels; what keeps one from being built is told at the place where it was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from monitor.config.documents import Document
from monitor.config.rulebook import receiver_documents
from monitor.errors import ChannelError, ConfigError, Problem
from monitor.secret import Secret

if TYPE_CHECKING:
    from monitor.model import Receiver
    from monitor.ports import Channel


@dataclass(frozen=True)
class Said:
    """Where receivers were configured: in the rules, and in the settings what all receivers of a kind inherit."""

    rules: Path
    channels: Mapping[str, Mapping[str, Any]]
    settings: Document

    def placed(self, problem: Problem, receiver: Receiver, key: str = "") -> Problem:
        """The mistake at this key of the receiver, or in the settings where the receiver has the key from them."""
        document = self._documents.get(receiver.id)
        own = document.data["receivers"][receiver.id] if document else {}
        if key not in own and key in self.channels.get(receiver.kind, {}):
            return self.settings.problem(problem.message, ("channels", receiver.kind, key), hint=problem.hint)
        message = f"receiver {receiver.id}: {problem.message}"
        if document is None:
            return replace(problem, message=message)
        return document.problem(message, ("receivers", receiver.id, key), hint=problem.hint)

    @cached_property
    def _documents(self) -> Mapping[str, Document]:
        return receiver_documents(self.rules)


def build_channels(
    receivers: Iterable[Receiver], build: Callable[[Receiver], Channel], said: Said, *, without_secrets: bool = False
) -> tuple[dict[str, Channel], list[Problem]]:
    """A channel for each receiver that can be built, and what keeps the others from it, each mistake once.

    `without_secrets`: a variable or file of a secret that is not there is no mistake.
    """
    built: dict[str, Channel] = {}
    problems: list[Problem] = []
    for receiver in receivers:
        missing = _missing_secrets(receiver.config)
        if not without_secrets:
            problems += [said.placed(one, receiver, key) for key, one in missing.items()]
        try:
            built[receiver.id] = build(receiver)
        except ConfigError as error:
            problems += [said.placed(one, receiver) for one in error.problems if one not in missing.values()]
        except ChannelError as error:
            problems.append(said.placed(Problem(str(error)), receiver))
    return built, list(dict.fromkeys(problems))


def _missing_secrets(config: Any) -> dict[str, Problem]:
    """What is said of each key whose secret cannot be had."""
    found: dict[str, Problem] = {}
    for key in type(config).model_fields:
        secret = getattr(config, key)
        try:
            _ = secret.reveal() if isinstance(secret, Secret) else None
        except ConfigError as error:
            (found[key],) = error.problems
    return found
