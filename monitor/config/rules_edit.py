"""Changes to rules/*.yaml that keep comments and order."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from monitor.config.writing import write_whole
from monitor.errors import ConfigError, Problem


def switch_rule(rules: Path, rule: str, *, is_enabled: bool) -> Path:
    """Set a rule's `enabled:` in the file that defines it; that file.

    Raises:
        ConfigError: no file below `rules` defines the rule.
    """
    files = [rules] if rules.is_file() else sorted((*rules.rglob("*.yaml"), *rules.rglob("*.yml")))
    for file in files:
        yaml = _yaml()
        data: Any = yaml.load(file.read_text(encoding="utf-8"))
        if isinstance(data, dict) and rule in (data.get("rules") or {}):
            data["rules"][rule]["enabled"] = is_enabled
            text = io.StringIO()
            yaml.dump(data, text)
            write_whole(file, text.getvalue())
            return file
    raise ConfigError([Problem(f"no file defines the rule {rule!r}", str(rules))])


def _yaml() -> YAML:
    yaml = YAML(typ="rt")
    yaml.preserve_quotes = True
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml
