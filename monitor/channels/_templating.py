"""Fills the alert templates, the shipped ones or a receiver's own, in a sandbox where article text is never a template."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from css_inline import CSSInliner
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from monitor.core.alerts.render import View, plain
from monitor.errors import ChannelError

HTML_LIMIT_BYTES = 90_000
"""Gmail cuts a message at about 102 KB."""

_inliner = CSSInliner(keep_at_rules=True, minify_css=True, load_remote_stylesheets=False)


class AlertTemplate:
    """One form of an alert. A receiver's own template that fails for an alert gives way to the shipped one."""

    def __init__(self, name: str, own: str = "") -> None:
        """Compile the shipped template of this name (alert.html, alert.txt) and the receiver's own, if any.

        Raises:
            ChannelError: the receiver's own template cannot be read.
        """
        self._is_html = name.endswith(".html")
        self._shipped = _compile(_shipped(name), is_html=self._is_html)
        try:
            self._own = _compile(own, is_html=self._is_html) if own else None
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            raise ChannelError(
                f"the receiver's own {name} template is wrong{f' in line {line}' if line else ''}: {error}"
            ) from error

    def render(self, shown: View) -> str:
        """The alert in this form, CSS inlined when it is HTML."""
        text = self._fill(shown)
        return _inliner.inline(text) if self._is_html else text

    def _fill(self, shown: View) -> str:
        values = {"alert": shown, "plain": plain(shown)}
        if self._own is not None:
            try:
                return self._own.render(values)
            # A template is a person's program: whatever it raises, the alert must still arrive.
            except Exception as error:  # noqa: BLE001
                note = f"(The receiver's own template failed: {type(error).__name__}. This is the standard form.)"
                values["plain"] = f"{note}\n\n{values['plain']}"
        return self._shipped.render(values)


@cache
def _environment(*, is_html: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        autoescape=is_html, undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )


def _compile(source: str, *, is_html: bool) -> Template:
    return _environment(is_html=is_html).from_string(source)


@cache
def _shipped(name: str) -> str:
    return (files("monitor.channels") / "_templates" / name).read_text(encoding="utf-8")
