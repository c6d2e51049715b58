"""A rules file while it is being edited: checked with all the others as they stand, tried over the past, saved in one step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from monitor.config.documents import yaml_files
from monitor.config.rulebook import load_rulebook
from monitor.config.writing import write_whole
from monitor.errors import ConfigError, Problem
from monitor.model import Rulebook

NEW_RULE = "new-rule"


@dataclass(frozen=True, slots=True)
class Words:
    """What rules may name that rules files do not define: channel settings, feeds and tags."""

    channels: Mapping[str, Mapping[str, Any]]
    feeds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def listed(root: Path) -> dict[str, Path]:
    """The rules files by the names pages call them by."""
    if root.is_file():
        return {root.name: root}
    return {str(file.relative_to(root)): file for file in yaml_files(root)}


def named(root: Path, name: str) -> Path:
    """The file of this name.

    Raises:
        ConfigError: there is none.
    """
    files = listed(root)
    if name not in files:
        raise ConfigError([Problem(f"there is no rules file {name!r}", hint=f"known: {', '.join(files) or 'none'}")])
    return files[name]


def with_rule(text: str, query: str) -> str:
    """The text of a file with one more rule, at the head of its rules."""
    said = json.dumps(query, ensure_ascii=False)
    entry = f"  {NEW_RULE}:\n    title: {said}\n    when: {said}\n    cooldown: 6h\n\n"
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        if line.rstrip() == "rules:":
            return "".join([*lines[: at + 1], entry, *lines[at + 1 :]])
    return text.rstrip("\n") + f"\n\nrules:\n{entry}"


def mark(text: str) -> str:
    """What tells one state of a file from another."""
    return sha256(text.encode()).hexdigest()[:24]


def drafted(root: Path, name: str, text: str, words: Words) -> Rulebook:
    """The rulebook as it would be with this text in the file.

    Raises:
        ConfigError: with every mistake, by the names of the real files.
    """
    file = named(root, name)
    with TemporaryDirectory(prefix="monitor-draft-") as directory:
        copy = Path(directory) / root.name
        if root.is_dir():
            shutil.copytree(root, copy)
            target = copy / file.relative_to(root)
        else:
            target = copy
        target.write_text(text, encoding="utf-8")
        try:
            return load_rulebook(copy, channels=words.channels, feeds=words.feeds, tags=words.tags)
        except ConfigError as error:
            moved = [replace(one, file=one.file.replace(str(copy), str(root))) for one in error.problems]
            raise ConfigError(moved) from error


def save(root: Path, name: str, text: str, was: str, words: Words) -> Path:
    """Write the file in one step, when it is valid and still as it was when editing began.

    Raises:
        ConfigError: it has mistakes, or somebody changed it meanwhile.
    """
    file = named(root, name)
    drafted(root, name, text, words)
    if mark(file.read_text(encoding="utf-8")) != was:
        hint = "open it again and bring your change in; your text is still here"
        raise ConfigError([Problem("somebody changed this file meanwhile", str(file), hint=hint)])
    write_whole(file, text)
    return file
