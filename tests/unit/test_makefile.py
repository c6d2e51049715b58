"""A first `make` that was cut off leaves nothing half made behind."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

MAKEFILE = Path(__file__).parents[2] / "Makefile"
HALF = "#!/bin/sh\nmkdir -p .venv/bin\ntouch .venv/bin/python\nexit 1\n"


def test_an_environment_that_could_not_be_finished_is_made_anew(tmp_path: Path):
    shutil.copy(MAKEFILE, tmp_path)
    python = tmp_path / "python"
    python.write_text(HALF)
    python.chmod(0o755)

    for _ in range(2):
        made = subprocess.run(
            ["make", ".venv/bin/python", f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert made.returncode == 2, made.stderr
        assert not (tmp_path / ".venv").exists()
