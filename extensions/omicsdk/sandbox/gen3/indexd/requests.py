"""Requests to Indexd: queries, criteria of lists, bodies; and the service's refusals."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar, cast

from omicsdk.sandbox.document import read_document
from omicsdk.sandbox.gen3.service import is_texts
from omicsdk.sandbox.problems import LARGEST, Problem, or_raise, whole_number
from omicsdk.sandbox.service import Call, JsonObject

D = TypeVar("D", int, None)

LONGEST = 1024
DEFAULT_LENGTH = 100
# Kinds of checksums, and what they look like.
HASHES = {
    "md5": "^[0-9a-f]{32}$",
    "sha1": "^[0-9a-f]{40}$",
    "sha256": "^[0-9a-f]{64}$",
    "sha512": "^[0-9a-f]{128}$",
    "crc": "^[0-9a-f]{8}$",
    "etag": "^[0-9a-f]{32}(-\\d+)?$",
}


# -- refusals


class FrameworkPage(Problem):
    """A refusal that the web framework answers as a page, before the service's code runs.

    Args:
        status: The HTTP status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status, "page", HTTPStatus(status).phrase)


def refuse(status: int, message: str, *, crashes: bool = False) -> Problem:
    """Return a refusal with the service's message; or one on which the real service fails."""
    return Problem(status, "indexd", message, crashes=crashes)


def bad(message: str, *, crashes: bool = False) -> Problem:
    """A 400; or one on which the real service fails."""
    return refuse(400, message, crashes=crashes)


def no_record() -> Problem:
    """The 404 for a record that does not exist."""
    return refuse(404, "no record found")


def mismatch() -> Problem:
    """The 409 for an update whose revision is not the current one."""
    return refuse(409, "revision mismatch")


# -- queries


class Query:
    """The query of a request.

    Args:
        call: The request.
    """

    def __init__(self, call: Call) -> None:
        self._sent = call.query

    def all(self, name: str) -> list[str]:
        """Every value of an argument."""
        return [value for key, value in self._sent if key == name]

    def text(self, name: str) -> str | None:
        """The first value of an argument."""
        return next(iter(self.all(name)), None)

    def words(self, name: str) -> list[str] | None:
        """An argument that is a list; `null` is an empty one."""
        sent = self.text(name)
        return None if sent is None else [] if sent == "null" else sent.split(",")

    def is_on(self, name: str) -> bool:
        """Whether a flag is set."""
        return (self.text(name) or "").lower() in ("true", "t", "yes", "y", "1")

    def number(
        self, name: str, default: D = None, *, least: int | None = None, most: int = LARGEST, crashes: bool = False
    ) -> int | D:
        """An argument that is an integer.

        Args:
            name: The argument.
            default: Value when it is missing.
            least: The smallest number that it may be; None for no bound.
            most: The greatest number that it may be.
            crashes: Whether the real service fails on a text that is no integer.

        Raises:
            Problem: 400; it is something else.
        """
        sent = self.text(name)
        if sent is None:
            return default
        number = or_raise(whole_number(sent.strip()), bad(f"{name} must be an integer", crashes=crashes))
        if number > most or (least is not None and number < least):
            raise bad(f"{name} must be between {least} and {most}" if most < LARGEST else f"{name} must be >= {least}")
        return number

    def length(self, name: str = "limit", least: int = 0) -> int:
        """The requested number of items."""
        return self.number(name, DEFAULT_LENGTH, least=least, most=LONGEST)

    def size(self) -> int | None:
        """The size that records must have."""
        return self.number("size", least=0)

    def pairs(self, name: str) -> dict[str, str]:
        """All values of an argument, of the form KEY:VALUE.

        Raises:
            Problem: 400; one has no colon.
        """
        pairs: dict[str, str] = {}
        for pair in self.all(name):
            key, colon, value = pair.partition(":")
            if not colon:
                raise bad(f"{name} must be KEY:VALUE, not {pair!r}", crashes=True)
            pairs[key] = value
        return pairs

    def hashes(self) -> dict[str, str]:
        """The checksums that records must have.

        Raises:
            Problem: 400; one is invalid.
        """
        return checked_hashes(self.pairs("hash"))

    def object(self, name: str) -> JsonObject | None:
        """An argument that is a JSON object, such as parts of URLs with objects of their metadata.

        Raises:
            Problem: 400; it is something else.
        """
        sent = self.text(name)
        if not sent:
            return None
        with suppress(ValueError, RecursionError):
            value: object = json.loads(sent)
            if isinstance(value, dict):
                return cast("JsonObject", value)
        raise _no_json(name)


def _no_json(name: str) -> Problem:
    return bad(f"{name} must be a valid json string")


def checked_hashes(hashes: Mapping[str, str]) -> dict[str, str]:
    """Check kinds and values of checksums.

    Raises:
        Problem: 400; a kind is unknown, or a value has another form.
    """
    if not hashes.keys() <= HASHES.keys():
        raise bad("invalid hash types specified")
    if not all(re.search(HASHES[kind], value) for kind, value in hashes.items()):
        raise bad("invalid hash values specified")
    return dict(hashes)


# -- criteria of lists, as a condition over the tables

Condition = tuple[str, list[Any]]

_EVERYTHING = "1"
_WITH = "did IN (SELECT did FROM gen3_index_terms WHERE kind = ? AND word = ?)"
_WITH_ANY = "did IN (SELECT did FROM gen3_index_terms WHERE kind = ?)"
_HAS_VALUE = "EXISTS (SELECT 1 FROM json_each(u.value) m WHERE m.key = ? AND m.value = ?)"
_REPEATED = ("acl", "authz", "file_name", "hashes", "ids", "size", "start", "urls", "urls_metadata", "version")


@dataclass(frozen=True, slots=True)
class Criteria:
    """Criteria of a list of records; None, or nothing in it, is no criterion.

    Attributes:
        ids: Their GUIDs.
        start: The GUID after which they begin.
        size: Their size in bytes.
        file_name: Their file name.
        version: Their version.
        uploader: Their uploader.
        urls: URLs that they have.
        acl: Words that are on their access list; an empty list requests records without one.
        authz: Resources that they belong to; an empty list requests records without any.
        hashes: Their checksums.
        metadata: Their metadata.
        urls_metadata: Parts of a URL, with metadata that this URL has.
        negated: Excluded values, by field.
    """

    ids: list[str] | None = None
    start: str | None = None
    size: int | None = None
    file_name: str | None = None
    version: str | None = None
    uploader: str | None = None
    urls: Sequence[str] = ()
    acl: list[str] | None = None
    authz: list[str] | None = None
    hashes: Mapping[str, str] | None = None
    metadata: Mapping[str, str] | None = None
    urls_metadata: Mapping[str, Any] | None = None
    negated: Mapping[str, Any] | None = None

    def to_dict(self) -> JsonObject:
        """The criteria as lists repeat them."""
        return {**{name: getattr(self, name) for name in _REPEATED}, "metadata": self.metadata or {}}

    def condition(self, prefix: str) -> Condition:
        """The criteria as a condition in SQL, and what its question marks represent.

        Args:
            prefix: Prefix of the commons' GUIDs; it may be missing, or too much, in GUIDs that are requested.
        """
        parts = [*self._fields(), *_about_urls(self.urls_metadata or {}), *_negations(self.negated or {})]
        if self.ids:
            subquery = "SELECT value FROM json_each(?)"
            dids = [did for id in self.ids for did in spellings(id, prefix)]
            parts.append((f"did IN ({subquery})", [json.dumps(dids)]))
        return _joined(parts)

    def _fields(self) -> Iterable[Condition]:
        if self.start is not None:
            yield "did > ?", [self.start]
        for name in ("size", "file_name", "version", "uploader"):
            if getattr(self, name) is not None:
                yield f"{name} = ?", [getattr(self, name)]
        for url in self.urls:
            yield _WITH, ["url", url]
        for kind, terms in (("acl", self.acl), ("authz", self.authz)):
            for word in terms or ():
                yield _WITH, [kind, word]
            if terms == []:
                yield f"NOT {_WITH_ANY}", [kind]
        for kind, mapping in (("hash", self.hashes), ("metadata", self.metadata)):
            for key, value in (mapping or {}).items():
                yield _WITH, [kind, pair(key, value)]


def spellings(did: str, prefix: str) -> list[str]:
    """The GUIDs that a text may mean: itself, or it with the commons' prefix or without."""
    if not prefix:
        return [did]
    return [did, did.removeprefix(prefix) if did.startswith(prefix) else prefix + did]


def as_text(value: object) -> str:
    """A value of metadata as the service's database keeps it: `true` becomes the text 1."""
    if isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, bool) else json.dumps(value)


def pair(key: str, value: object) -> str:
    """A key and its value as one word."""
    return f"{key}:{as_text(value)}"


def _joined(parts: Iterable[Condition]) -> Condition:
    """Conditions that all hold."""
    conditions = list(parts)
    values = [value for _, sent in conditions for value in sent]
    return " AND ".join(text for text, _ in conditions) or _EVERYTHING, values


def _about_urls(criteria: Mapping[str, Any]) -> Iterable[Condition]:
    """One and the same URL holds all parts and has all metadata; URLs without any metadata are not looked at."""
    parts: list[Condition] = []
    for part, metadata in criteria.items():
        if not isinstance(metadata, dict):
            raise _no_json("urls_metadata")
        parts.append(("instr(u.key, ?) > 0", [part]))
        for key, value in cast("JsonObject", metadata).items():
            yield _WITH, ["url_metadata", pair(key, value)]
            parts.append((_HAS_VALUE, [key, as_text(value)]))
    if parts:
        text, values = _joined(parts)
        yield f"EXISTS (SELECT 1 FROM json_each(document, '$.urls_metadata') u WHERE {text})", values  # noqa: S608 - our own words


def _negations(criteria: Mapping[str, Any]) -> Iterable[Condition]:
    for name in ("file_name", "version"):
        if criteria.get(name) is not None:
            yield f"{name} <> ?", [str(criteria[name])]
    for kind, name in (("url", "urls"), ("acl", "acl"), ("authz", "authz")):
        texts: object = criteria.get(name) or []
        if not is_texts(texts):
            raise _no_json("negate_params")
        if texts:
            yield _WITH_ANY, [kind]
        for word in texts:
            yield f"NOT {_WITH}", [kind, word]


def read_criteria(query: Query) -> Criteria:
    """The criteria of a request for a list.

    Raises:
        Problem: 400; one makes no sense.
    """
    ids = query.text("ids")
    if ids and any(query.text(name) is not None for name in ("limit", "start", "page")):
        raise bad("pagination is not supported when ids is provided")
    return Criteria(
        ids=ids.split(",") if ids else None,
        size=query.size(),
        urls=query.all("url"),
        acl=query.words("acl"),
        authz=query.words("authz"),
        hashes=query.hashes() or None,
        metadata=query.pairs("metadata"),
        urls_metadata=query.object("urls_metadata"),
        negated=query.object("negate_params"),
        **{name: query.text(name) for name in ("start", "file_name", "version", "uploader")},
    )


# -- bodies, by the schemas of the document


# The schemas of objects that have no other fields.
_CLOSED = ("InputInfo", "UpdateInputInfo", "UpdateAllVersionsInputInfo", "AliasInputInfo", "AliasInfo", "HashInfo")


@cache
def _schemas() -> dict[str, Any]:
    """The document's schemas, as strict as the service is."""
    schemas: dict[str, Any] = deepcopy(read_document("gen3/indexd")["components"]["schemas"])
    for name in _CLOSED:
        schemas[name]["additionalProperties"] = False
    for properties in (schema.get("properties", {}) for schema in schemas.values()):
        if "size" in properties:
            properties["size"] |= {"minimum": 0, "maximum": LARGEST}
    schemas["HashInfo"]["minProperties"] = 1
    schemas["AliasInfo"]["required"] = ["aliases"]
    schemas["AliasInfo"]["properties"]["aliases"]["items"]["required"] = ["value"]
    # The service does not look at the checksums of uploads.
    hashes = {"type": "object", "additionalProperties": {"type": "string"}}
    schemas["UpdateBlankInputInfo"]["properties"]["hashes"] = hashes
    return schemas


@cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator  # its import takes a while

    return Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": {"schemas": _schemas()}})


def sent_json(call: Call, *, force: bool = False) -> Any:
    """The JSON of a request.

    Args:
        call: The request.
        force: Whether its Content-Type does not matter.

    Raises:
        FrameworkPage: 415 for another Content-Type, 400 for what is not JSON.
    """
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not force and kind != "application/json" and not kind.endswith("+json"):
        raise FrameworkPage(415)
    try:
        return json.loads(call.content)
    except (ValueError, RecursionError) as error:
        raise FrameworkPage(400) from error


def sent(call: Call, schema: str, *, nulls: bool = True) -> JsonObject:
    """The body of a request, validated against a schema.

    Args:
        call: The request.
        schema: The name of its schema in the document; it is an object.
        nulls: Whether null is a value; else it is the same as a missing field.

    Raises:
        Problem: 400; it breaks the schema.
        FrameworkPage: It is not JSON.
    """
    body = sent_json(call)
    if isinstance(body, dict) and not nulls:
        body = {name: value for name, value in cast("JsonObject", body).items() if value is not None}
    from jsonschema import exceptions

    error: Any = cast("Any", exceptions).best_match(_validator(schema).iter_errors(body))
    if error is not None:
        raise bad(error.message)
    return cast("JsonObject", body)
