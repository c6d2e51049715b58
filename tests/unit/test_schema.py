"""The JSON Schemas in docs/schema are those the code would write, and the shipped files answer them."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from monitor.cli import app
from monitor.config.schema import write_schemas

ROOT = Path(__file__).parents[2]
SHIPPED = [ROOT / "feeds.yaml", *sorted((ROOT / "rules").glob("*.yaml"))]


def test_the_published_schemas_are_current(tmp_path: Path):
    for written in write_schemas(tmp_path):
        published = ROOT / "docs/schema" / written.name
        assert published.read_text() == written.read_text(), f"run: monitor schema docs/schema ({written.name} differs)"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("mine")

    done = CliRunner().invoke(app, ["schema", str(tmp_path / "file/schema")])

    assert (done.exit_code, "cannot be written" in " ".join(done.stderr.replace("│", " ").split())) == (2, True), done.stderr


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_every_shipped_file_names_its_schema(path: Path):
    first = path.read_text().splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (path.parent / first.split("=", 1)[1]).resolve().is_file()
