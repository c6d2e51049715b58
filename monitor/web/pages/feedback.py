"""Signed addresses from letters: shown first, done only when confirmed, so that no mail scanner answers for a reader."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from monitor.core.alerts.links import Answer
from monitor.services.feedback import take_answer
from monitor.services.links import signer
from monitor.web.pages.show import show
from monitor.web.site import On, Site

router = APIRouter()


@router.get("/feedback/{token}")
def ask(request: Request, site: On, token: str) -> Response:
    """What the address would do, and the button that does it."""
    answer = _read(site, token)
    return show(request, "feedback.html", answer=answer, alert=site.archive.alerts.get(answer.alert), done="")


@router.post("/feedback/{token}")
def do(request: Request, site: On, token: str) -> Response:
    """Do it; one-click unsubscribing (RFC 8058) comes here too."""
    answer = _read(site, token)
    done = take_answer(site.archive, site.rulebook, answer, site.now())
    return show(request, "feedback.html", answer=answer, alert=site.archive.alerts.get(answer.alert), done=done)


def _read(site: Site, token: str) -> Answer:
    answer = signer(site.archive).read(token, site.now())
    if answer is None:
        raise HTTPException(404, "this address was changed on its way, or is older than 90 days")
    return answer
