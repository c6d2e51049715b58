"""A page becomes a PDF where a browser is installed."""

import shutil

import pytest

from monitor.services._briefing.pdf import BROWSERS, to_pdf


@pytest.mark.skipif(not any(shutil.which(name) for name in BROWSERS), reason="no Chromium or Chrome is installed")
def test_a_page_is_printed():
    printed = to_pdf("<!doctype html><meta charset=utf-8><title>x</title><p>프리덤 에지 – Freedom Edge</p>")
    assert printed.startswith(b"%PDF-")
    assert len(printed) > 1_000
