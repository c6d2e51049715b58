import json
import smtplib
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from monitor.demo.mailbox import mail_server
from monitor.demo.servers import feed_site, payload_error, slack_webhook


def ask(method: str, url: str, body: bytes | None = None, **headers: str):
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=5)
    try:
        connection.request(method, parts.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def section(text: str, kind: str = "section") -> dict[str, object]:
    return {"type": kind, "text": {"type": "mrkdwn", "text": text}}


def header(text: str) -> dict[str, object]:
    return {"type": "header", "text": {"type": "plain_text", "text": text}}


def test_a_feed_is_served_once_and_then_unchanged():
    with feed_site({"/a.xml": ("application/rss+xml", b"<rss/>")}) as site:
        status, headers, body = ask("GET", f"{site.address}/a.xml")
        again, _, nothing = ask("GET", f"{site.address}/a.xml", **{"If-None-Match": headers["ETag"]})

    assert (status, body, headers["Content-Type"]) == (200, b"<rss/>", "application/rss+xml")
    assert (again, nothing) == (304, b"")
    assert site.answers == {200: 1, 304: 1}


def test_an_unknown_feed_is_not_found():
    with feed_site({}) as site:
        assert ask("GET", f"{site.address}/b.xml")[0] == 404


def test_slack_takes_a_good_message_and_says_ok():
    message = {"text": "hello", "blocks": [header("Hello"), section("*hello*"), {"type": "divider"}]}
    with slack_webhook() as hook:
        status, _, body = ask("POST", hook.address, json.dumps(message).encode())

    assert (status, body) == (200, b"ok")
    assert hook.messages == [message]


def test_slack_can_ask_for_patience():
    with slack_webhook(refusals=[7]) as hook:
        status, headers, _ = ask("POST", hook.address, b'{"text": "hello"}')
        again, *_ = ask("POST", hook.address, b'{"text": "hello"}')

    assert (status, headers["Retry-After"], again) == (429, "7", 200)
    assert len(hook.messages) == 1


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (None, "invalid_payload"),
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": [section("x")] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
        ({"blocks": [header("x" * 151)]}, "invalid_blocks"),
        ({"blocks": [section("x", kind="header")]}, "invalid_blocks"),
        ({"blocks": [section("x", kind="poem")]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "actions", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [section("x" * 3000), header("x" * 150)]}, ""),
    ],
)
def test_slack_refuses_what_slack_refuses(payload: object, error: str):
    assert payload_error(payload) == error


def test_slack_answers_a_bad_payload_with_its_word():
    with slack_webhook() as hook:
        status, _, body = ask("POST", hook.address, b"not json")

    assert (status, body, hook.messages) == (400, b"invalid_payload", [])


def test_mail_is_kept_with_its_recipients():
    with mail_server() as mailbox:
        with smtplib.SMTP(mailbox.host, mailbox.port, timeout=5) as server:
            server.sendmail("a@example.org", ["b@example.org", "c@example.org"], "Subject: Hello\r\n\r\nGood day")

        assert mailbox.messages[0]["Subject"] == "Hello"
        assert mailbox.recipients == [["b@example.org", "c@example.org"]]
