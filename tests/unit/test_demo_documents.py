import io
import json
from datetime import UTC, datetime

import feedparser
import pytest

from monitor.demo.documents import document
from monitor.demo.news import Outlet, bundled_news

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
OUTLETS = bundled_news(NOW)


@pytest.mark.parametrize("outlet", [outlet for outlet in OUTLETS if outlet.format != "json"], ids=lambda outlet: outlet.id)
def test_xml_feeds_parse_without_complaint_and_keep_every_item(outlet: Outlet):
    kind, body = document(outlet)
    found = feedparser.parse(io.BytesIO(body))

    assert not found.bozo
    assert found.version == {"rss": "rss20", "atom": "atom10", "rdf": "rss10"}[outlet.format]
    assert kind.endswith("charset=utf-8")
    assert [entry.title for entry in found.entries] == [item.title for item in outlet.items]
    assert [entry.link for entry in found.entries] == [item.link for item in outlet.items]


@pytest.mark.parametrize("outlet", [outlet for outlet in OUTLETS if outlet.format == "json"], ids=lambda outlet: outlet.id)
def test_json_feeds_keep_every_item(outlet: Outlet):
    found = json.loads(document(outlet)[1])

    assert found["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in found["items"]] == [item.title for item in outlet.items]
    assert all(item["content_html"].startswith("<p>") for item in found["items"])
