"""What answers of Pangea tell: organizations, groups, samples, results and their fields; accounts have no passwords there."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.results.kinds import NEW_RESULT
from omicsdk.sandbox.pangea.samples.membership import GROUP_SAMPLE
from omicsdk.sandbox.pangea.stores.group_fields import NEW_GROUP
from omicsdk.sandbox.platforms import Platforms
from omicsdk.sandbox.seeding.telling import Exchange, Told, has_texts, is_finite, members, things_of

# Each kind: its words in addresses, the field with its name, the field with what it belongs to, what it is at first. In the
# order in which they are made.
_KINDS: Mapping[str, tuple[str, str, str, Mapping[str, Any]]] = {
    "organization": ("organizations", "name", "", {}),
    "sample_group": ("sample_groups", "name", "organization", NEW_GROUP),
    "sample": ("samples", "name", "library", {"metadata": {}, "description": ""}),
    "sample_ar": ("sample_ars", "module_name", "sample", {**NEW_RESULT, "replicate": ""}),
    "sample_group_ar": ("sample_group_ars", "module_name", "sample_group", {**NEW_RESULT, "replicate": ""}),
    "sample_ar_field": ("sample_ar_fields", "name", "analysis_result", {"stored_data": {}, "description": ""}),
    "sample_group_ar_field": (
        "sample_group_ar_fields",
        "name",
        "analysis_result",
        {"stored_data": {}, "description": ""},
    ),
}
_BY_WORD = {word: kind for kind, (word, *_) in _KINDS.items()}
# Another server's buckets, modules and keys aren't here.
_ELSEWHERE = ("bucket", "pipeline_module")


class SeenPangea:
    """Things by kind and UUID."""

    def __init__(self) -> None:
        self._things: dict[tuple[str, str], dict[str, Any]] = {}
        self._links: dict[tuple[str, str], None] = {}

    def take(self, exchange: Exchange) -> bool:
        """Notes what an exchange tells; False when it tells nothing."""
        steps = exchange.after("api")
        kind = _BY_WORD.get(steps[0]) if steps else None
        if not steps or kind is None:
            return False
        if exchange.method == "DELETE" and len(steps) > 1:
            return self._things.pop((kind, steps[1]), None) is not None
        if steps[0] == "sample_groups" and steps[2:] == ["samples"]:
            return self._members(steps[1], exchange)
        if len(steps) > 2:
            return False
        found = [each for each in things_of(exchange.body, "results") if self._note(kind, each)]
        return bool(found)

    def _members(self, group: str, exchange: Exchange) -> bool:
        found = [each for each in things_of(exchange.body, "results") if self._note("sample", each)]
        if exchange.method == "GET":
            self._links.update(dict.fromkeys((group, str(each["uuid"])) for each in found))
        return bool(found)

    def _note(self, kind: str, stated: Mapping[str, Any]) -> bool:
        _, name, owner, first = _KINDS[kind]
        if not has_texts(stated, "uuid", name):
            return False
        known = self._things.setdefault((kind, stated["uuid"]), {})
        known |= {each: stated[each] for each in ("uuid", name, owner) if isinstance(stated.get(each), str)}
        # Any JSON is data; another field is taken if it is of the kind that it has at first.
        known |= {
            each: stated[each]
            for each, value in first.items()
            if each in stated
            and each not in _ELSEWHERE
            and (each == "stored_data" or type(stated[each]) is type(value))
        }
        for above in ("organization", "library", "sample", "sample_group", "analysis_result"):
            inner = members(stated.get(f"{above}_obj"))
            if inner is not None:
                self._note(_above(kind, above), inner)
        return True

    def plant(self, platforms: Platforms, told: Told) -> None:
        """Makes what was seen."""
        store = platforms.pangea.store
        for kind, (word, name, owner, first) in _KINDS.items():
            for seen in [each for (of, _), each in self._things.items() if of == kind]:
                parent = seen.get(owner, "") if owner else ""
                if store.find(kind, seen["uuid"]) is not None:
                    told.left[f"Pangea {word} that are there already"] += 1
                elif owner and store.find(_above(kind, owner), parent) is None:
                    told.left[f"Pangea {word} whose {owner} is not there"] += 1
                elif not is_finite(seen):
                    told.left[f"Pangea {word} with numbers that JSON has not"] += 1
                else:
                    fields = {**first, **{each: value for each, value in seen.items() if each not in ("uuid", name)}}
                    if kind == "sample_group":
                        fields["has_library"] = bool(fields["is_library"])
                    store.add(kind, seen[name], fields, parent=parent, uuid=seen["uuid"])
                    told.taken[f"Pangea {word}"] += 1
                    if kind == "sample":
                        store.link(GROUP_SAMPLE, parent, seen["uuid"])
        for group, sample in self._links:
            if store.find("sample_group", group) and store.find("sample", sample):
                store.link(GROUP_SAMPLE, group, sample)


def _above(kind: str, owner: str) -> str:
    """The kind of what a thing of a kind belongs to."""
    if owner == "library":
        return "sample_group"
    return kind.removesuffix("_field") if owner == "analysis_result" else owner
