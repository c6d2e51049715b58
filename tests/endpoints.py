"""The endpoints of a router, also of the routers within it."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import APIRoute


def endpoints(routes: object) -> Iterator[APIRoute]:
    """Each endpoint among these routes and below them."""
    for route in routes:  # type: ignore[attr-defined]
        if isinstance(route, APIRoute):
            yield route
        else:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            yield from endpoints(inner.routes if inner is not None else getattr(route, "routes", ()))
