"""Whatever strangers and people write, nothing raises what it should not. A few examples here; `make fuzz` runs very many.

Seeds are the probes of tests/data: documents are cut, joined and sprinkled with bytes that have broken readers before.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config.documents import parse_yaml
from monitor.config.rulebook import load_rulebook
from monitor.core.feeds.identity import canonical_link, identify, registered_domain
from monitor.core.feeds.markup import plain_text
from monitor.core.queries.clauses import FIELDS
from monitor.core.queries.query import parse
from monitor.core.scoring.holders import compile_actors
from monitor.core.scoring.stance import questions
from monitor.core.scoring.voices import read
from monitor.core.words.sentences import split
from monitor.errors import ConfigError, MonitorError, QueryError
from monitor.model import Actor, Topic
from monitor.sandbox.documents import read_feed
from tests.texts import addresses

DATA = Path(__file__).parents[1] / "data"
FEW = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "25")), deadline=None)
STORABLE = re.compile(r"[^\x00\ud800-\udfff]*", re.DOTALL)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@cache
def probes() -> list[bytes]:
    """The smaller probes, as seeds of documents."""
    files = sorted((DATA / "probes").iterdir())
    return [
        file.read_bytes()
        for file in files
        if file.suffix in {".xml", ".atom", ".json", ".rdf", ".bin"} and file.stat().st_size < 20_000
    ]


NASTY = (
    b"&#xD800;", b"\x00", b"\xff\xfe", b"]]>", b"<![CDATA[", b"&amp;lt;script>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"</item>",
    b"<item>", b"<entry xmlns='http://www.w3.org/2005/Atom'>", "\u202e".encode(), b'{"version": "https://jsonfeed.org/version/1.1"',
    b"<?xml version='1.0' encoding='utf-16'?>", b"xml:base='//['", b"<guid>", b"\r\n\r\n", b"<link>javascript:1</link>", b"1e999",
)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    """A probe with pieces cut out, put in and moved."""
    body = draw(st.sampled_from(probes()))
    for _ in range(draw(st.integers(0, 6))):
        at, until = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        match draw(st.integers(0, 3)):
            case 0:
                body = body[:at] + body[until:]
            case 1:
                body = body[:at] + draw(st.sampled_from(NASTY)) + body[at:]
            case 2:
                body = body[:at] + draw(st.binary(max_size=8)) + body[at:]
            case _:
                body = body[:until] + body[at:][:4000]
    return body


@FEW
@given(
    documents() | st.binary(max_size=300),
    st.sampled_from(["", "https://x.example/feed", "http://["]),
    st.sampled_from(["", "text/xml; charset=utf-7", "application/json"]),
)
def test_any_document_is_read_or_is_no_feed(body: bytes, base: str, content_type: str):
    parsed = read_feed(body, base, content_type)
    assert parsed.format is not None or parsed.errors
    for entry in parsed.entries:
        for text in (entry.title, entry.text, entry.author, entry.link, entry.guid):
            assert STORABLE.fullmatch(text or ""), text
        assert not entry.link or entry.link.startswith(("http://", "https://"))
    again = read_feed(body, base, content_type)
    assert [one.keys for one in identify(again.entries)] == [one.keys for one in identify(parsed.entries)]


PIECES = st.sampled_from(
    [*(f"{name}:" for name in FIELDS), *(field.example for field in FIELDS.values()), "(", ")", "-", "NOT ", " OR ", " AND ", '"', "/(a+)+$/", "*", "..", ">=", "“", "』", "\\", "\n", "2024-02-30", "٣", "\U0001f600", "é"]
)  # fmt: skip


@FEW
@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
def test_any_query_is_read_or_refused_at_a_column(text: str):
    mistake = refused(lambda: parse(text))
    assert mistake is None or (isinstance(mistake, QueryError) and 0 <= mistake.column <= len(text) and mistake.pointed())


YAML_PIECES = st.sampled_from(
    ["rules:\n", "topics:\n", "  a:\n", "    when: x\n", "    kind: spike\n", "    notify: [a, b]\n", "- ", "? ", ": ", "&a ", "*a", "!!python/object:os.system ", "{", "}", "[", "]", "|\n", ">\n", "'", '"', "#", "\t", "\ufeff", "<<: *a\n", "no", "12:30:00", "1_000", "0o7", ".inf", "2024-13-45", "~", "%YAML 1.1\n---\n", "...\n", "=", "@", "`"]
)  # fmt: skip


@FEW
@given(st.lists(YAML_PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_any_rule_file_is_read_or_refused_in_words(tmp_path_factory: pytest.TempPathFactory, text: str):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    for load in (lambda: parse_yaml(text, path), lambda: load_rulebook(path)):
        mistake = refused(load)
        assert mistake is None or (isinstance(mistake, ConfigError) and all(problem.message for problem in mistake.problems))


def refused(work: Callable[[], object]) -> MonitorError | None:
    """The service's own word of refusal, if it has one; any other exception fails the test."""
    try:
        work()
    except MonitorError as error:
        return error
    return None


@FEW
@given(addresses())
def test_any_address_has_one_canonical_form(address: str):
    once = canonical_link(address)
    assert canonical_link(address) == once
    assert isinstance(registered_domain(address), str)


FINDER = compile_actors(
    [
        Actor("North Korea", ("Pyongyang", "DPRK", "북한", "北朝鮮", "朝鲜", "КНДР")),
        Actor("United States", ("US", "U.S.", "Washington", "미국", "米国", "США")),
        Actor("Türkiye", ("Turkey", "İstanbul", "ß")),
        Actor("Odd", ("a", "A.B.", "(x)", "*", "的", "ﷺ")),
    ]
)
TEXTS = st.lists(
    st.sampled_from(["Pyongyang", "US", "U.S.", "북한은", "北朝鮮が", "朝鲜", "США", "İSTANBUL", "Turkey’s", " said ", "the ministry", "“", "”", '"', "'", "。", ". ", "! ", "\n", "\n\n", "的", "\u200b", "\u0301", "\U0001f1f0", "A.B.", "(x)", "ﷺ", "Dr.", "3.5", "…", "」"]) | st.text(max_size=6),
    max_size=40,
).map("".join)  # fmt: skip


@FEW
@given(TEXTS)
def test_any_text_is_split_and_searched_for_holders_at_exact_places(text: str):
    spans = split(text)
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    for mention in FINDER.mentions(text):
        assert 0 <= mention.start < mention.end <= len(text)
    topic = Topic("t", "the tax", "A tax.", ("tax",))
    for question in questions(read(text[:40], text, "en", FINDER), topic):
        assert question.pair[0]


@FEW
@given(st.lists(st.sampled_from(["<b>", "</b>", "<", ">", "&lt;", "&#0;", "&#xD83D;", "<!--", "-->", "<script>", "</script>", "<a href='", "'>", "<![CDATA[", "&amp;amp;", "<svg", "\x0b"]) | st.text(max_size=6), max_size=30).map("".join))  # fmt: skip
def test_any_markup_becomes_text_that_can_be_stored_and_stays_so(text: str):
    plain = plain_text(text)
    assert STORABLE.fullmatch(plain)
    assert plain_text(plain, is_html=False) == plain
