"""Hostile text in every field that people or outlets write, on every page, in a real browser: nothing of it acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest
import yaml

from monitor.app import App
from monitor.core.alerts.links import Action, Answer
from monitor.model import (
    Alert,
    Delivery,
    DeliveryState,
    Evidence,
    Fetched,
    Label,
    Reason,
    Relevance,
    Scores,
    Severity,
    Stance,
    Statement,
    Suppression,
    Voice,
)
from monitor.services.accounts import Accounts
from monitor.services.links import signer
from monitor.services.optouts import opt_out
from monitor.services.silences import add_silence
from monitor.web import serving
from tests.browsing import Watched, needs_chromium
from tests.hostile import SCRIPTS, scripts
from tests.tinymodels import make_weights
from tests.webstage import NOW, article, stage

pytestmark = needs_chromium

ACTING = """() => {
  const found = [];
  for (const one of document.querySelectorAll('*')) {
    const name = one.localName;
    for (const given of one.attributes) {
      if (given.name.startsWith('on') || given.name === 'style' || given.name === 'srcdoc') found.push(name + ' ' + given.name);
      if (/^\\s*(javascript|data|vbscript):/i.test(given.value) && ['href', 'src', 'action', 'formaction', 'xlink:href'].includes(given.name))
        found.push(name + ' ' + given.name + '=' + given.value.slice(0, 60));
    }
    if (['object', 'embed', 'base', 'applet', 'style', 'math', 'marquee', 'video', 'audio', 'img', 'frameset'].includes(name)) found.push(name);
    if (name === 'script' && !one.getAttribute('src')?.startsWith('/static/')) found.push('script');
    if (name === 'iframe' && !one.getAttribute('src')?.startsWith('/alerts/')) found.push('iframe');
    if (name === 'link' && !one.getAttribute('href')?.startsWith('/static/')) found.push('link');
    if (name === 'meta' && one.hasAttribute('http-equiv')) found.push('meta');
  }
  return found;
}"""
PER_ARTICLE, PER_STORY, TITLED = 8, 40, 60


def chunks(found: list[str], size: int) -> list[list[str]]:
    return [found[at : at + size] for at in range(0, len(found), size)]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, str]]:
    """A service whose feeds, rules, articles, alerts, labels and logs say nothing but vectors, and its address."""
    root = tmp_path_factory.mktemp("hostile")
    scorer = {"kind": "onnx", "weights": str(make_weights(root / "weights")), "threads": 1}
    with stage(root / "desk", is_filled=False, scorer=scorer, public_url="http://127.0.0.1") as app:
        (app.settings.rules / "desk.yaml").write_text(_rules(), encoding="utf-8")
        _plant(app, scripts())
        with serving(app, "127.0.0.1", 0) as address:
            yield app, address


def _line(text: str, most: int) -> str:
    """A text as a line of a file may hold it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:most] or "x"


def _rules() -> str:
    found = scripts()
    topics = {f"t{at}": {"name": _line(one, 110), "description": _line(one, 400)} for at, one in enumerate(found[:TITLED])}
    rules = {f"r{at}": {"title": _line(one, 190), "when": "topic:toll stance:against"} for at, one in enumerate(found)}
    book = {
        "topics": {"toll": {"name": "Harbour toll", "description": "A toll on the harbour bridge."}, **topics},
        "rules": {"watched": {"when": "topic:toll", "notify": ["desk", "letter", "chat"]}, **rules},
        "receivers": {
            "desk": {"kind": "console"},
            "letter": {"kind": "email", "host": "127.0.0.1", "sender": "a@example.org", "to": ["b@example.org"]},
            "chat": {"kind": "webhook", "url": "http://127.0.0.1:9/"},
        },
    }
    comments = "\n".join(f"# {_line(one, 400)}" for one in found)
    return f"{comments}\n{yaml.safe_dump(book, allow_unicode=True)}"


def _plant(app: App, found: list[str]) -> None:
    archive = app.archive
    feeds = [replace(app.feeds[0], id=f"f{at}", name=one, url=f"https://x.example/{at}") for at, one in enumerate(found)]
    archive.feeds.configure(feeds)
    for state, one in zip([state for _, state in archive.feeds.list()], found, strict=True):
        failed = replace(state, failures=3, last_error=one, redirect_to=one)
        archive.feeds.record(failed, Fetched(state.feed, one, 500, error=one, reason="status"), NOW, 0)
    # A title, an author, an outlet, a feed and a link each: what lists and the pages of stories show.
    ids = archive.articles.add([_article(at, one, one) for at, one in enumerate(found)])
    for number, one in zip(ids, found, strict=True):
        _score(app, number, one, [(one, Stance.AGAINST, one)])
    for group in chunks(ids, PER_STORY):
        story = archive.stories.join(group[0], None)
        for number in group[1:]:
            archive.stories.join(number, story)
        archive.stories.describe(story, found[group[0] - ids[0]], 2)
    _plant_texts(app, found)
    _plant_alerts(app, found, ids)
    opt_out(archive, "letter", NOW)
    for one in found[:TITLED]:
        Accounts(archive).create_token(one, ["read"], NOW)


def _plant_texts(app: App, found: list[str]) -> None:
    archive = app.archive
    # Many vectors in one text, as evidence and among the labels: the page of an article.
    for at, group in enumerate(chunks(found, PER_ARTICLE)):
        (number,) = archive.articles.add([_article(1000 + at, group[0], "\n".join(group))])
        _score(app, number, "\n".join(group), [(one, Stance.FAVOR, one) for one in group])
        archive.stories.join(number, None)
        for one in group:
            archive.labels.add(Label(number, "relevant", one, one, NOW, one))
    # Every vector as a holder who changes sides: the topic's page and its briefing.
    for day in range(10):
        (number,) = archive.articles.add(
            [replace(_article(2000 + day, f"Day {day}", "Day"), published=NOW - timedelta(days=12 - day))]
        )
        side = Stance.AGAINST if day < 5 else Stance.FAVOR
        _score(app, number, "Day", [(one, side, "Day") for one in found])
        archive.stories.join(number, None)


def _plant_alerts(app: App, found: list[str], ids: list[int]) -> None:
    archive, rulebook = app.archive, app.rulebook
    for at, group in enumerate(chunks(found, 25)):
        alert = Alert(
            f"a{at:03}", "watched", group[0], group[0], " ".join(group), NOW - timedelta(hours=1), Severity.URGENT,
            tuple(ids[at * 25 : at * 25 + 25]), archive.articles.get(ids[at * 25 : at * 25 + 1])[0].story,
            tuple(_statement(ids[at * 25], one, Stance.AGAINST, one) for one in group), {"note": group[0]},
        )  # fmt: skip
        dead = Delivery(f"d{at}", alert.id, "letter", DeliveryState.DEAD, 3, last_error=group[-1])
        archive.alerts.plan([(alert, [dead])], [Suppression("watched", one, Reason.COOLDOWN, NOW, ids[0], one) for one in group])
    for at, one in enumerate(found):
        shown = Alert(f"b{at:03}", f"r{at}", one, one, one, NOW - timedelta(hours=2 + at % 3), Severity.NORMAL, (ids[at],))
        archive.alerts.plan([(shown, [])], [])
        # The service stores no silence that it cannot read.
        asked = _line(one, 190).replace('"', "")
        add_silence(archive, rulebook, f'"toll {asked}"', "1d", one, NOW)


def _article(at: int, title: str, text: str) -> object:
    return article(
        1, feed="f1", keys=(f"v{at}",), title=title, text=f"{text}\n{text}", author=title, url=title, source=title[:60],
        tags=(title[:40],), published=NOW - timedelta(minutes=at % 500), seen=NOW,
    )  # fmt: skip


def _statement(number: int, holder: str, stance: Stance, sentence: str) -> Statement:
    sure = {"favor": 0.06, "against": 0.06, "neutral": 0.06, str(stance): 0.88}
    evidence = Evidence(sentence, 0, len(sentence), "text")
    return Statement(
        "toll", holder, stance, sure["favor"], sure["against"], sure["neutral"], Voice.QUOTED, evidence, is_found=True, article=number
    )  # fmt: skip


def _score(app: App, number: int, text: str, said: list[tuple[str, Stance, str]]) -> None:
    statements = []
    for holder, stance, sentence in said:
        one = _statement(number, holder, stance, sentence)
        start = max(text.find(sentence), 0)
        statements.append(replace(one, evidence=Evidence(sentence, start, start + len(sentence), "text")))
    relevances = (Relevance("toll", 0.9, is_relevant=True),)
    app.archive.scores.save([Scores(number, "en", said[0][0][:200], None, relevances, tuple(statements), at=NOW)])


class Visitor(Watched):
    """Opens pages and looks at each for anything that could act."""

    def look(self, what: str = "") -> None:
        acting = self.page.evaluate(ACTING)
        self.trouble += [f"{what or self.page.url}: {one}" for one in acting]

    def open(self, address: str, path: str) -> None:
        self.page.goto(address + path, wait_until="load")
        self.look(path)


@pytest.fixture
def visitor(browser: object) -> Iterator[Visitor]:
    made = Visitor(browser)
    yield made
    made.close()


LISTS = (
    "", "?days=7", "topics", "topics/toll", "topics/toll?days=365", "topics/toll/briefing?days=30", "topics/t1", "stories?days=30",
    "alerts?days=30", "alerts?rule=watched&days=30", "rules", "rules/r1", "rules/new", "rules/r5/form", "feeds", "settings", "try?rule=r1",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_pages_that_list(visitor: Visitor, desk: tuple[App, str], path: str):
    visitor.open(desk[1], path)
    assert visitor.trouble == []


def test_pages_of_one_thing(visitor: Visitor, desk: tuple[App, str]):
    app, address = desk
    count = len(scripts())
    for number in (*range(count + 1, count + len(chunks(scripts(), PER_ARTICLE)) + 1), count + 40):
        visitor.open(address, f"articles/{number}?rule=r1")
    for number in range(1, len(chunks(scripts(), PER_STORY)) + 1):
        visitor.open(address, f"stories/{number}")
    for at in range(len(chunks(scripts(), 25))):
        visitor.open(address, f"alerts/a{at:03}")
        visitor.page.goto(f"{address}alerts/a{at:03}/preview/letter", wait_until="load")
        assert (
            visitor.page.evaluate("document.querySelectorAll('script, iframe, object, embed, base, [onerror], [onload]').length")
            == 0
        )
    for at in range(8):
        answer = Answer(Action.UNSUBSCRIBE, f"b{at:03}", f"r{at}", scripts()[at], scripts()[at], NOW)
        visitor.open(address, f"feedback/{signer(app.archive).token(answer)}")
    assert visitor.trouble == []


def test_every_article_found_and_every_text_asked_for(visitor: Visitor, desk: tuple[App, str]):
    _, address = desk
    cursor: str | None = ""
    while cursor is not None:
        visitor.open(address, f"search?q=topic:toll&cursor={cursor}")
        visitor.page.wait_for_selector(".facet")
        visitor.look("facets")
        following = visitor.page.query_selector("a[rel=next]")
        cursor = following.get_attribute("href").split("cursor=")[1] if following else None
    for one in scripts()[::4]:
        visitor.open(address, f"search?q={_quoted(one)}")
    for one in scripts()[:8]:
        for path in ("topics/", "rules/", "alerts/", "nowhere/", "login?next=", "rules/edit?file=", "rules/new?q=", "try?q="):
            visitor.open(address, path + _quoted(one))
    assert visitor.trouble == []


def test_what_is_pasted_and_typed(visitor: Visitor, desk: tuple[App, str]):
    _, address = desk
    page = visitor.page
    for group in chunks(scripts(), 60):
        visitor.open(address, "try")
        page.fill("[name=title]", group[0][:900])
        page.fill("[name=text]", "\n".join(group)[:19_000])
        page.click("summary:has-text('A topic that no file has yet')")
        page.fill("[name=topic_name]", _line(group[1], 190))
        page.click("button:has-text('Try it')")
        page.wait_for_selector("#said, .notice")
        visitor.look("what was tried")
    for one in (*SCRIPTS[:3], SCRIPTS[5]):
        visitor.open(address, "rules/new")
        page.fill("[name=words]", "toll")
        page.fill("[name=title]", _line(one, 190))
        page.click("text=Preview 30 days")
        page.wait_for_selector("#preview, #mistakes")
        visitor.look("the preview of a form")
        page.fill("[name=words]", one)
        page.click("button:has-text('Save')")
        page.wait_for_selector("#mistakes, .said")
        visitor.look("a form refused")
    visitor.open(address, "rules/edit?rule=r1")
    page.locator("#code .cm-content").wait_for()
    page.locator("#code .cm-content").click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("<img src=x onerror=alert(1)>: 1\n")
    page.wait_for_selector("#problems li")
    visitor.look("the mistakes of a draft")
    assert visitor.trouble == []


def _quoted(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")
