"""The pages: each module answers for some addresses and shows templates."""

from fastapi import APIRouter

from monitor.web.pages import account, alerts, feedback, feeds, find, health, metrics, read, ruleform, rules, today, topic, trying

router = APIRouter(include_in_schema=False)
for _module in (health, metrics, account, feedback, today, find, read, topic, alerts, ruleform, rules, trying, feeds):
    router.include_router(_module.router)
