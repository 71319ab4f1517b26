"""What answers of a django-crunch site tell: projects, items, datasets, their attributes and statuses."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.crunch.tree import DATASET, ITEM, PROJECT
from omicsdk.sandbox.crunch.values import BY_PATH
from omicsdk.sandbox.platforms import Platforms
from omicsdk.sandbox.rest_framework.fields import validated
from omicsdk.sandbox.rest_framework.refusals import Invalid
from omicsdk.sandbox.seeding.telling import Exchange, Told, has_texts, things_of

_MANY = {"projects": PROJECT, "datasets": DATASET, "items": ITEM}
_TEXTS = ("name", "description", "details", "workflow", "base_file_path")


class SeenCrunch:
    """Things by slug, and attributes."""

    def __init__(self) -> None:
        self._things: dict[str, dict[str, Any]] = {}
        self._attributes: dict[tuple[str, str, str, str], dict[str, Any]] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        steps = exchange.after("api")
        if not steps:
            return False
        if steps[0] == "attributes" and len(steps) > 1 and steps[1] in BY_PATH:
            return self._attribute(steps[1], exchange)
        if steps[0] not in _MANY:
            return False
        if exchange.method == "DELETE" and len(steps) > 1:
            return self._things.pop(steps[1], None) is not None
        found = [each for each in things_of(exchange.body, "results") if has_texts(each, "slug", "name")]
        for each in found:
            self._thing(_MANY[steps[0]], each)
        return bool(found)

    def _thing(self, kind: str, stated: Mapping[str, Any]) -> None:
        # Projects and datasets are items, too; whoever saw them as such knows less of them.
        known = self._things.setdefault(stated["slug"], {"kind": kind, "parent": None})
        known |= {name: stated[name] for name in (*_TEXTS, "parent") if isinstance(stated.get(name), str)}
        if kind != ITEM:
            known["kind"] = kind

    def _attribute(self, kind: str, exchange: Exchange) -> bool:
        found = [each for each in things_of(exchange.body, "results") if {"item", "key"} <= each.keys()]
        for each in found:
            values = {name: each[name] for name in BY_PATH[kind].fields if name in each}
            self._attributes[str(each["item"]), kind, str(each["key"]), repr(values)] = values
        return bool(found)

    def plant(self, platforms: Platforms, told: Told) -> None:
        """Makes what was seen."""
        for slug in self._things:
            self._make(platforms, slug, told)
        crunch = platforms.crunch
        for (slug, kind, key, _), values in self._attributes.items():
            thing = crunch.tree.find(slug)
            try:
                kept = validated(BY_PATH[kind].fields, values)
            except Invalid:
                told.left["django-crunch attributes with a value that is not one"] += 1
                continue
            if thing is None:
                told.left["django-crunch attributes of things that are not there"] += 1
            else:
                crunch.attributes.add(kind, thing.id, key, kept)
                told.taken["django-crunch attributes"] += 1

    def _make(self, platforms: Platforms, slug: str, told: Told) -> None:
        tree, seen = platforms.crunch.tree, self._things[slug]
        if "made" in seen:
            return
        seen["made"] = True
        above = seen["parent"]
        if above is not None and above in self._things:
            self._make(platforms, above, told)
        parent = None if above is None else tree.find(above)
        if tree.named(seen["name"]) is not None:
            told.left["django-crunch things whose name is taken"] += 1
        elif above is not None and parent is None:
            told.left["django-crunch things whose parent is not there"] += 1
        else:
            tree.add(seen["kind"], parent, {name: seen[name] for name in _TEXTS if name in seen})
            told.taken[f"django-crunch {seen['kind']}s"] += 1
