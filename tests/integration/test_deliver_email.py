"""Email against a real SMTP server: faults 56 to 61 and the letter itself."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import ValidationError

from monitor.channels.email import EXAMPLE, Config, build
from monitor.errors import ChannelError, ConfigError
from monitor.model import Severity
from tests.deliveries import Bench, bench
from tests.messages import hostile, message, position
from tests.postoffice import TLS, PostOffice, post_office

A, B, C = "a@example.org", "b@example.org", "c@example.org"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as opened:
        yield opened


@pytest.fixture
def made() -> Iterator[Bench]:
    with bench() as opened:
        yield opened


def plain(office: PostOffice, **more: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": office.port, "security": "none", "to": [A, B, C], "timeout_seconds": 5, **more}


def letter(office: PostOffice, sent: Any, **more: Any) -> EmailMessage:
    receipt = build(Config.model_validate(plain(office, **more))).send(sent)
    assert receipt.is_sent, receipt.error
    return office.letters[-1][1]


class Elements(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in {"href", "src"}}


# -- recipients ---------------------------------------------------------------------------------------------------------


def test_a_greylisted_recipient_is_tried_again_alone(made: Bench, office: PostOffice):
    office.answers[B] = ["451 4.7.1 greylisted"]
    made.add("desk", "email", **plain(office))
    made.plan()

    made.run()
    waiting = made.one()
    assert (waiting.state, waiting.remaining, waiting.refused) == ("pending", (B,), ())
    made.run_until_settled()

    assert [len(office.received(address)) for address in (A, B, C)] == [1, 1, 1]
    assert len({office.received(address)[0] for address in (A, B, C)}) == 1
    assert made.one().last_error == ""


def test_one_refused_for_good_of_three_is_reported_and_the_others_get_it_once(made: Bench, office: PostOffice):
    office.answers[C] = ["550 5.1.1 no such user"] * 9
    made.add("desk", "email", **plain(office))
    made.plan()

    made.run_until_settled()
    made.run(3600)

    assert [len(office.received(address)) for address in (A, B, C)] == [1, 1, 0]
    assert (made.one().state, made.one().refused) == ("sent", (C,))
    assert "550 5.1.1 no such user" in made.one().last_error


def test_greylisted_and_refused_together(made: Bench, office: PostOffice):
    office.answers = {A: ["550 no"], B: ["450 later", "450 later"]}
    made.add("desk", "email", **plain(office))
    made.plan()

    made.run_until_settled()

    assert [len(office.received(address)) for address in (A, B, C)] == [0, 1, 1]
    assert (made.one().state, made.one().refused, made.one().attempts) == ("sent", (A,), 3)


def test_refused_by_all_is_dead(made: Bench, office: PostOffice):
    office.answers = {address: ["550 no"] for address in (A, B, C)}
    made.add("desk", "email", **plain(office))
    made.plan()

    assert made.run().dead == 1
    assert made.one().refused == (A, B, C)


@pytest.mark.parametrize(("speaks", "reached"), [(True, ["설국@example.org", A]), (False, [A])])
def test_an_address_beyond_ascii_is_reached_where_the_server_can(made: Bench, speaks: bool, reached: list[str]):
    with post_office(enable_SMTPUTF8=speaks) as office:
        made.add("desk", "email", **plain(office, to=["설국@example.org", A]))
        made.plan()
        made.run()

    assert [to for to, _ in office.letters] == [reached]
    assert made.one().state == "sent"


@pytest.mark.parametrize("way", ["drop", "lose"])
def test_a_connection_lost_after_data_is_repeated_under_the_same_id(made: Bench, office: PostOffice, way: str):
    office.data_answers = [way]
    made.add("desk", "email", **plain(office))
    made.plan()

    made.run_until_settled()

    assert len(office.letters) == (2 if way == "drop" else 1)
    assert len({letter["Message-ID"] for _, letter in office.letters}) == 1


@pytest.mark.parametrize(("answer", "state"), [("554 5.7.1 spam", "dead"), ("452 4.2.2 full", "pending")])
def test_a_letter_refused_after_data(made: Bench, office: PostOffice, answer: str, state: str):
    office.data_answers = [answer]
    made.add("desk", "email", **plain(office))
    made.plan()

    made.run()

    assert made.one().state == state
    assert answer in made.one().last_error


# -- encryption ---------------------------------------------------------------------------------------------------------

LOGIN = {"username": "monitor", "password": {"value": "open sesame"}}


def test_a_stripped_starttls_gets_neither_letter_nor_password(made: Bench, office: PostOffice):
    made.add("desk", "email", **plain(office, security="starttls", **LOGIN))
    made.plan()

    made.run()

    assert (office.letters, office.logins) == ([], [])
    assert made.one().state == "pending"
    assert "does not offer STARTTLS; nothing was sent" in made.one().last_error


def test_a_server_that_cannot_prove_who_it_is_gets_nothing(made: Bench):
    with post_office(offers_tls=True) as office:
        made.add("desk", "email", **plain(office, security="starttls", **LOGIN))
        made.plan()
        made.run()

    assert (office.letters, office.logins) == ([], [])
    assert "could not prove who it is" in made.one().last_error


def test_over_checked_tls_it_logs_in_and_delivers(made: Bench):
    with post_office(offers_tls=True) as office:
        config = plain(office, security="starttls", **LOGIN)
        made.add("desk", "email", **config, ca_file=str(TLS / "certificate.pem"))
        made.plan()
        made.run_until_settled()

        assert office.logins == [("monitor", "open sesame")]
        assert len(office.letters) == 1


def test_tls_from_the_first_byte(made: Bench):
    with post_office(speaks_tls=True) as office:
        made.add("desk", "email", **plain(office, security="tls"), ca_file=str(TLS / "certificate.pem"))
        made.add("wary", "email", **plain(office, security="tls"))
        made.plan()
        made.run()

    assert len(office.letters) == 1
    (waiting,) = made.pending()
    assert (waiting.receiver, "could not prove who it is" in waiting.last_error) == ("wary", True)


def test_a_refused_login_is_told_without_the_password(made: Bench):
    with post_office(offers_tls=True) as office:
        config = plain(office, security="starttls", username="monitor", password={"value": "wrong word"})
        made.add("desk", "email", **config, ca_file=str(TLS / "certificate.pem"))
        made.plan()
        made.run()

    assert office.letters == []
    assert "refused the login of monitor: 535" in made.one().last_error
    assert "wrong word" not in repr(made.deliveries())


# -- the letter ---------------------------------------------------------------------------------------------------------


def test_the_letter_has_everything_a_mail_program_needs(office: PostOffice):
    links = (("Open", "https://m.example.org/a"), ("unsubscribe", "https://m.example.org/u/x"))
    got = letter(office, message(links=links, severity=Severity.URGENT), sender="News monitor <monitor@example.org>")

    assert got["Subject"] == "[urgent] North Korea is against Freedom Edge exercise — 2 outlets"
    assert got["From"] == "News monitor <monitor@example.org>"
    assert got["To"] == f"{A}, {B}, {C}"
    assert got["Message-ID"] == "<d1@example.org>"
    assert got["List-Id"] == "<dprk.desk.news-monitor.example.org>"
    assert got["List-Unsubscribe"] == "<https://m.example.org/u/x>, <mailto:monitor@example.org?subject=unsubscribe%20desk>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["Importance"] == "high"
    assert got.get_content_type() == "multipart/alternative"
    text, page = parts(got)
    for part in (text, page):
        for said in (
            "North Korea said the drill was a rehearsal for war.",
            "outlet1.example",
            "0.94, at least 0.70 asked",
            "94%",
        ):
            assert said in part


def test_without_a_public_address_only_mail_unsubscribes(office: PostOffice):
    got = letter(office, message())

    assert got["List-Unsubscribe"] == "<mailto:news-monitor@localhost?subject=unsubscribe%20desk>"
    assert got["List-Unsubscribe-Post"] is None


def test_a_hostile_title_gives_one_subject_and_no_header_of_its_own(office: PostOffice):
    got = letter(office, hostile())

    assert len(got.get_all("Subject")) == 1
    assert got["Bcc"] is None
    assert str(got["Subject"]).isprintable()
    assert office.letters[-1][0] == [A, B, C]


def test_hostile_text_is_inert_in_the_page(office: PostOffice):
    evil = '<script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{% for x in range(9) %}x{% endfor %}" onclick="x'
    _, page = parts(
        letter(
            office, message(headline=evil, why=evil, positions=(position(evil, evidence=evil, url=f"https://x.example/{evil}"),))
        )
    )

    found = Elements()
    found.feed(page)
    assert not {"script", "img", "iframe", "object"} & found.tags
    assert not {name for name in found.attributes if name.startswith("on")}
    assert found.addresses <= {"https://outlet1.example/a", "https://outlet2.example/a"}
    assert "{{7*7}}" in page


def test_a_huge_digest_stays_below_what_mail_programs_cut(office: PostOffice):
    got = letter(office, hostile(60))
    text, page = parts(got)

    assert len(page.encode()) <= 90_000
    assert len(text.encode()) <= 90_000
    assert "more</p>" in page
    assert "more" in text


def test_letters_of_a_story_form_a_thread(made: Bench, office: PostOffice):
    made.add("desk", "email", **plain(office, sender="m@example.org"))
    made.plan(thread="g")
    made.run()
    made.plan(start=1, thread="g")
    made.run()
    made.plan(start=2)
    made.run()

    first, second, other = [letter for _, letter in office.letters]
    assert first["In-Reply-To"] is None
    assert second["In-Reply-To"] == first["Message-ID"]
    assert str(second["References"]).split() == [*str(first["References"]).split(), str(first["Message-ID"])]
    assert other["In-Reply-To"] is None
    assert other["References"] != first["References"]


# -- templates of one's own --------------------------------------------------------------------------------------------


def test_a_template_of_ones_own_is_used(office: PostOffice):
    got = letter(office, message(), text="{{ alert.headline }} / {{ alert.positions[0].holder }}", html="<b>{{ alert.why }}</b>")
    text, page = parts(got)

    assert text.strip() == "North Korea is against Freedom Edge exercise — 2 outlets / North Korea"
    assert "<b>0.94, at least 0.70 asked</b>" in page


@pytest.mark.parametrize(
    "source",
    ["{{ alert.__class__.__mro__ }}", "{{ ''.__class__.__base__.__subclasses__() }}", "{{ missing.thing }}", "{% for x in range(99999999) %}x{% endfor %}"],
)  # fmt: skip
def test_a_template_that_reaches_out_or_fails_gives_way_to_the_standard_form(office: PostOffice, source: str):
    text, _ = parts(letter(office, message(), text=source))

    assert "own template failed" in text
    assert "North Korea is against" in text
    assert "<class" not in text


def test_a_template_that_cannot_be_read_is_refused_at_the_start(office: PostOffice):
    with pytest.raises(ChannelError, match=r"alert.txt template is wrong in line 2"):
        build(Config.model_validate(plain(office, text="ok\n{% if %}")))


# -- configuration ------------------------------------------------------------------------------------------------------


def test_a_missing_password_refuses_the_start_and_names_the_variable(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SMTP_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="SMTP_PASSWORD"):
        build(Config.model_validate(EXAMPLE))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"to": []}, "at least 1"),
        ({"to": ["desk"]}, "not an address"),
        ({"to": ["a@example.org\r\nBcc: b@example.org"]}, "not an address"),
        ({"sender": "nobody"}, "not an address"),
        ({"security": "maybe"}, "starttls"),
        ({"security": "none"}, "never sent without encryption"),
        ({"password": None}, "go together"),
        ({"timezone": "Mars/Olympus"}, "IANA"),
    ],
)
def test_a_wrong_configuration_is_refused(change: dict[str, Any], words: str):
    with pytest.raises(ValidationError, match=words):
        Config.model_validate({**EXAMPLE, **change})


def test_a_single_address_needs_no_list():
    assert Config.model_validate({**EXAMPLE, "to": "desk@example.org"}).to == ("desk@example.org",)


def parts(got: EmailMessage) -> tuple[str, str]:
    text, page = got.iter_parts()
    assert (text.get_content_type(), page.get_content_type()) == ("text/plain", "text/html")
    return text.get_content(), page.get_content()  # type: ignore[attr-defined]
