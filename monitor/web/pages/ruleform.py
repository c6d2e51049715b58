"""Rules for people who write no YAML: a form that makes the same file, with the same preview, and works without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from monitor.core.queries.query_form import QueryForm, as_query
from monitor.errors import ConfigError, Problem
from monitor.model import OUTLET, Rule, Rulebook
from monitor.services import drafts
from monitor.services.ruleform import COMMON, RuleForm, blank, kind_choices, of_rule, slug, written
from monitor.services.rules import rule_named
from monitor.web.identity import needs
from monitor.web.pages.drafting import PREVIEW, changes, places, words_of
from monitor.web.pages.show import back, show
from monitor.web.rulewords import COMMON as COMMON_WORDS
from monitor.web.rulewords import GROUPS, SEVERITIES, kind_words, option_words
from monitor.web.site import On, Site

router = APIRouter()
_LONGEST = 4000
_MOST_OPTIONS = 200


async def _posted(request: Request) -> FormData:
    return await request.form(max_files=0, max_fields=_MOST_OPTIONS)


Posted = Annotated[FormData, Depends(_posted)]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A form on its way into a file: the rule it changes (None: a new one), and the mark of all rules files at its opening."""

    form: RuleForm
    rule: Rule | None
    file: str
    was: str

    def name(self, book: Rulebook) -> str:
        """The id of the rule it makes."""
        if self.rule is not None:
            return self.rule.id
        return slug(self.form.title or self.form.query.topic or self.form.query.words, book.rules, "rule")


@router.get("/rules/new")
@needs("rules")
def new(request: Request, site: On, q: str = "", topic: str = "") -> Response:
    """An empty form; `q` or `topic` fill in what is known."""
    file = next(iter(drafts.listed(site.app.settings.rules)), "")
    query = q or (f"topic:{topic}" if topic in site.rulebook.topics else "")
    # Where there is one receiver it is the one that is meant.
    only = tuple(site.rulebook.receivers) if len(site.rulebook.receivers) == 1 else ()
    return _page(request, site, _Draft(replace(blank(query), notify=only), None, file, _mark(site)))


@router.get("/rules/{name}/form")
@needs("rules")
def change(request: Request, site: On, name: str) -> Response:
    """The form of a rule in force."""
    rule = rule_named(site.rulebook, name)
    file = places(site).get(name, "")
    return _page(request, site, _Draft(of_rule(rule), rule, file, _mark(site)))


@router.post("/rules/form/preview")
@needs("rules")
def preview(request: Request, site: On, given: Posted) -> Response:
    """The form again, with what the rule would have done in the last 30 days and what would be written."""
    draft = _read(site, given)
    try:
        text = _text(site, draft)
        changed = written(text, draft.form, draft.rule, draft.name(site.rulebook), site.rulebook.topics)
        after = drafts.drafted(site.app.settings.rules, draft.file, changed, words_of(site))
    except ConfigError as error:
        return _page(request, site, draft, problems=error.problems, status=422)
    shown = {"changes": changes(site, after), "lines": _lines(text, changed), "days": PREVIEW.days}
    return _page(request, site, draft, preview=shown)


@router.post("/rules/form/save")
@needs("rules")
def save(request: Request, site: On, given: Posted) -> Response:
    """Write the rule into its file, unless somebody changed that meanwhile."""
    draft = _read(site, given)
    name = draft.name(site.rulebook)
    try:
        text = _text(site, draft)
        changed = written(text, draft.form, draft.rule, name, site.rulebook.topics)
        drafts.save(site.app.settings.rules, draft.file, changed, drafts.mark(text), words_of(site))
    except ConfigError as error:
        fresh = _Draft(draft.form, draft.rule, draft.file, _mark(site))
        return _page(request, site, fresh, problems=error.problems, status=409 if fresh.was != draft.was else 422)
    return back(request, f"/rules/{name}", f"Saved in {draft.file}; the worker takes it over within seconds.")


def _page(
    request: Request, site: Site, draft: _Draft, *, preview: Any = None, problems: Sequence[Problem] = (), status: int = 200
) -> Response:
    book = site.rulebook
    choices = [
        (one, *kind_words(one.kind, one.meaning), [(option, *option_words(option.name)) for option in one.options])
        for one in kind_choices()
    ]
    return show(
        request,
        "rule_form.html",
        status,
        form=draft.form,
        rule=draft.rule,
        file=draft.file,
        was=draft.was,
        files=list(drafts.listed(site.app.settings.rules)),
        topics=book.topics,
        holders=[*book.actors, OUTLET],
        receivers=book.receivers,
        kinds=choices,
        common_words=COMMON_WORDS,
        groups=GROUPS,
        severities=SEVERITIES,
        query=as_query(draft.form.query),
        preview=preview,
        problems=problems,
    )


def _read(site: Site, given: FormData) -> _Draft:
    def word(name: str) -> str:
        value = given.get(name, "")
        return value.replace("\x00", "")[:_LONGEST] if isinstance(value, str) else ""

    asked = QueryForm(*(word(name) for name in ("words", "topic", "relevance", "holder", "stance", "confidence")))
    known = {one.kind for one in kind_choices()}
    common = {key: word(key) for key in COMMON} | {"kind": word("kind") if word("kind") in known else "match"}
    options = {key.removeprefix("opt."): word(key) for key in given if key.startswith("opt.")}
    form = RuleForm(
        asked,
        common,
        options,
        tuple(str(one) for one in given.getlist("notify")),
        word("enabled") == "true",
        word("new_topic"),
        word("new_topic_description"),
    )
    rule = site.rulebook.rules.get(word("rule")) if word("rule") else None
    return _Draft(form, rule, word("file"), word("was"))


def _text(site: Site, draft: _Draft) -> str:
    if _mark(site) != draft.was:
        hint = "your form is kept; look at what it changes now, then save again"
        raise ConfigError([Problem("somebody changed the rules meanwhile", hint=hint)])
    return drafts.named(site.app.settings.rules, draft.file).read_text(encoding="utf-8")


def _mark(site: Site) -> str:
    """What tells one state of all rules files from another: the form may go into any of them."""
    return drafts.mark("\0".join(path.read_text(encoding="utf-8") for path in drafts.listed(site.app.settings.rules).values()))


def _lines(before: str, after: str) -> list[tuple[str, str]]:
    """The lines that change, each with what happens to it: added, gone, or kept beside one that changes."""
    marks = {"+": "added", "-": "gone", " ": "kept"}
    found = list(unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2))[2:]
    return [(marks[line[0]], line[1:]) for line in found if line[0] in marks]
