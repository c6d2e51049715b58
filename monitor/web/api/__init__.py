"""The JSON API, and feeds of any query or rule."""

from fastapi import APIRouter

from monitor.web.api import changes, reading, rules, subscribe

router = APIRouter()
for _module in (reading, rules, changes, subscribe):
    router.include_router(_module.router)
