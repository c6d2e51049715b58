"""`monitor doctor`: look at everything a newcomer gets wrong and say how to mend it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import typer

from monitor.cli.options import AsJson, print_json, served

if TYPE_CHECKING:
    from monitor.app import App


@partial(served, if_missing="empty")
def doctor(service: App, *, as_json: AsJson = False) -> None:
    """Check write access, feeds, rules, archive, receivers and model files; exit code 1 when something is wrong."""
    from monitor.services.checking import examine

    findings = []
    for finding in examine(service):
        findings.append(finding)
        if not as_json:
            mark = typer.style("ok  ", fg="green") if finding.is_well else typer.style("BAD ", fg="red", bold=True)
            typer.echo(f"{mark} {finding.name}: {finding.seen}")
            if finding.remedy and not finding.is_well:
                typer.echo(f"     -> {finding.remedy}")
    is_well = all(finding.is_well for finding in findings)
    if as_json:
        names = ("name", "is_well", "seen", "remedy")
        print_json({"ok": is_well, "findings": [{name: getattr(one, name) for name in names} for one in findings]})
    raise typer.Exit(0 if is_well else 1)
