"""robots.txt as RFC 9309 has it."""

from __future__ import annotations

import pytest

from monitor.core.feeds.robots import fits, read_robots

FILE = b"""
# for all
User-agent: *
Disallow: /private
Allow: /private/press
Disallow: /*.pdf$

User-agent: other
User-agent: NEWS-monitor
Disallow: /mine
Disallow:
"""


@pytest.mark.parametrize(
    ("path", "is_allowed"), [("/private", True), ("/mine/x", False), ("/other", True), ("/mine?x=1", False), ("", True)]
)
def test_our_own_group_goes_before_everybodys(path: str, is_allowed: bool) -> None:
    assert read_robots(200, FILE).allows(f"https://site.example{path}") is is_allowed


@pytest.mark.parametrize(
    ("path", "is_allowed"),
    [("/private/x", False), ("/private/press/1", True), ("/a.pdf", False), ("/a.pdf?x", True), ("/a", True)],
)
def test_the_longest_pattern_decides(path: str, is_allowed: bool) -> None:
    robots = read_robots(200, FILE.split(b"User-agent: other")[0])
    assert robots.allows(f"https://site.example{path}") is is_allowed


@pytest.mark.parametrize(
    ("agent", "is_ours"),
    [
        ("News-Monitor/1.0", True),
        ("NEWS-MONITOR", True),
        ("news-monitor (+https://example.org)", True),
        ("news", False),
        ("monitor", False),
        ("news-monitor-images", False),
        ("", False),
        ("1", False),
    ],
)
def test_a_group_is_ours_when_it_names_our_product_and_no_part_of_it(agent: str, is_ours: bool) -> None:
    robots = read_robots(200, f"User-agent: {agent}\nDisallow: /\n\nUser-agent: *\nAllow: /".encode())
    assert robots.allows("https://site.example/a") is not is_ours


def test_groups_of_one_product_count_together() -> None:
    robots = read_robots(200, b"User-agent: news-monitor\nDisallow: /a\n\nUser-agent: News-Monitor/2\nDisallow: /b")
    assert [robots.allows(f"https://site.example{path}") for path in ("/a", "/b", "/c")] == [False, False, True]


@pytest.mark.parametrize(("status", "is_allowed"), [(404, True), (403, True), (429, False), (500, False), (0, False)])
def test_a_missing_file_allows_and_a_failing_site_does_not(status: int, is_allowed: bool) -> None:
    assert read_robots(status, None).allows("https://site.example/a") is is_allowed


@pytest.mark.parametrize(
    ("pattern", "path", "is_fitting"),
    [
        ("/a*b*c", "/a-b-c-d", True),
        ("/a*b*c", "/a-c-b", False),
        ("/a*b*c", "/a-c", False),
        ("/a*b$", "/a-b", True),
        ("/a*b$", "/a-b-c", False),
        ("/a$", "/a", True),
        ("/a$", "/ab", False),
    ],
)
def test_the_parts_of_a_pattern_come_in_their_order(pattern: str, path: str, is_fitting: bool) -> None:
    assert fits(pattern, path) is is_fitting


def test_a_hostile_pattern_takes_linear_time() -> None:
    assert not fits("/" + "a*" * 5000 + "b$", "/" + "a" * 100_000)
