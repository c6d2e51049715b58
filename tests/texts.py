"""Texts for property tests: what articles are made of, and what has broken readers of them before."""

from __future__ import annotations

from hypothesis import strategies as st

_PIECES = (
    "9" * 320, "300", "4.5", "1,234", "1.234.567", "٣", "５", "፩", "²", " ", " ", "-", "–", "\n", "trillion", " mio", " bn", "만", "천억", "万", "億",
    "31", "Aprıl", "MİL", "October ", " 31 октября", "月", "日", "월", "2024", "1999", "6-3", "Thursday", "周一", "third ", "3rd ", "第三次", "번째 ",
    "(Reuters) -", "【共同】", "By A. Writer\n", "Editorial: ", "Japan", "北朝鮮", "\u0301", "\u200b", "\U0001f1f0", "ß", "İ", "…",
)  # fmt: skip
_PARTS = (
    "http://", "https://", "HTTP://", "//", "www.", "x.example", "ex%41mple", "[::1]", "[", "]", ":80", ":99999", "@", "user:pw@", "/", "/a/../b", "%2F", "%", "?utm_source=a&b=1", "?", "#x", ";", "amp/", "m.", "xn--", "例え.jp", "\u202e", " ", "\t", "\\",
)  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Figures, dates, units, names and credits of several languages in any order, and any other characters between them."""
    return st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=25).map("".join)


def addresses() -> st.SearchStrategy[str]:
    """Addresses put together from their parts in any order."""
    return st.lists(st.sampled_from(_PARTS) | st.text(max_size=4), max_size=10).map("".join)
