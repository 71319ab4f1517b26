"""What records of a list must be: read from a request, and as a condition over the tables."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from omicsdk.sandbox.gen3.indexd.record import JsonObject, as_text, pair
from omicsdk.sandbox.gen3.indexd.refusals import bad
from omicsdk.sandbox.gen3.indexd.requests import arguments
from omicsdk.sandbox.service import Call

EVERYTHING = "1"
"""The condition that all records fulfil."""
_WITH = "did IN (SELECT did FROM gen3_index_terms WHERE kind = ? AND word = ?)"
_WITHOUT = f"NOT {_WITH}"
_HAS_KEY = "EXISTS (SELECT 1 FROM json_each(u.value) m WHERE m.key = ?)"
_HAS_VALUE = "EXISTS (SELECT 1 FROM json_each(u.value) m WHERE m.key = ? AND m.value = ?)"
_WITH_ANY = "did IN (SELECT did FROM gen3_index_terms WHERE kind = ?)"

Condition = tuple[str, list[Any]]


@dataclass(frozen=True, slots=True)
class Criteria:
    """What records of a list must be; None, or nothing in it, asks for nothing.

    Attributes:
        ids: Their GUIDs.
        start: What their GUIDs come behind.
        size: Their size in bytes.
        file_name: Their file name.
        version: Their version.
        uploader: Who uploaded them.
        urls: URLs that they have.
        acl: Words that are on their access list; an empty list asks for records without one.
        authz: Resources that they belong to; an empty list asks for records without any.
        hashes: Their checksums.
        metadata: Their metadata.
        urls_metadata: Parts of a URL, with metadata that this URL has.
        negated: What they must not be, by field.
    """

    ids: list[str] | None = None
    start: str | None = None
    size: int | None = None
    file_name: str | None = None
    version: str | None = None
    uploader: str | None = None
    urls: list[str] = field(default_factory=list[str])
    acl: list[str] | None = None
    authz: list[str] | None = None
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, str] = field(default_factory=dict[str, str])
    urls_metadata: Mapping[str, Mapping[str, Any]] | None = None
    negated: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def told(self) -> JsonObject:
        """The criteria as lists repeat them."""
        return {
            "acl": self.acl,
            "authz": self.authz,
            "file_name": self.file_name,
            "hashes": dict(self.hashes) or None,
            "ids": self.ids,
            "metadata": dict(self.metadata),
            "size": self.size,
            "start": self.start,
            "urls": self.urls,
            "urls_metadata": self.urls_metadata,
            "version": self.version,
        }

    def condition(self, prefix: str) -> Condition:
        """The criteria as a condition in SQL, and what its question marks stand for.

        Args:
            prefix: What GUIDs of the commons begin with; it may be missing, or too much, in GUIDs that are asked for.
        """
        parts = [*self._fields(), *self._terms(), *_about_urls(self.urls_metadata or {}), *_negations(self.negated)]
        if self.ids:
            parts.append(_among(self.ids, prefix))
        return joined(parts)

    def _fields(self) -> Iterable[Condition]:
        if self.start is not None:
            yield "did > ?", [self.start]
        for name in ("size", "file_name", "version", "uploader"):
            if getattr(self, name) is not None:
                yield f"{name} = ?", [getattr(self, name)]

    def _terms(self) -> Iterable[Condition]:
        for url in self.urls:
            yield _WITH, ["url", url]
        for kind, words in (("acl", self.acl), ("authz", self.authz)):
            for word in words or ():
                yield _WITH, [kind, word]
            if words == []:
                yield f"NOT {_WITH_ANY}", [kind]
        for kind, stated in (("hash", self.hashes), ("metadata", self.metadata)):
            for key, value in stated.items():
                yield _WITH, [kind, pair(key, value)]


def joined(parts: Iterable[Condition]) -> Condition:
    """Conditions that all hold."""
    found = list(parts)
    return " AND ".join(text for text, _ in found) or EVERYTHING, [value for _, values in found for value in values]


def _among(ids: list[str], prefix: str) -> Condition:
    known = "SELECT value FROM json_each(?)"
    others = [each.removeprefix(prefix) if each.startswith(prefix) else prefix + each for each in ids] if prefix else []
    return f"did IN ({known})", [json.dumps([*ids, *others])]


def _a_url(where: str) -> str:
    return f"EXISTS (SELECT 1 FROM json_each(document, '$.urls_metadata') u WHERE {where})"  # noqa: S608 - our own words


def _about_urls(stated: Mapping[str, Mapping[str, Any]]) -> Iterable[Condition]:
    """One and the same URL holds all parts and has all metadata; URLs without any metadata aren't looked at."""
    if not stated:
        return
    parts: list[Condition] = []
    for part, metadata in stated.items():
        parts.append(("instr(u.key, ?) > 0", [part]))
        for key, value in metadata.items():
            yield _WITH, ["url_metadata", pair(key, value)]
            parts.append((_HAS_VALUE, [key, as_text(value)]))
    text, values = joined(parts)
    yield _a_url(text), values


def _negations(stated: Mapping[str, Any]) -> Iterable[Condition]:
    for name in ("file_name", "version"):
        if stated.get(name) is not None:
            yield f"{name} <> ?", [stated[name]]
    for kind, name in (("url", "urls"), ("acl", "acl"), ("authz", "authz")):
        if stated.get(name):
            yield _WITH_ANY, [kind]
        for word in stated.get(name) or ():
            yield _WITHOUT, [kind, word]
    metadata: JsonObject = stated.get("metadata") or {}
    for key, value in metadata.items():
        if value:
            yield _WITHOUT, ["metadata", pair(key, value)]
        else:
            yield "NOT EXISTS (SELECT 1 FROM json_each(document, '$.metadata') m WHERE m.key = ?)", [key]
    urls_metadata: dict[str, JsonObject] = stated.get("urls_metadata") or {}
    for part, unwanted in urls_metadata.items():
        yield from _without_metadata(part, unwanted)


def _without_metadata(part: str, metadata: Mapping[str, Any]) -> Iterable[Condition]:
    """The service joins URLs with their metadata here, so records without any aren't listed."""
    yield _a_url("1"), []
    if not metadata:
        yield _a_url("instr(u.key, ?) = 0"), [part]
    for key, value in metadata.items():
        has, values = (_HAS_VALUE, [key, as_text(value)]) if value else (_HAS_KEY, [key])
        yield f"NOT {_a_url(f'instr(u.key, ?) > 0 AND {has}')}", [part, *values]


# -- read from a request


def read_criteria(call: Call) -> Criteria:
    """The criteria of a request for a list.

    Raises:
        Problem: 400; one makes no sense.
    """
    ids = arguments.text(call, "ids")
    if ids and any(arguments.text(call, name) is not None for name in ("limit", "start", "page")):
        raise bad("pagination is not supported when ids is provided")
    return Criteria(
        ids=ids.split(",") if ids else None,
        start=arguments.text(call, "start"),
        size=arguments.size(call),
        file_name=arguments.text(call, "file_name"),
        version=arguments.text(call, "version"),
        uploader=arguments.text(call, "uploader"),
        urls=arguments.all_of(call, "url"),
        acl=_words(arguments.text(call, "acl")),
        authz=_words(arguments.text(call, "authz")),
        hashes=arguments.hashes(call),
        metadata=arguments.pairs(arguments.all_of(call, "metadata"), "metadata"),
        urls_metadata=_object(call, "urls_metadata"),
        negated=_negated(call),
    )


def _words(sent: str | None) -> list[str] | None:
    if sent is None:
        return None
    return [] if sent == "null" else sent.split(",")


def _object(call: Call, name: str) -> JsonObject | None:
    sent = arguments.text(call, name)
    if not sent:
        return None
    try:
        value = json.loads(sent)
    except (ValueError, RecursionError) as error:
        raise bad(f"{name} must be a valid json string") from error
    if not isinstance(value, dict) or (name == "urls_metadata" and not _of_objects(cast("JsonObject", value))):
        raise bad(f"{name} must be a valid json string")
    return cast("JsonObject", value)


def _negated(call: Call) -> JsonObject:
    stated = _object(call, "negate_params") or {}
    texts, lists, objects = ("file_name", "version"), ("urls", "acl", "authz"), ("metadata", "urls_metadata")
    fits = (
        all(isinstance(stated.get(name, ""), str) for name in texts)
        and all(_of_texts(stated.get(name)) for name in lists)
        and all(isinstance(stated.get(name) or {}, dict) for name in objects)
        and _of_objects(stated.get("urls_metadata") or {})
    )
    if not fits:
        raise bad("negate_params must be a valid json string")
    return stated


def _of_objects(value: JsonObject) -> bool:
    return all(isinstance(each, dict) and _of_scalars(cast("JsonObject", each)) for each in value.values())


def _of_scalars(value: JsonObject) -> bool:
    return not any(isinstance(each, dict | list) for each in value.values())


def _of_texts(value: object) -> bool:
    return value is None or (
        isinstance(value, list) and all(isinstance(each, str) for each in cast("list[Any]", value))
    )
