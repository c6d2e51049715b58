"""Makes the list of everything in `.venv` (CycloneDX) one of what the service runs: `python docs/parts.py sbom.cdx.json`.

Left out is what only tests, documentation, measurements and training need. Added are the bundled weights and the
JavaScript of the page, which no package brings. Nothing is asked of the network.
"""

from __future__ import annotations

import json
import re
import sys
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from monitor import __version__

ROOT = Path(__file__).parents[1]
NAME = "news-monitor"
EXTRAS = ("briefing", "cluster", "demo", "mcp", "otel", "parquet")
"""Extras that the service uses where they are installed. `torch` is left to whoever chooses that engine: it is not pinned."""
UNPINNED = {"pip"}
"""sqlite-utils asks for it, and `pip freeze` never names it: every environment has the one of its Python."""
WEIGHTS = ROOT / "monitor/scorers/weights"
VENDORED = ROOT / "monitor/web/static/vendor"


def needed(extras: tuple[str, ...] = ()) -> set[str]:
    """Canonical names of the packages that the service needs here, with theirs, for these of its extras.

    Raises:
        SystemExit: one of them is not installed.
    """
    found: set[str] = set()
    asked: set[tuple[str, str]] = set()
    waiting = [(NAME, extra) for extra in ("", *extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in asked:
            continue
        asked.add((name, extra))
        found.add(name)
        for line in _requirements(name):
            one = Requirement(line)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                waiting += [(canonicalize_name(one.name), wanted) for wanted in ("", *one.extras)]
    return found - {NAME}


def _requirements(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        sys.exit(f"{name} is not installed in .venv, so its parts cannot be listed (`make test` installs all of them)")


def pins() -> dict[str, str]:
    """Canonical name to the version in constraints.txt."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split("==") for line in lines if "==" in line)
    return {canonicalize_name(name): number for name, number in pairs}


def unpinned(names: set[str]) -> list[str]:
    """What is installed in another version than the pinned one, in words."""
    pinned = pins()
    return [
        f"{name} {version(name)} is installed, constraints.txt has {pinned.get(name, 'none')}"
        for name in sorted(names - UNPINNED)
        if pinned.get(name) != version(name)
    ]


def weights() -> list[dict[str, Any]]:
    """A component for each bundled model, with the SHA-256 that the manifest holds its files to."""
    manifest = json.loads((WEIGHTS / "model.json").read_text(encoding="utf-8"))
    models: dict[str, list[dict[str, Any]]] = {}
    for path, digest in manifest["files"].items():
        models.setdefault(path.split("/")[0], []).append(_file(path, digest))
    return [
        {
            "type": "machine-learning-model",
            "bom-ref": f"weights/{name}",
            "name": name,
            "version": manifest["revision"],
            "components": files,
        }
        for name, files in models.items()
    ]


def javascript() -> list[dict[str, Any]]:
    """A component for each vendored package; those that the editor bundles stand in its licence file."""
    page = (VENDORED / "htmx.min.js").read_bytes()
    htmx = re.search(rb'version:"([\d.]+)"', page)
    if htmx is None:
        sys.exit("htmx.min.js does not say which version it is; mend docs/parts.py")
    bundled = re.findall(r"^== (\S+) (\S+)$", (VENDORED / "editor.LICENSE").read_text(encoding="utf-8"), re.MULTILINE)
    return [
        {**_package("htmx.org", htmx[1].decode(), "0BSD"), "hashes": _file("", sha256(page).hexdigest())["hashes"]},
        *(_package(name, number, "MIT") for name, number in bundled),
    ]


def _package(name: str, number: str, licence: str) -> dict[str, Any]:
    purl = f"pkg:npm/{name.replace('@', '%40')}@{number}"
    licences = [{"license": {"id": licence}}]
    return {"type": "library", "bom-ref": purl, "name": name, "version": number, "purl": purl, "licenses": licences}


def _file(path: str, digest: str) -> dict[str, Any]:
    return {"type": "file", "bom-ref": f"weights/{path}", "name": path, "hashes": [{"alg": "SHA-256", "content": digest}]}


def narrowed(listed: dict[str, Any], always: set[str], sometimes: set[str]) -> dict[str, Any]:
    """The list with these packages alone (of an extra alone: optional), the weights and the JavaScript."""
    kept = [
        {**one, "scope": "required" if canonicalize_name(one["name"]) in always else "optional"}
        for one in listed["components"]
        if canonicalize_name(one["name"]) in always | sometimes
    ]
    added = [{**one, "scope": "required"} for one in (*weights(), *javascript())]
    root = listed["metadata"]["component"]
    references = {root["bom-ref"], *(one["bom-ref"] for one in kept)}
    depends = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", ()) if ref in references]}
        for one in listed["dependencies"]
        if one["ref"] in references
    ]
    for one in depends:
        if one["ref"] == root["bom-ref"]:
            one["dependsOn"] += [part["bom-ref"] for part in added]
    metadata = {**listed["metadata"], "component": {**root, "version": __version__}}
    return {**listed, "metadata": metadata, "components": [*kept, *added], "dependencies": depends}


def main(file: Path) -> None:
    """Rewrite the list in this file.

    Raises:
        SystemExit: what is installed is not what constraints.txt pins.
    """
    always, everything = needed(), needed(EXTRAS)
    if wrong := unpinned(everything):
        sys.exit("\n".join([*wrong, "`make clean test` installs what is pinned"]))
    listed = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(narrowed(listed, always, everything - always), indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
