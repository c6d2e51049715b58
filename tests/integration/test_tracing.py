"""One trace leads from the fetch of a feed through its analysis to the delivery; where none is asked for, nothing is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from monitor import tracing
from monitor.app import open_app
from monitor.cluster import Leader, Member
from monitor.demo.mailbox import mail_server
from monitor.worker import Worker
from tests.acceptance.test_cluster import RULES
from tests.postgres import empty_database
from tests.rig import fault_server, feed_of
from tests.tinymodels import make_weights


@pytest.fixture
def spans():
    exporter = InMemorySpanExporter()
    tracing.configure(exporter)
    yield exporter
    tracing.stop()


@pytest.fixture
def app(tmp_path):
    with empty_database() as url, fault_server() as server, mail_server() as mailbox:
        for n in range(2):
            server.serve(f"/{n}", feed_of(2))
        (tmp_path / "rules.yaml").write_text(
            RULES.format(host=mailbox.host, port=mailbox.port).replace("harbour*", "'*', max_age: 36500d")
        )
        lines = [f"  - {{url: '{server.url(f'/{n}')}', name: Wire {n}, id: wire-{n}}}\n" for n in range(2)]
        (tmp_path / "feeds.yaml").write_text("feeds:\n" + "".join(lines))
        settings = {
            "archive": url,
            "allow": ["127.0.0.1"],
            "feeds": str(tmp_path / "feeds.yaml"),
            "rules": str(tmp_path / "rules.yaml"),
            "fetcher": {"kind": "http", "spacing_seconds": 0},
            "scorer": {"kind": "onnx", "weights": str(make_weights(tmp_path / "weights")), "threads": 1},
            "queue": {"heartbeat_seconds": 1, "poll_seconds": 0.1},
        }
        (tmp_path / "monitor.yaml").write_text(json.dumps(settings))
        with open_app(environment={}, file=tmp_path / "monitor.yaml") as opened:
            opened.mailbox = mailbox
            yield opened


def test_one_trace_leads_from_the_feed_to_the_letter(app, spans):
    stopping = threading.Event()
    leader = Leader(app, stopping)
    leader.collect()
    steps = Member(Worker(app, stopping=stopping, queue=app.queue, is_leader=False)).steps
    for name in ("collect", "analyse", "deliver"):
        done, failed = threading.Event(), []

        def run(name=name, done=done, failed=failed, **words):
            try:
                steps[name](**words)
            except Exception as error:  # noqa: BLE001 (told to the test below)
                failed.append(error)
            # This job itself still counts.
            if failed or app.queue.depths()[name] == 1:
                done.set()

        assert app.queue.depths()[name], app.archive.alerts.suppressions()
        app.queue.work({name: run}, 1, done)
        assert failed == []
    found = {}
    for one in spans.get_finished_spans():
        found.setdefault(one.context.trace_id, []).append(one)
    assert len(app.mailbox.messages) >= 1
    whole = [made for made in found.values() if any(one.name == "send" for one in made)]
    assert len(whole) == 1
    by_name = {one.name: one for one in whole[0]}
    assert set(by_name) == {"collect", "fetch", "parse", "analyse", "score", "deliver", "send"}
    parents = {name: one.parent and one.parent.span_id for name, one in by_name.items()}
    own = {name: one.context.span_id for name, one in by_name.items()}
    assert parents["collect"] is None
    for child, parent in [("fetch", "collect"), ("parse", "collect"), ("analyse", "collect"), ("score", "analyse"),
                          ("deliver", "analyse"), ("send", "deliver")]:  # fmt: skip
        assert parents[child] == own[parent]
    assert by_name["collect"].attributes["new"] == 2
    assert by_name["fetch"].attributes["status"] == 200
    assert by_name["fetch"].start_time <= by_name["fetch"].end_time <= by_name["analyse"].start_time
    assert by_name["analyse"].attributes["scored"] == len(by_name["analyse"].attributes["articles"])
    assert by_name["send"].attributes["state"] == "sent"
    # The other feed's fetch is a trace of its own.
    assert sorted(one.attributes["feed"] for made in found.values() for one in made if one.name == "collect") == [
        "wire-0",
        "wire-1",
    ]


def test_a_feed_that_fails_is_told_with_its_error(app, spans):
    worker = Worker(app)
    worker.collect(["wire-0"])
    fetched = [one for one in spans.get_finished_spans() if one.name == "fetch"]
    assert len(fetched) == 1
    assert "error" not in fetched[0].attributes


def test_where_no_traces_are_asked_for_nothing_is_loaded_and_nothing_carried():
    assert tracing.carried() == {}
    assert tracing.now() == 0
    script = (
        "import sys, monitor.cluster, monitor.worker, monitor.queues.procrastinate\n"
        "from monitor import tracing\n"
        "with tracing.span('a', b=1), tracing.root('a', 0), tracing.resumed({'traceparent': 'x'}):\n"
        "    tracing.note(c=1), tracing.past('d', 0, 1)\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_without_the_extra_the_error_says_what_to_install():
    script = "import sys; sys.modules['opentelemetry.sdk'] = None\nfrom monitor import tracing\ntracing.configure()"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ".venv/bin/python -m pip install -e '.[otel]'" in told.stderr


def test_traces_go_where_the_variables_say(monkeypatch):
    heard = threading.Event()

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces" and b"news-monitor" in body:
                heard.set()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    tracing.configure()
    try:
        with tracing.span("collect", feed="wire"):
            pass
        tracing.stop()
        assert heard.wait(60)
    finally:
        server.shutdown()
        server.server_close()
