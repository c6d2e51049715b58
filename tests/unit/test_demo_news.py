from datetime import UTC, datetime, timedelta

from monitor.demo.news import bundled_news

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_there_is_enough_news_from_enough_outlets_in_five_languages():
    outlets = bundled_news(NOW)

    assert sum(len(outlet.items) for outlet in outlets) >= 70
    assert len(outlets) >= 12
    assert {outlet.language for outlet in outlets} == {"en", "ko", "ja", "zh", "ru"}
    assert {outlet.format for outlet in outlets} == {"rss", "atom", "rdf", "json"}


def test_links_tell_items_apart_and_lead_nowhere_real():
    links = [item.link for outlet in bundled_news(NOW) for item in outlet.items]

    assert len(set(links)) == len(links)
    assert all(link.split("/")[2].endswith(".example") for link in links)


def test_items_are_dated_before_now_newest_first():
    for outlet in bundled_news(NOW):
        times = [item.published for item in outlet.items]
        assert times == sorted(times, reverse=True)
        assert all(time < NOW for time in times)


def test_most_items_are_young_enough_to_alert_and_some_are_not():
    ages = [NOW - item.published for outlet in bundled_news(NOW) for item in outlet.items]

    assert sum(age < timedelta(hours=30) for age in ages) > 65
    assert sum(age > timedelta(hours=48) for age in ages) >= 8


def test_a_copied_item_carries_the_agency_text_word_for_word():
    items = {(outlet.id, item.id): item for outlet in bundled_news(NOW) for item in outlet.items}

    original, copy = items["meridian", "freedom-edge-second-round"], items["pacific-ledger", "three-allies-drills"]
    assert copy.text == original.text
    assert copy.author != original.author
    assert copy.link != original.link


def test_every_item_says_something():
    for outlet in bundled_news(NOW):
        for item in outlet.items:
            assert len(item.title) >= 8
            assert len(item.text) >= 40
