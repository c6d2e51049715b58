"""Nothing reports home: not the service, and not the libraries it runs models with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.tinymodels import make_weights

ROOT = Path(__file__).parents[2]
SCORE = """
import sys
from monitor.scorers import onnx
onnx.build(onnx.Config(weights=sys.argv[1])).embed(["Japan opposes the tax."])
"""


def test_the_engine_of_the_models_leaves_no_reports_to_send(tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "ORT_DISABLE_TELEMETRY": "0"}
    words = [sys.executable, "-c", SCORE, str(make_weights(tmp_path / "weights"))]
    done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    assert [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()] == []
