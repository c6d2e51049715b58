"""The Dockerfile's lines, run in a clean directory for want of a Docker engine: what it copies is enough to build and start."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").splitlines()


def _instructions(word: str) -> list[str]:
    return [line.removeprefix(word).strip() for line in LINES if line.startswith(f"{word} ")]


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What .dockerignore lets into the build, copied as the COPY lines of the first stage do."""
    target = tmp_path_factory.mktemp("context")
    for line in _instructions("COPY"):
        words = [word for word in line.split() if not word.startswith("--")]
        if "--from=build" in line or words[-1].startswith("/config"):
            continue
        for source in words[:-1]:
            origin = ROOT / source
            if origin.is_dir():
                shutil.copytree(origin, target / source, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(origin, target / source)
    return target


def test_everything_copied_is_let_in():
    allowed = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        word for line in _instructions("COPY") if "--from" not in line for word in line.split()[:-1] if not word.startswith("--")
    }
    assert copied <= allowed


def test_the_wheel_built_from_the_context_holds_code_weights_and_templates(context: Path, tmp_path: Path):
    pytest.importorskip("hatchling", reason="hatchling is not installed here: the wheel is built by `make demo` all the same")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=context,
        check=True,
        capture_output=True,
    )
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    for needed in ("monitor/worker.py", "monitor/scorers/weights/model.json", "monitor/channels/_templates/alert.html"):
        assert needed in names
    assert not [name for name in names if name.startswith(("tests/", "training/"))]


def test_the_command_and_the_health_check_are_commands_we_have():
    lines = [*_instructions("CMD"), *re.findall(r"CMD (\[.*\])", "\n".join(_instructions("HEALTHCHECK")))]
    for line in lines:
        words = re.findall(r'"([^"]+)"', line)
        assert words[0] == "monitor"
        done = subprocess.run([sys.executable, "-m", *words, "--help"], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_it_runs_as_a_fixed_user_without_root():
    assert _instructions("USER") == ["10001:10001"]
    assert _instructions("VOLUME") == ["/data"]
    assert all("latest" not in line and re.search(r":\d+\.\d+\.\d+", line) for line in _instructions("ARG"))
