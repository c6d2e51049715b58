"""Changes to rules/*.yaml that keep comments, order and every other entry to the letter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from monitor.config.documents import read_yaml, yaml_files
from monitor.config.entry_edit import put_entry
from monitor.config.writing import write_whole
from monitor.errors import ConfigError, Problem


def switch_rule(rules: Path, rule: str, *, is_enabled: bool) -> Path:
    """Set a rule's `enabled:` in the file that defines it; that file.

    Raises:
        ConfigError: no file below `rules` defines the rule, or it is written in a way that cannot be changed alone.
    """
    for file in yaml_files(rules):
        document = read_yaml(file)
        if ("rules", rule) not in document.keys:
            continue
        try:
            text = put_entry(document.text, "rules", rule, {"enabled": is_enabled})
        except ConfigError as error:
            raise ConfigError([replace(one, file=str(file)) for one in error.problems]) from error
        write_whole(file, text)
        return file
    raise ConfigError([Problem(f"no file defines the rule {rule!r}", str(rules))])
