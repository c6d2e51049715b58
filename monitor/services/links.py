"""What a reader can click in an alert: signed with a key that is made once and kept with the archive."""

from __future__ import annotations

from functools import partial

from monitor.core.alerts.links import Signer, links
from monitor.ports import Archive
from monitor.services.compose import Links, no_links
from monitor.services.keys import kept_key

STATE = "links"
"""The name under which the key is kept among the rules' states."""


def feedback_links(archive: Archive, public_url: str) -> Links:
    """Links for messages; none where the service has no address that readers can reach."""
    return partial(links, public_url=public_url, signer=signer(archive)) if public_url else no_links


def signer(archive: Archive) -> Signer:
    """The archive's own signer; its key is made when first asked for."""
    return Signer(kept_key(archive, STATE))
