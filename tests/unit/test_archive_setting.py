"""`archive:`, an address alone or keys of its kind, said in several places over each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.app import open_app
from monitor.config.archive_setting import DEFAULT_ADDRESS, archive_address, archive_kind, archive_values, joined
from monitor.config.settings import load_settings
from monitor.errors import ConfigError

ADDRESSES = st.sampled_from(["a.db", "/data/b.db", ":memory:", "postgresql://h/c", "postgres://h/d"])
OPTIONS = st.dictionaries(st.sampled_from(["synchronous", "connections"]), st.integers(1, 9), max_size=2)
KEYS = st.builds(
    lambda address, options: {"path" if archive_kind(address) == "sqlite" else "url": address, **options}, ADDRESSES, OPTIONS
)
SETTINGS = st.none() | ADDRESSES | OPTIONS | KEYS


@given(SETTINGS, ADDRESSES | KEYS)
def test_the_address_said_last_is_the_one_in_force(before: Any, after: Any):
    assert archive_address(joined(before, after)) == archive_address(after)


@given(st.none() | ADDRESSES | KEYS, ADDRESSES)
def test_an_address_alone_keeps_the_options_of_its_kind_and_no_others(before: Any, address: str):
    kept = archive_values(joined(before, address))
    options = (
        {} if before is None else {key: value for key, value in archive_values(before).items() if key not in {"path", "url"}}
    )
    is_same_kind = before is not None and archive_kind(archive_address(before)) == archive_kind(address)

    assert kept == {"path" if archive_kind(address) == "sqlite" else "url": address, **(options if is_same_kind else {})}


@given(SETTINGS, OPTIONS)
def test_options_said_later_win_and_leave_the_address(before: Any, options: dict[str, int]):
    after = joined(before, options)

    assert archive_address(after) == (DEFAULT_ADDRESS if before is None else archive_address(before))
    assert options.items() <= archive_values(after).items()


@given(SETTINGS)
def test_nothing_said_changes_nothing(before: Any):
    assert joined(before, None) == before


@pytest.mark.parametrize(
    ("text", "environment", "flag", "expected"),
    [
        ("archive: a.db", {}, None, "a.db"),
        ("archive: {path: a.db, synchronous: full}", {}, None, {"path": "a.db", "synchronous": "full"}),
        ("archive: {synchronous: full}", {"MONITOR_ARCHIVE": "b.db"}, None, {"path": "b.db", "synchronous": "full"}),
        (
            "archive: {path: a.db, synchronous: full}",
            {"MONITOR_ARCHIVE": "b.db"},
            "c.db",
            {"path": "c.db", "synchronous": "full"},
        ),
        ("archive: a.db", {"MONITOR_ARCHIVE__SYNCHRONOUS": "full"}, None, {"path": "a.db", "synchronous": "full"}),
        ("", {"MONITOR_ARCHIVE": "b.db", "MONITOR_ARCHIVE__SYNCHRONOUS": "full"}, None, {"path": "b.db", "synchronous": "full"}),
        ("", {"MONITOR_ARCHIVE__SYNCHRONOUS": "full"}, None, {"synchronous": "full"}),
        ("archive: {url: 'postgresql://h/n', connections: 20}", {}, "copy.db", "copy.db"),
        ("", {}, None, DEFAULT_ADDRESS),
    ],
)
def test_file_environment_and_flag_together(
    tmp_path: Path, text: str, environment: dict[str, str], flag: str | None, expected: Any
):
    (tmp_path / "monitor.yaml").write_text(text)

    settings = load_settings(environment, {"archive": flag}, tmp_path / "monitor.yaml")

    assert settings.archive == expected


def test_the_archive_is_as_careful_as_it_was_told(tmp_path: Path):
    (tmp_path / "monitor.yaml").write_text(f"archive:\n  path: {tmp_path}/a.db\n  synchronous: full\n  cache_megabytes: 8\n")

    with open_app(environment={}, file=tmp_path / "monitor.yaml") as app:
        config = app.archive.config  # type: ignore[attr-defined]

    assert (config.path, config.synchronous, config.cache_megabytes) == (f"{tmp_path}/a.db", "full", 8)


@pytest.mark.parametrize(
    ("text", "flag", "told"),
    [
        (
            "archive:\n  path: a.db\n  synchronos: full\n",
            None,
            r"monitor\.yaml:3:3: unknown key 'synchronos' \(did you mean synchronous\?\)",
        ),
        ("archive:\n  synchronos: full\n", "b.db", r"monitor\.yaml:2:3: unknown key 'synchronos' \(did you mean synchronous\?\)"),
        (
            "archive: {path: a.db, synchronous: fully}\n",
            None,
            r"monitor\.yaml:1:36: synchronous: Input should be 'normal' or 'full'",
        ),
        ("archive: [a.db]\n", None, r"monitor\.yaml:1:10: archive: write a path or an address, or keys such as {path:"),
    ],
)
def test_a_mistake_in_it_is_placed(tmp_path: Path, text: str, flag: str | None, told: str):
    (tmp_path / "monitor.yaml").write_text(text)

    with (
        pytest.raises(ConfigError, match=told),
        open_app({"archive": flag}, environment={}, file=tmp_path / "monitor.yaml") as app,
    ):
        _ = app.archive
