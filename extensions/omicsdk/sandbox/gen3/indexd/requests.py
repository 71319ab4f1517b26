"""Requests to Indexd: queries, criteria of lists, bodies; and the service's refusals."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar, cast

from jsonschema import Draft7Validator
from jsonschema import exceptions as schema_errors
from jsonschema.exceptions import ValidationError

from omicsdk.sandbox.gen3.service import is_texts
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, JsonObject
from omicsdk.sandbox.validation import LARGEST, whole_number

D = TypeVar("D", int, None)

LONGEST = 1024
"""The longest page."""
DEFAULT_LENGTH = 100
HASHES = {
    "md5": "^[0-9a-f]{32}$",
    "sha1": "^[0-9a-f]{40}$",
    "sha256": "^[0-9a-f]{64}$",
    "sha512": "^[0-9a-f]{128}$",
    "crc": "^[0-9a-f]{8}$",
    "etag": "^[0-9a-f]{32}(-\\d+)?$",
}
"""Kinds of checksums, and what they look like."""


# -- refusals


class FrameworkPage(Problem):
    """A refusal that the web framework answers as a page, before the service's code runs.

    Args:
        status: The HTTP status.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status, "page", HTTPStatus(status).phrase)


def refuse(status: int, message: str, *, crashes: bool = False) -> Problem:
    """A refusal in the service's words, to be raised; or one on which the real service fails."""
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
        return [value for each, value in self._sent if each == name]

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

    def whole(self, name: str, *, crashes: bool = False) -> int | None:
        """An argument that is an integer.

        Args:
            name: The argument.
            crashes: Whether the real service fails on anything else.

        Raises:
            Problem: 400; it is not one.
        """
        sent = self.text(name)
        number = None if sent is None else whole_number(sent.strip())
        if number is None and sent is not None:
            raise bad(f"{name} must be an integer", crashes=crashes)
        return number

    def count(self, name: str, default: D, bound: str = ">= 0") -> int | D:
        """An argument that is an integer and not negative.

        Args:
            name: The argument.
            default: Value when it is missing.
            bound: Refusal of a negative one.

        Raises:
            Problem: 400; it is something else.
        """
        number = self.whole(name)
        if number is not None and number < 0:
            raise bad(f"{name} must be {bound}")
        return default if number is None else number

    def length(self, name: str = "limit", least: int = 0) -> int:
        """The requested number of items.

        Args:
            name: The argument.
            least: The smallest number that it may be.

        Raises:
            Problem: 400; it is not a number, or out of bounds.
        """
        number = self.whole(name)
        if number is None:
            return DEFAULT_LENGTH
        if not least <= number <= LONGEST:
            raise bad(f"{name} must be between {least} and {LONGEST}")
        return number

    def size(self) -> int | None:
        """The size that records must have.

        Raises:
            Problem: 400; it is none.
        """
        return self.count("size", None, "> 0")

    def pairs(self, name: str) -> dict[str, str]:
        """All values of an argument, of the form KEY:VALUE.

        Raises:
            Problem: 400; one has no colon.
        """
        found: dict[str, str] = {}
        for each in self.all(name):
            key, colon, value = each.partition(":")
            if not colon:
                raise bad(f"{name} must be KEY:VALUE, not {each!r}", crashes=True)
            found[key] = value
        return found

    def hashes(self) -> dict[str, str]:
        """The checksums that records must have.

        Raises:
            Problem: 400; one is none.
        """
        return checked_hashes(self.pairs("hash"))

    def object(self, name: str, schema: Draft7Validator) -> JsonObject | None:
        """An argument that is a JSON object.

        Args:
            name: The argument.
            schema: Its schema.

        Raises:
            Problem: 400; it is something else.
        """
        sent = self.text(name)
        if not sent:
            return None
        with suppress(ValueError, RecursionError):
            value: JsonObject = json.loads(sent)
            if cast("Any", schema).is_valid(value):
                return value
        raise bad(f"{name} must be a valid json string")


def checked_hashes(found: Mapping[str, str]) -> dict[str, str]:
    """Checksums, none of which cannot be any.

    Raises:
        Problem: 400.
    """
    if not found.keys() <= HASHES.keys():
        raise bad("invalid hash types specified")
    if not all(re.search(HASHES[kind], value) for kind, value in found.items()):
        raise bad("invalid hash values specified")
    return dict(found)


# -- criteria of lists, as a condition over the tables

Condition = tuple[str, list[Any]]

_EVERYTHING = "1"
_WITH = "did IN (SELECT did FROM gen3_index_terms WHERE kind = ? AND word = ?)"
_WITH_ANY = "did IN (SELECT did FROM gen3_index_terms WHERE kind = ?)"
_HAS_KEY = "EXISTS (SELECT 1 FROM json_each(u.value) m WHERE m.key = ?)"
_HAS_VALUE = "EXISTS (SELECT 1 FROM json_each(u.value) m WHERE m.key = ? AND m.value = ?)"
_TOLD = ("acl", "authz", "file_name", "hashes", "ids", "size", "start", "urls", "urls_metadata", "version")


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
    urls_metadata: Mapping[str, Mapping[str, Any]] | None = None
    negated: Mapping[str, Any] | None = None

    def to_dict(self) -> JsonObject:
        """The criteria as lists repeat them."""
        return {**{name: getattr(self, name) for name in _TOLD}, "metadata": self.metadata or {}}

    def condition(self, prefix: str) -> Condition:
        """The criteria as a condition in SQL, and what its question marks represent.

        Args:
            prefix: Prefix of the commons' GUIDs; it may be missing, or too much, in GUIDs that are requested.
        """
        parts = [*self._fields(), *_about_urls(self.urls_metadata or {}), *_negations(self.negated or {})]
        if self.ids:
            known = "SELECT value FROM json_each(?)"
            parts.append(
                (f"did IN ({known})", [json.dumps([each for id in self.ids for each in spellings(id, prefix)])])
            )
        return _joined(parts)

    def _fields(self) -> Iterable[Condition]:
        if self.start is not None:
            yield "did > ?", [self.start]
        for name in ("size", "file_name", "version", "uploader"):
            if getattr(self, name) is not None:
                yield f"{name} = ?", [getattr(self, name)]
        for url in self.urls:
            yield _WITH, ["url", url]
        for kind, words in (("acl", self.acl), ("authz", self.authz)):
            for word in words or ():
                yield _WITH, [kind, word]
            if words == []:
                yield f"NOT {_WITH_ANY}", [kind]
        for kind, stated in (("hash", self.hashes), ("metadata", self.metadata)):
            for key, value in (stated or {}).items():
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
    found = list(parts)
    return " AND ".join(text for text, _ in found) or _EVERYTHING, [value for _, values in found for value in values]


def _a_url(where: str) -> str:
    return f"EXISTS (SELECT 1 FROM json_each(document, '$.urls_metadata') u WHERE {where})"  # noqa: S608 - our own words


def _about_urls(stated: Mapping[str, Mapping[str, Any]]) -> Iterable[Condition]:
    """One and the same URL holds all parts and has all metadata; URLs without any metadata are not looked at."""
    if not stated:
        return
    parts: list[Condition] = []
    for part, metadata in stated.items():
        parts.append(("instr(u.key, ?) > 0", [part]))
        for key, value in metadata.items():
            yield _WITH, ["url_metadata", pair(key, value)]
            parts.append((_HAS_VALUE, [key, as_text(value)]))
    text, values = _joined(parts)
    yield _a_url(text), values


def _negations(stated: Mapping[str, Any]) -> Iterable[Condition]:
    for name in ("file_name", "version"):
        if stated.get(name) is not None:
            yield f"{name} <> ?", [stated[name]]
    for kind, name in (("url", "urls"), ("acl", "acl"), ("authz", "authz")):
        if stated.get(name):
            yield _WITH_ANY, [kind]
        for word in stated.get(name) or ():
            yield f"NOT {_WITH}", [kind, word]
    metadata: JsonObject = stated.get("metadata") or {}
    for key, value in metadata.items():
        if value:
            yield f"NOT {_WITH}", ["metadata", pair(key, value)]
        else:
            yield "NOT EXISTS (SELECT 1 FROM json_each(document, '$.metadata') m WHERE m.key = ?)", [key]
    urls_metadata: dict[str, JsonObject] = stated.get("urls_metadata") or {}
    for part, unwanted in urls_metadata.items():
        # The service joins URLs with their metadata here, so records without any are not listed.
        yield _a_url("1"), []
        if not unwanted:
            yield _a_url("instr(u.key, ?) = 0"), [part]
        for key, value in unwanted.items():
            has, values = (_HAS_VALUE, [key, as_text(value)]) if value else (_HAS_KEY, [key])
            yield f"NOT {_a_url(f'instr(u.key, ?) > 0 AND {has}')}", [part, *values]


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
        urls_metadata=query.object("urls_metadata", _URLS_METADATA),
        negated=query.object("negate_params", _NEGATED),
        **{name: query.text(name) for name in ("start", "file_name", "version", "uploader")},
    )


# -- bodies; the service reports errors in the words of a schema validator

_UUID = "[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$"
_TEXT: JsonObject = {"type": "string"}
_TEXT_OR_NULL: JsonObject = {"type": ["string", "null"]}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_TEXTS_OR_NULL: JsonObject = {"type": ["array", "null"], "items": _TEXT}
_SIZE: JsonObject = {"type": "integer", "minimum": 0, "maximum": LARGEST}
_OBJECT: JsonObject = {"type": "object"}
_HASHES: JsonObject = {
    "type": "object",
    "properties": {kind: {"type": "string", "pattern": pattern} for kind, pattern in HASHES.items()},
    "anyOf": [{"required": [kind]} for kind in HASHES],
    "additionalProperties": False,
}
_CHANGEABLE: JsonObject = {
    **dict.fromkeys(("file_name", "version", "uploader", "description"), _TEXT_OR_NULL),
    **dict.fromkeys(("content_created_date", "content_updated_date"), _TEXT_OR_NULL),
    **dict.fromkeys(("urls", "acl", "authz"), _TEXTS),
    "metadata": _OBJECT,
    "urls_metadata": {"type": "object", "additionalProperties": _OBJECT},
}


def _object(required: str = "", *, closed: bool = True, **properties: JsonObject) -> JsonObject:
    """The schema of an object: the fields that it needs, with blanks between, whether it takes no others, and all."""
    schema: JsonObject = {"type": "object", "properties": properties}
    if closed:
        schema["additionalProperties"] = False
    return {**schema, "required": required.split()} if closed or required else schema


_CHECKSUM: JsonObject = {
    **_object("type checksum", closed=False, type={"enum": list(HASHES)}, checksum=_TEXT),
    "allOf": [
        {"if": {"properties": {"type": {"const": kind}}}, "then": {"properties": {"checksum": {"pattern": pattern}}}}
        for kind, pattern in HASHES.items()
    ],
}
RECORD = Draft7Validator(
    _object(
        "size hashes urls form",
        baseid={"type": "string", "pattern": f"^{_UUID}"},
        form={"enum": ["object", "container", "multipart"]},
        size=_SIZE,
        did={"type": "string", "pattern": f"^.*{_UUID}"},
        hashes=_HASHES,
        **_CHANGEABLE,
    )
)
"""A new record, or a new version of a file."""
CHANGES = Draft7Validator(_object(**_CHANGEABLE))
"""An update of a record."""
BLANK = Draft7Validator(
    _object(closed=False, did=_TEXT_OR_NULL, uploader=_TEXT_OR_NULL, file_name=_TEXT_OR_NULL, authz=_TEXTS_OR_NULL)
)
"""A blank record; the service does not mind other fields."""
FILLING = Draft7Validator(
    _object(
        closed=False,
        size={**_SIZE, "type": ["integer", "null"]},
        hashes={"type": ["object", "null"], "additionalProperties": _TEXT},
        urls=_TEXTS_OR_NULL,
        authz=_TEXTS_OR_NULL,
    )
)
"""Fields that fill a blank record; checksums and other fields are not checked, as in the service."""
ACCESS = Draft7Validator(_object(acl=_TEXTS, authz=_TEXTS))
"""The form of requests for all versions of a file."""
ALIASES = Draft7Validator(_object("aliases", aliases={"type": "array", "items": _object("value", value=_TEXT)}))
"""Aliases of a record."""
ALIAS_RECORD = Draft7Validator(
    _object(
        "size hashes release",
        size=_SIZE,
        hashes=_HASHES,
        release={"enum": ["public", "private", "controlled"]},
        keeper_authority=_TEXT,
        host_authorities=_TEXTS,
        metastring=_TEXT,
    )
)
"""An old alias record."""
BUNDLE = Draft7Validator(
    _object(
        "bundles",
        closed=False,
        size=_SIZE,
        checksums={"type": "array", "items": _CHECKSUM},
        **dict.fromkeys(("bundle_id", "name", "description", "version"), _TEXT),
        **dict.fromkeys(("bundles", "aliases"), _TEXTS),
    )
)
"""A new bundle."""
_OF_OBJECTS: JsonObject = {
    "type": "object",
    "additionalProperties": {"type": "object", "additionalProperties": {"not": {"type": ["object", "array"]}}},
}
_URLS_METADATA = Draft7Validator(_OF_OBJECTS)
_NEGATED = Draft7Validator(
    _object(
        closed=False,
        **dict.fromkeys(("file_name", "version"), _TEXT),
        **dict.fromkeys(("urls", "acl", "authz"), _TEXTS_OR_NULL),
        metadata={"type": ["object", "null"]},
        urls_metadata={**_OF_OBJECTS, "type": ["object", "null"]},
    )
)


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


def sent(call: Call, schema: Draft7Validator) -> JsonObject:
    """The body of a request, validated against a schema.

    Args:
        call: The request.
        schema: Its schema; it is an object.

    Raises:
        Problem: 400; it is not that.
        FrameworkPage: It is not JSON.
    """
    body = sent_json(call)
    error = cast("ValidationError | None", cast("Any", schema_errors).best_match(cast("Any", schema).iter_errors(body)))
    if error is not None:
        raise bad(str(error))
    return body


def guids_of(sent: object, what: str) -> list[str]:
    """A list of GUIDs that was sent, as what the refusal of something else (400) calls it."""
    if not is_texts(sent):
        raise bad(f"{what} must be a list of GUIDs")
    return sent
