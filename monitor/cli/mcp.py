"""`monitor mcp`: the archive for assistants that speak the Model Context Protocol, over standard input and output."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

import typer

from monitor.cli.options import Archive, Feeds, Rules, opened

if TYPE_CHECKING:
    from monitor.services.assistants import Desk


def mcp(*, archive: Archive = None, rules: Rules = None, feeds: Feeds = None) -> None:
    """Let an assistant search, show, and read stances and briefings; nothing can be changed (extra `mcp`)."""
    from monitor.services.assistants import Desk

    with opened(archive=archive, rules=rules, feeds=feeds) as service:
        server = _server(Desk(service.archive, service.rulebook, service.clock.now))
        # Whoever started it closes standard input to end it.
        server.run("stdio")


def _server(desk: Desk) -> Any:
    from monitor.errors import MonitorError, how_to_install

    try:
        from mcp.server.mcpserver import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.types import ToolAnnotations
    except ImportError as error:
        raise typer.BadParameter(f"this needs the MCP SDK; {how_to_install('mcp')}") from error
    from monitor import __version__

    server = MCPServer("news-monitor", instructions=desk.introduction(), version=__version__, log_level="WARNING")
    for tool in (desk.search, desk.show, desk.stances, desk.briefing):
        # The first line says what; that it is told how is the docstring's other use, so errors are left out.
        what = (tool.__doc__ or "").partition("\n\n")[0]
        hints = ToolAnnotations(read_only_hint=True, open_world_hint=False)
        server.tool(description=what, annotations=hints)(_telling(tool, MonitorError, ToolError))
    return server


def _telling(tool: Callable[..., Any], expected: type[Exception], told: type[Exception]) -> Callable[..., Any]:
    """The tool, its expected failures in the form that an assistant is shown."""

    @wraps(tool)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return tool(*args, **kwargs)
        except expected as error:
            raise told(str(error)) from error

    return run
