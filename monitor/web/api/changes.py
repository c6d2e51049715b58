"""Changes through the API: labels and silences."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from monitor.model import Label
from monitor.services.feedback import give_label
from monitor.services.silences import add_silence
from monitor.web.api.schemas import LabelJson, NewLabel, NewSilence, SilenceJson
from monitor.web.identity import By, needs
from monitor.web.site import On

router = APIRouter(prefix="/api/v1", tags=["change"])


@router.post("/labels", status_code=201)
@needs("label")
def label(site: On, who: By, given: NewLabel) -> LabelJson:
    """Say something of an article."""
    if not 0 <= given.article < 1 << 62:
        raise HTTPException(404, f"there is no article {given.article}")
    made = Label(given.article, given.label, given.topic, given.holder, site.now(), who.name)
    give_label(site.archive, made)
    return LabelJson.model_validate(made)


@router.post("/silences", status_code=201)
@needs("rules")
def silence(site: On, who: By, given: NewSilence) -> SilenceJson:
    """Keep quiet about what answers a query, for a while."""
    made = add_silence(site.archive, site.rulebook, given.query, given.span, given.comment or f"by {who.name}", site.now())
    return SilenceJson.model_validate(made)


@router.delete("/silences/{number}", status_code=204)
@needs("rules")
def end_silence(site: On, number: int) -> None:
    """End a silence early."""
    if not 0 <= number < 1 << 62 or not site.archive.silences.end(number, site.now()):
        raise HTTPException(404, f"there is no silence {number} in force")
