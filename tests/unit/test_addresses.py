"""Addresses: every closed block is closed, and the allow-list opens what it names and nothing else."""

from __future__ import annotations

import csv
import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.addresses import check_address, check_url, read_openings

HOSTS = Path(__file__).parents[3] / "shared" / "corpus" / "ssrf-hosts" / "hosts.csv"
OPEN = {"1.1.1.1", "8.8.8.8", "93.184.216.34", "2001:4860:4860::8888"}


@pytest.mark.parametrize("address", sorted(OPEN))
def test_the_public_internet_is_open(address: str) -> None:
    assert check_address(address, "host.example", 443, ()) is None


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.1.2.3",
            "224.0.0.1",
            "192.0.0.8",
        ),
        *("255.255.255.255", "192.88.99.1", "198.18.0.1", "168.63.129.16", "::", "::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "::7f00:1",
            "nonsense",
        ),
    ],
)
def test_everything_else_is_closed(address: str) -> None:
    assert check_address(address, "host.example", 80, ()) is not None


@pytest.mark.parametrize(
    ("entry", "host", "address", "port", "is_open"),
    [
        ("10.0.0.0/8", "nas", "10.1.2.3", 80, True),
        ("10.0.0.0/8", "nas", "192.168.0.1", 80, False),
        ("192.168.1.5:8080", "nas", "192.168.1.5", 8080, True),
        ("192.168.1.5:8080", "nas", "192.168.1.5", 80, False),
        ("nas.lan", "NAS.lan.", "192.168.1.5", 80, True),
        ("nas.lan:443", "nas.lan", "192.168.1.5", 80, False),
        ("nas.lan", "other.lan", "192.168.1.5", 80, False),
        ("[::1]:80", "localhost", "::1", 80, True),
        ("fd00::/8", "nas", "fd00::5", 80, True),
        ("127.0.0.1", "localhost", "::ffff:127.0.0.1", 80, True),
    ],
)
def test_the_allow_list(entry: str, host: str, address: str, port: int, is_open: bool) -> None:
    assert (check_address(address, host, port, read_openings([entry])) is None) is is_open


@given(st.ip_addresses(), st.integers(1, 65_535))
def test_what_a_refusal_advises_opens_that_address_and_port(address: ipaddress.IPv4Address, port: int) -> None:
    refusal = check_address(str(address), "nas.lan", port, ())
    if refusal is None:
        return
    entry = refusal.remedy.split('"')[1]

    assert refusal.remedy == f'if it is yours, add allow: ["{entry}"] to monitor.yaml and restart'
    assert check_address(str(address), "nas.lan", port, read_openings([entry])) is None
    assert check_address(str(address), "nas.lan", port % 65_535 + 1, read_openings([entry])) is not None


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "http://x/", "a b", "[x]", ""])
def test_an_entry_that_says_nothing_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (several libraries word it)
        read_openings([entry])


@pytest.mark.skipif(not HOSTS.exists(), reason="the table of SSRF hosts is not at hand")
def test_every_row_of_the_table() -> None:
    wrong = []
    with HOSTS.open(newline="", encoding="utf-8") as file:
        values = [row["value"] for row in csv.DictReader(file)]
    for value in values:
        if "://" not in value and not value.startswith("file:"):
            refused, is_open = check_address(value, value, 80, ()) is not None, value in OPEN
        else:
            refused, is_open = _is_refused(value), (urlsplit(value).hostname if "[::1" not in value else "") in OPEN
        if refused is is_open:
            wrong.append(value)
    assert values
    assert not wrong


def _is_refused(url: str) -> bool:
    if check_url(url):
        return True
    host = (urlsplit(url).hostname or "").rstrip(".")
    address = {"localhost": "127.0.0.1", "0177.0.0.1": "127.0.0.1", "0x7f.0.0.1": "127.0.0.1"}.get(host, host)
    ipaddress.ip_address(address)
    return check_address(address, host, urlsplit(url).port or 80, ()) is not None


@pytest.mark.parametrize(
    "url", ["https://", "http:///path", "https://x.example:0/", "https://x.example:99999/", "http://[::1", "http://x.example:a/"]
)
def test_an_address_without_a_host_or_port_that_can_be_is_refused(url: str):
    assert check_url(url) is not None


@pytest.mark.parametrize("url", ["https://x.example", "HTTP://X.example:8080/a?b"])
def test_a_web_address_is_taken(url: str):
    assert check_url(url) is None
