"""Reverse proxies that are named in the settings: what they say of a request is believed, what anybody else says is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from fastapi import Request


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks that proxies stand in, and the header in which they name who is logged in ("": none does)."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    user_header: str = ""

    @classmethod
    def of(cls, networks: Sequence[str], user_header: str) -> Proxies:
        """Proxies from addresses and networks as the settings have checked them."""
        return cls(tuple(ip_network(one, strict=False) for one in networks), user_header)

    def user(self, request: Request) -> str:
        """The name that a trusted proxy gives; "" where none does, or where the header is there twice."""
        given = request.headers.getlist(self.user_header) if self.user_header and self._sent(request) else []
        return given[0].strip() if len(given) == 1 else ""

    def client(self, request: Request) -> str:
        """The address a request comes from: the last one on its way that is no proxy of ours."""
        way = [_peer(request)]
        if self._sent(request):
            way = [one.strip() for one in ",".join(request.headers.getlist("x-forwarded-for")).split(",") if one.strip()] + way
        return next((one for one in reversed(way) if not self._is_proxy(one)), way[0])

    def is_https(self, request: Request) -> bool:
        """Whether the browser came by https, to us or to a trusted proxy."""
        return request.url.scheme == "https" or (self._sent(request) and request.headers.get("x-forwarded-proto", "") == "https")

    def _sent(self, request: Request) -> bool:
        return self._is_proxy(_peer(request))

    def _is_proxy(self, address: str) -> bool:
        try:
            known = ip_address(address)
        except ValueError:
            return False
        return any(known in network for network in self.networks)


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""
