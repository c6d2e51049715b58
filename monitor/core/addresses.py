"""Which network addresses this service may open: the public internet, and what its owner allows beside it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

from monitor.core.shown import without_credentials

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

# `is_global` alone lets multicast, NAT64, 6to4 and a few reserved blocks through, and it follows Python's release.
CLOSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
        *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
        *("224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32"),
        *("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2002::/16"),
        *("3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
    )
)
SCHEMES = ("http", "https")


@dataclass(frozen=True, slots=True)
class Opening:
    """One entry of the allow-list: a network or a host name, on one port or on all."""

    network: Network | None
    host: str
    port: int | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an address is not opened, and what its owner can do, in words."""

    why: str
    remedy: str = ""


def read_openings(entries: Iterable[str]) -> tuple[Opening, ...]:
    """The allow-list from entries such as `10.0.0.0/8`, `192.168.1.5:8080`, `[::1]:80` or `nas.lan:443`.

    Raises:
        ValueError: an entry is none of these.
    """
    return tuple(_opening(entry.strip()) for entry in entries)


def _opening(entry: str) -> Opening:
    if "/" in entry:
        return Opening(ipaddress.ip_network(entry, strict=False), "", None)
    found = re.fullmatch(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<host>[^\s:\[\]@/]+))(?::(?P<port>\d{1,5}))?", entry)
    host = (found["six"] or found["host"]) if found else entry
    port = int(found["port"]) if found and found["port"] else None
    try:
        return Opening(ipaddress.ip_network(host), "", port)
    except ValueError:
        if found is None or found["six"]:
            raise ValueError(f"{entry!r} is not a host, host:port or network such as 10.0.0.0/8") from None
        return Opening(None, host.casefold().rstrip("."), port)


def check_address(address: str, host: str, port: int, openings: Sequence[Opening]) -> Refusal | None:
    """Why a connection to `address` (an IP literal that `host` resolved to) is refused, or None when it may be made."""
    try:
        ip = unmapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return Refusal(f"{address!r} is not an IP address")
    if any(_admits(opening, ip, host, port) for opening in openings):
        return None
    if not ip.is_global or any(ip in block for block in CLOSED if block.version == ip.version):
        # The address and not the name: whoever owns the name could lead it to any other machine of ours.
        entry = f"[{ip}]:{port}" if ip.version == 6 else f"{ip}:{port}"  # noqa: PLR2004 - IPv6
        remedy = f'if it is yours, add allow: ["{entry}"] to monitor.yaml and restart'
        return Refusal(f"{host} is at {ip}, which is not on the public internet", remedy)
    return None


def unmapped(ip: Address) -> Address:
    """The IPv4 address inside an IPv4-mapped IPv6 one, else the address itself."""
    return (ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None) or ip


def _admits(opening: Opening, ip: Address, host: str, port: int) -> bool:
    if opening.port is not None and opening.port != port:
        return False
    if opening.network is not None:
        return opening.network.version == ip.version and ip in opening.network
    return opening.host == host.casefold().rstrip(".")


def check_url(url: str) -> Refusal | None:
    """Why a URL is not opened at all, whatever its host resolves to: only http and https with a host are."""
    try:
        parts = urlsplit(url)
        if parts.scheme.lower() not in SCHEMES:
            return Refusal(f"only http and https addresses are opened, not {parts.scheme or url[:40]!r}")
        if not parts.hostname or not _has_port(parts):
            return Refusal(f"{without_credentials(url)[:200]!r} names no host")
    except ValueError:
        # Without the reason: it repeats parts of the address, and a password with a / or @ in it is such a part.
        return Refusal(f"{without_credentials(url)[:200]!r} is not an address")
    return None


def _has_port(parts: SplitResult) -> bool:
    return parts.port is None or parts.port > 0
