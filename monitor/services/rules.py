"""What people ask about rules before they trust them: their state, what a change gains and loses, why nothing came."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from monitor.config.durations import format_duration
from monitor.config.rulebook import load_rulebook
from monitor.core.alerts import alerting
from monitor.core.alerts.firing import Firing, claims, grouped
from monitor.core.queries.query import Vocabulary, parse
from monitor.core.queries.suggestions import suggestion
from monitor.errors import ConfigError, NotFoundError, Problem
from monitor.model import Alert, Hit, Reason, Rule, Rulebook, Suppression
from monitor.ports import Archive
from monitor.services.backtest import backtest
from monitor.services.silences import in_force

WEEK = timedelta(days=7)
EVER = timedelta(days=36_500)
_EVERYTHING = 1_000_000
_OF_GROUPS = 200


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an article did, or did not, lead to an alert of a rule.

    `clauses` are the query's clauses as written and whether the article answers them; `verdict` is the gate's answer now,
    for each holder where the rule groups by holder;
    `recorded` are the suppressions stored when it happened; `alerts` those that were sent and name the article.
    """

    article: int
    rule: str
    clauses: tuple[tuple[str, bool], ...]
    is_match: bool
    verdict: str
    recorded: tuple[Suppression, ...]
    alerts: tuple[Alert, ...]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleDiff:
    """What a changed rule gains and loses: alerts by group, one each."""

    rule: str
    gained: tuple[Alert, ...]
    lost: tuple[Alert, ...]
    kept: int


def rule_named(rulebook: Rulebook, name: str) -> Rule:
    """The rule with this id.

    Raises:
        ConfigError: there is none; with the nearest name.
    """
    if name in rulebook.rules:
        return rulebook.rules[name]
    hint = suggestion(name, rulebook.rules) or f"known: {', '.join(rulebook.rules)}"
    raise ConfigError([Problem(f"there is no rule {name!r}", hint=hint)])


def described(rule: Rule) -> dict[str, Any]:
    """The rule's own values, the kind's options among them."""
    return {
        "id": rule.id,
        "title": rule.title,
        "kind": rule.kind,
        "enabled": rule.is_enabled,
        "when": rule.when,
        "notify": list(rule.notify),
        "group_by": rule.group_by,
        "cooldown": format_duration(rule.cooldown),
        "severity": str(rule.severity),
        "min_outlets": rule.min_outlets,
        "max_age": format_duration(rule.max_age),
        **{name: _written(value) for name, value in asdict(rule.options).items()},
    }


def _written(value: Any) -> Any:
    return format_duration(value) if isinstance(value, timedelta) else value


def overview(archive: Archive, rulebook: Rulebook, now: datetime) -> list[dict[str, Any]]:
    """Every rule with its last alert, and its alerts and suppressions of the last week."""
    since = now - WEEK
    alerts = Counter(alert.rule for alert in archive.alerts.recent(since, limit=100_000))
    suppressed = Counter(one.rule for one in archive.alerts.suppressions(since=since, limit=100_000))
    rows = []
    for rule in rulebook.rules.values():
        last = archive.alerts.recent(now - EVER, rule=rule.id, limit=1)
        rows.append(
            {
                "id": rule.id,
                "title": rule.title,
                "kind": rule.kind,
                "enabled": rule.is_enabled,
                "when": rule.when,
                "notify": list(rule.notify),
                "severity": str(rule.severity),
                "last_alert": last[0].created.isoformat(timespec="seconds") if last else None,
                "alerts": alerts[rule.id],
                "suppressed": suppressed[rule.id],
            }
        )
    return rows


def explain(archive: Archive, rulebook: Rulebook, rule: Rule, article: int, now: datetime) -> Explanation:
    """Clause by clause whether the article answers, what the gates say, and what was recorded when it came.

    Raises:
        NotFoundError: no such article.
    """
    if not archive.articles.get([article]):
        raise NotFoundError(f"there is no article {article}; find one with `monitor search`")
    vocabulary = Vocabulary.of(rulebook)
    query = parse(rule.when, vocabulary)
    clauses = tuple(archive.search.explain(query, article, now=now))
    hits = archive.search.hits(query, now=now, within=[article])
    alerts = tuple(archive.alerts.recent(now - EVER, rule=rule.id, article=article, limit=_EVERYTHING))
    return Explanation(
        article,
        rule.id,
        clauses,
        bool(hits),
        _gate(archive, rule, vocabulary, hits, now),
        tuple(_recorded(archive, rule, hits, article)),
        alerts,
        _values(archive, article),
    )


def diff(
    archive: Archive, before: Rulebook, after: Rulebook, *, since: datetime, now: datetime, storm: int, only: str | None = None
) -> list[RuleDiff]:
    """What each changed rule gains and loses over the archive; rules that read the same are left out."""
    names = [only] if only else sorted(set(before.rules) | set(after.rules))
    found = []
    for name in names:
        old, new = before.rules.get(name), after.rules.get(name)
        if old is not None and new is not None and _same(old, new, before, after):
            continue
        old_alerts = _alerts(archive, before, old, since, now, storm)
        new_alerts = _alerts(archive, after, new, since, now, storm)
        gained = tuple(alert for group, alert in new_alerts.items() if group not in old_alerts)
        lost = tuple(alert for group, alert in old_alerts.items() if group not in new_alerts)
        found.append(RuleDiff(name, gained, lost, len(old_alerts.keys() & new_alerts.keys())))
    return found


def rulebook_at(against: str, rules: Path, **words: Any) -> Rulebook:
    """The rulebook in a file or directory, or as a git revision has it.

    Raises:
        ConfigError: it is neither, or does not validate.
    """
    if Path(against).exists():
        return load_rulebook(Path(against), **words)
    with TemporaryDirectory() as directory:
        for name, text in _from_git(against, rules):
            target = Path(directory) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        return load_rulebook(Path(directory), **words)


def _from_git(revision: str, rules: Path) -> list[tuple[str, str]]:
    folder = rules if rules.is_dir() else rules.parent
    listed = _git(folder, "ls-tree", "-r", "--name-only", "--end-of-options", revision, "--", ".").splitlines()
    wanted = [name for name in listed if name.endswith((".yaml", ".yml")) and (rules.is_dir() or name == rules.name)]
    if not wanted:
        raise ConfigError([Problem(f"{revision} holds no rules", str(rules))])
    return [(name, _git(folder, "show", "--end-of-options", f"{revision}:./{name}")) for name in wanted]


def _git(folder: Path, *words: str) -> str:
    try:
        # No shell, and no word of the user is an option. Which git answers is for the PATH to say.
        done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True, timeout=30)  # noqa: S603, S607
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        hint = "name a file, a directory or a git revision"
        raise ConfigError([Problem(f"git cannot read it: {said.strip()}", str(folder), hint=hint)]) from error
    return done.stdout


def _same(old: Rule, new: Rule, before: Rulebook, after: Rulebook) -> bool:
    return old == new and before.topics == after.topics and before.actors == after.actors


def _alerts(archive: Archive, book: Rulebook, rule: Rule | None, since: datetime, now: datetime, storm: int) -> dict[str, Alert]:
    if rule is None or not rule.is_enabled:
        return {}
    done = backtest(archive, book, replace(rule, notify=()), since=since, now=now, storm=storm)
    return {alert.group: alert for alert in done.alerts}


def _gate(archive: Archive, rule: Rule, vocabulary: Vocabulary, hits: Sequence[Hit], now: datetime) -> str:
    if not rule.is_enabled:
        return "the rule is disabled"
    if not hits:
        return "the article does not answer the query"
    groups = grouped(hits, rule.group_by)
    last = archive.alerts.last(rule.id, list(groups))
    article = [hits[0].article]
    silenced = any(archive.search.hits(one, now=now, within=article) for one in in_force(archive, vocabulary, now))
    said = {}
    for name, mine in groups.items():
        firing = Firing(name, tuple(mine), "", claims(name, mine))
        said[name] = _in_words(alerting.decide(rule, firing, last.get(name), is_silenced=silenced, now=now))
    if len(said) == 1:
        return "".join(said.values())
    return "; ".join(f"{name.partition(':')[2]}: {words}" for name, words in said.items())


def _in_words(verdict: alerting.Verdict) -> str:
    if verdict.reason is Reason.SEND:
        return "it would be sent now"
    return f"{verdict.reason}: {verdict.note}" if verdict.note else str(verdict.reason)


def _recorded(archive: Archive, rule: Rule, hits: Sequence[Hit], article: int) -> list[Suppression]:
    own = archive.alerts.suppressions(rule=rule.id, article=article, limit=_EVERYTHING)
    groups = list(grouped(hits, rule.group_by))
    # A firing of several articles is recorded under one of them; a group such as an outlet may have very many firings.
    beside = archive.alerts.suppressions(rule=rule.id, groups=groups, limit=_OF_GROUPS) if groups else []
    return sorted(dict.fromkeys([*own, *beside]), key=lambda one: one.at, reverse=True)


def _values(archive: Archive, article: int) -> dict[str, Any]:
    scores = archive.scores.get(article)
    if scores is None:
        return {}
    return {
        "model": scores.model,
        "relevance": {one.topic: round(one.probability, 3) for one in scores.relevances},
        "statements": [f"{one.holder} {one.stance} {one.topic} {one.confidence:.2f} ({one.voice})" for one in scores.statements],
    }
