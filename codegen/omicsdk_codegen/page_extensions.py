"""Paging that a document states in another generator's extension."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from .declarations import DeclaredOperation
from .page_view import Value, View
from .values import Json, Object, list_in, object_in

EXTENSIONS = frozenset({"x-speakeasy-pagination", "x-fern-pagination", "x-ms-pageable"})
# What all of them have of paths: names, and numbers of lists' items.
_KEY = re.compile(r"[^\[\]()*?|$.]+(\.[^\[\]()*?|$.]+)*")


@dataclass
class Extension:
    """An extension, and the setting that states the same.

    Attributes:
        name: what it is called.
        setting: x-omics-pagination, without `items` if the extension leaves them to the generator.
        doubts: why it is not certain.
    """

    name: str
    setting: Object
    doubts: list[str] = field(default_factory=list[str])


def extensions_of(operation: DeclaredOperation, root: Object, view: View) -> Iterator[Extension]:
    """Yield the extensions that state the paging of an operation.

    Args:
        operation: the operation.
        root: the document, which may state what is common to all.
        view: what recognition reads of the operation.
    """
    data = operation.data
    sent = {value.path: value for value in view.sent}
    if isinstance(speakeasy := data.get("x-speakeasy-pagination"), dict):
        yield _speakeasy(speakeasy, sent)
    fern = data.get("x-fern-pagination")
    # Fern states it once for the document, and `true` at each operation.
    fern = root.get("x-fern-pagination") if fern is True else fern
    if isinstance(fern, dict):
        yield _fern(fern, sent)
    if isinstance(pageable := data.get("x-ms-pageable"), dict) and pageable.get("nextLinkName"):
        yield _pageable(pageable)


def is_one_page(data: Object) -> bool:
    """Whether an operation states that its list is never parted."""
    pageable = data.get("x-ms-pageable")
    # AutoRest's `nextLinkName: null` marks a list that comes whole.
    return isinstance(pageable, dict) and "nextLinkName" in pageable and not pageable["nextLinkName"]


def _speakeasy(setting_of_vendor: Object, sent: Mapping[str, Value]) -> Extension:
    name, kind = "x-speakeasy-pagination", setting_of_vendor.get("type")
    inputs_by_type: dict[str, Object] = {
        str(input_.get("type", input_.get("name"))): input_
        for input_ in list_in(setting_of_vendor, "inputs")
        if isinstance(input_, dict)
    }
    outputs_by_name = object_in(setting_of_vendor, "outputs")
    extension = Extension(name, {})
    setting = extension.setting
    if kind == "url":
        setting |= {"style": "continuation", "next": _key(outputs_by_name.get("nextUrl"), extension)}
    elif kind == "cursor" and "cursor" in inputs_by_type:
        setting |= {"style": "token", "next": _key(outputs_by_name.get("nextCursor"), extension)}
        setting |= _position("token", inputs_by_type["cursor"], sent, extension)
    elif kind == "offsetLimit" and "page" in inputs_by_type:
        setting |= {"style": "page", **_position("page", inputs_by_type["page"], sent, extension)}
        if "numPages" in outputs_by_name:
            setting["pages"] = _key(outputs_by_name["numPages"], extension)
    elif kind == "offsetLimit" and "offset" in inputs_by_type:
        setting |= {"style": "offset", **_position("offset", inputs_by_type["offset"], sent, extension)}
        if str(inputs_by_type.get("limit", {}).get("name")) in sent:
            setting["limit"] = inputs_by_type["limit"]["name"]
    else:
        extension.doubts.append(f"its type {kind!r} is unknown, or has no input of that kind")
    if "results" in outputs_by_name:
        setting["items"] = _key(outputs_by_name["results"], extension)
    return extension


def _position(key: str, input_: Object, sent: Mapping[str, Value], extension: Extension) -> Object:
    """Return the parameter of an input, as a part of a setting."""
    name, in_body = str(input_.get("name")), input_.get("in") == "requestBody"
    value = sent.get(name)
    if value is None or value.in_body != in_body:
        extension.doubts.append(
            f"the operation has no {'member of the body' if in_body else 'query parameter'} {name!r}"
        )
    return _parameter(key, name, value, in_body=in_body)


def _parameter(key: str, name: str, value: Value | None, *, in_body: bool) -> Object:
    setting: Object = {key: name, **({"in": "body"} if in_body else {})}
    default = value.schema.get("default") if value is not None else None
    # Both generators begin with page 1, if the document states nothing else.
    return {**setting, "first": 0} if key == "page" and type(default) is int and default == 0 else setting


def _fern(setting_of_vendor: Object, sent: Mapping[str, Value]) -> Extension:
    extension = Extension("x-fern-pagination", {})
    setting = extension.setting
    if "cursor" in setting_of_vendor:
        setting |= {"style": "token", "next": _key(setting_of_vendor.get("next_cursor"), extension)}
        setting |= _request("token", setting_of_vendor["cursor"], sent, extension)
    elif "next_uri" in setting_of_vendor or "next_path" in setting_of_vendor:
        setting |= {
            "style": "continuation",
            "next": _key(setting_of_vendor.get("next_uri", setting_of_vendor.get("next_path")), extension),
        }
    elif "offset" in setting_of_vendor:
        # Fern's offset without a step is the number of a page.
        style = "offset" if "step" in setting_of_vendor else "page"
        setting |= {"style": style, **_request(style, setting_of_vendor["offset"], sent, extension)}
        if style == "offset" and (limit := _sent(setting_of_vendor["step"], sent)) is not None:
            setting["limit"] = limit.path
        if "has-next-page" in setting_of_vendor:
            setting["more"] = _key(setting_of_vendor["has-next-page"], extension)
    else:
        extension.doubts.append("it states neither a cursor nor an offset")
    setting["items"] = _key(setting_of_vendor.get("results"), extension)
    return extension


def _sent(reference: Json, sent: Mapping[str, Value]) -> Value | None:
    name = re.sub(r"^\$request\.", "", str(reference))
    return sent.get(name) or sent.get(re.sub(r"^(query|body)\.", "", name))


def _request(key: str, reference: Json, sent: Mapping[str, Value], extension: Extension) -> Object:
    value = _sent(reference, sent)
    if value is None:
        extension.doubts.append(f"the operation has no parameter {reference!r}")
    return _parameter(
        key, str(reference) if value is None else value.path, value, in_body=value is not None and value.in_body
    )


def _pageable(setting_of_vendor: Object) -> Extension:
    extension = Extension("x-ms-pageable", {"style": "continuation"})
    extension.setting["next"] = str(setting_of_vendor["nextLinkName"])
    extension.setting["items"] = str(setting_of_vendor.get("itemName") or "value")
    if "operationName" in setting_of_vendor:
        extension.doubts.append("its pages are those of another operation")
    return extension


def _key(reference: Json, extension: Extension) -> str:
    """Return a JSONPath, or an expression of Fern's, as a dotted key."""
    text = re.sub(r"^\$(response)?\.?", "", str(reference))
    # The last item, in both spellings of JSONPath: `[(@.length-1)]` and `[-1:]`.
    text = re.sub(r"\[\(@\.length ?- ?1\)\]|\[-1:?\]", ".-1", text)
    text = re.sub(
        r"\[(\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]", lambda match: f".{match[1] or match[2] or match[3]}", text
    )
    text = text.removeprefix(".")
    if not isinstance(reference, str) or (text and not _KEY.fullmatch(text)):
        extension.doubts.append(f"{reference!r} is no place of one value in the response")
    return text
