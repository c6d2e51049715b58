"""Where other machines call: Slack with a button pressed, WebSub hubs with a feed's news. Their signature is the permission."""

from __future__ import annotations

from fastapi import APIRouter, BackgroundTasks, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, Response

from monitor.core.alerts.slack_answers import Press, is_signed, read_press
from monitor.services import websub
from monitor.services.collect import collect_pushed
from monitor.services.slack_answers import signing_secrets, take_press, update_message
from monitor.web.site import On, Site

router = APIRouter(tags=["Callbacks"])


@router.post("/slack/interactions")
async def slack_interaction(request: Request, site: On, later: BackgroundTasks) -> Response:
    """A button pressed under an alert in Slack: becomes a label or a mute, and the message says so."""
    body = await request.body()
    timestamp, signature = (request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
    return await run_in_threadpool(_press, site, body, timestamp, signature, later)


def _press(site: Site, body: bytes, timestamp: str, signature: str, later: BackgroundTasks) -> Response:
    secrets = signing_secrets(site.rulebook)
    if not secrets:
        raise HTTPException(404, "no Slack receiver has a signing_secret")
    if not is_signed(secrets, timestamp, body, signature, site.now()):
        raise HTTPException(401, "this request is not signed by Slack, or is older than five minutes")
    press = read_press(body)
    if press is not None:
        note = take_press(site.archive, site.rulebook, press, site.now())
        later.add_task(_tell, site, press, note)
    # Slack shows a warning to the reader unless the answer is an empty 200 within three seconds.
    return Response(status_code=200, background=later)


def _tell(site: Site, press: Press, note: str) -> None:
    update_message(press, note, site.app.settings.allow)


@router.get("/websub/{feed}")
def verify_subscription(request: Request, site: On, feed: str) -> Response:
    """A hub asks whether we want what it is about to send: its challenge comes back only when we asked for it."""
    said = {name: request.query_params.get(f"hub.{name}", "") for name in ("mode", "topic", "lease_seconds", "challenge")}
    if not websub.verified(site.archive, site.app.clock, feed, said["mode"], said["topic"], said["lease_seconds"]):
        raise HTTPException(404, "nobody asked for this subscription")
    return PlainTextResponse(said["challenge"])


@router.post("/websub/{feed}", status_code=202)
async def take_push(request: Request, site: On, feed: str) -> Response:
    """News of a feed from its hub: taken when signed with the subscription's secret; the answer never says whether."""
    body = await request.body()
    signature, kind = request.headers.get("x-hub-signature", ""), request.headers.get("content-type", "")
    await run_in_threadpool(_push, site, feed, body, kind, signature)
    return Response(status_code=202)


def _push(site: Site, feed: str, body: bytes, kind: str, signature: str) -> None:
    found = websub.pushed(site.archive, feed, body, kind, signature)
    if found is not None:
        queue = site.app.queue if site.app.sharing else None
        collect_pushed(*found, site.app.parser, site.archive, site.app.clock, queue)
