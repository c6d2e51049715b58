"""kind: digest — everything that matched since the last one, at times a cron line names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from monitor.core.alerts.firing import Evaluation, Firing, Outcome, stories
from monitor.core.alerts.render import plural
from monitor.core.briefings.words import WORDS

IS_PERIODIC = True
_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)
EXAMPLE = {
    "title": "Northeast Asia, every morning",
    "when": "topic:freedom-edge OR topic:russia-dprk-pact",
    "kind": "digest",
    "cron": "0 6 * * mon-fri",
    "zone": "Asia/Seoul",
}


@dataclass(frozen=True, slots=True)
class Options:
    """When to send (`cron`, five fields, in the IANA `zone`), how far back at most (`longest`), and with what.

    `briefing` names a topic whose briefing since the last digest goes with it, in `language`.
    """

    cron: str = "0 6 * * *"
    zone: str = "UTC"
    longest: timedelta = timedelta(days=7)
    briefing: str = ""
    language: str = "en"

    def __post_init__(self) -> None:
        if self.language not in WORDS:
            raise ValueError(f"a briefing cannot be written in {self.language!r}; languages: {', '.join(sorted(WORDS))}")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"zone {self.zone!r} is not an IANA time zone such as Asia/Seoul") from error
        due(self, _ANY_TIME)


def reach(options: Options) -> timedelta | None:
    """As far back as the longest gap between two digests."""
    return options.longest


def due(options: Options, after: datetime) -> datetime:
    """The first time after `after` that the cron line names.

    Raises:
        ValueError: it is no cron line, or names a day that never comes.
    """
    try:
        trigger = CronTrigger.from_crontab(options.cron, timezone=options.zone)
    except ValueError as error:
        form = "minute hour day month weekday, such as 0 6 * * mon-fri"
        raise ValueError(f"{options.cron!r} is not a cron line: {form}") from error
    moment: datetime | None = trigger.get_next_fire_time(after, after + timedelta(microseconds=1))
    if moment is None:
        raise ValueError(f"the cron line {options.cron!r} names a day that never comes")
    return moment.astimezone(after.tzinfo)


def fire(evaluation: Evaluation) -> Outcome:
    """When the next time has come: one firing with all hits seen since the last digest; none when there is nothing to say."""
    options: Options = evaluation.options
    last = evaluation.state.get("last")
    if last is None:
        return Outcome((), {"last": evaluation.now.isoformat()})
    since = datetime.fromisoformat(str(last))
    if evaluation.now < due(options, since):
        return Outcome()
    hits = tuple(hit for hit in evaluation.past if since < hit.seen <= evaluation.now)
    state = {"last": evaluation.now.isoformat()}
    if not hits:
        return Outcome((), state)
    why = f"{plural(stories(hits), 'story')} since {since:%Y-%m-%d %H:%M} UTC"
    firing = Firing("digest", hits, why, (), evaluation.now.isoformat(), {"stories": stories(hits), "since": since.isoformat()})
    return Outcome((firing,), state)
