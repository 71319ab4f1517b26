"""Wikis of organizations, groups and pipelines: the first look makes them."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.resource import found, shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, text, validated
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply, for_each

_WIKI = "wiki"
_PAGE = "wiki_page"
_HOME = "Home Page"
_WORDS = {"organization": "Organization", "sample_group": "Sample Group", "pipeline": "Pipeline"}


def _read(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Groups' are for whoever may see the group, others for everybody."""
    person = pangea.access.asker(call)
    thing = found(pangea.store, kind, call.arguments["id"])
    if kind == "sample_group" and not pangea.access.may_see_group(person, thing):
        raise forbidden("Insufficient permissions to get wiki.")
    new = not pangea.store.all(_WIKI, parent=thing["uuid"])
    return Reply(_view(pangea, _wiki(pangea, kind, thing)), 201 if new else 200)


def _write(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Members of the organization may, and of pipelines whoever is logged in."""
    person = pangea.access.need(call)
    thing = found(pangea.store, kind, call.arguments["id"])
    owner = {"organization": thing["uuid"], "sample_group": thing.get("organization", "")}.get(kind)
    if owner is not None and not pangea.access.is_member(person, owner):
        raise forbidden("Insufficient permissions to edit wiki.")
    wiki = _wiki(pangea, kind, thing)
    sent = fields_of(call)
    page = validated(_FIELDS, sent)
    if sent.get("uuid"):
        _replace(pangea, wiki, sent["uuid"], page)
    else:
        pangea.store.add(_PAGE, page["title"], {"title": page["title"], "text": page["text"]}, parent=wiki["uuid"])
    return Reply({"uuid": wiki["uuid"], **_view(pangea, wiki)}, 201)


_FIELDS: Mapping[str, Field] = {
    "title": Field(text(), required=True),
    "text": Field(text(blank=True, trim=False), required=True),
}


def _replace(pangea: Pangea, wiki: Thing, uuid: object, page: Mapping[str, Any]) -> None:
    if uuid not in [each["uuid"] for each in pangea.store.all(_PAGE, parent=wiki["uuid"])]:
        raise invalid("uuid", f'Invalid pk "{uuid}" - object does not exist.')
    pangea.store.change(_PAGE, str(uuid), {"name": page["title"], **page})


def _wiki(pangea: Pangea, kind: str, thing: Thing) -> Thing:
    there = pangea.store.all(_WIKI, parent=thing["uuid"])
    if there:
        return there[0]
    wiki = pangea.store.add(_WIKI, "", {}, parent=thing["uuid"])
    home = {"title": _HOME, "text": f"Wiki for {_WORDS[kind]} {thing['name']}"}
    pangea.store.add(_PAGE, _HOME, home, parent=wiki["uuid"])
    return wiki


def _view(pangea: Pangea, wiki: Thing) -> dict[str, Any]:
    names = ("uuid", "title", "created_at", "updated_at", "text")
    pages = [{**shown(each, names), "wiki": wiki["uuid"]} for each in pangea.store.all(_PAGE, parent=wiki["uuid"])]
    return {
        "pages": [each["uuid"] for each in pages],
        "created_at": wiki["created_at"],
        "updated_at": wiki["updated_at"],
        "page_objs": pages,
        "home_page_obj": pages[0],
        "sidebar_obj": None,
    }


HANDLERS = for_each({kind: kind for kind in _WORDS}, {"get_{}_wiki": _read, "write_{}_wiki_page": _write})
