"""Keeps the libraries behind the models from reporting to their makers.

ONNX Runtime sends what it runs on, and a number that names the machine, to its maker from the moment it is loaded; so this
comes first.
"""

from __future__ import annotations

import os

SWITCHES = {
    "ORT_DISABLE_TELEMETRY": "1",
    "ORT_TELEMETRY_DISABLED": "1",  # its name in other versions
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_NO_ADVISORY_WARNINGS": "1",
}


def stay_private() -> None:
    """Switch reports off, whatever the environment says; call before a library of models is imported."""
    os.environ.update(SWITCHES)
