"""Holds what is submitted against the dictionary, and says what is wrong in the words of the service."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from jsonschema import Draft4Validator, FormatChecker
from jsonschema.exceptions import ValidationError

from omicsdk.sandbox.gen3.records.dictionary import Node

Fault = dict[str, Any]
"""What is wrong with a record: `keys` of its properties, `message`, `type`."""

_FORMATS = FormatChecker(formats=())
_INSTANCES: Mapping[str, Callable[[object], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


@_FORMATS.checks("date-time")
def _is_moment(value: object) -> bool:
    from datetime import datetime

    if not isinstance(value, str):
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def fault(kind: str, message: str, *keys: str) -> Fault:
    """What is wrong with a record.

    Args:
        kind: The service's word, such as INVALID_LINK.
        message: What is wrong.
        keys: The properties.
    """
    return {"keys": list(keys), "message": message, "type": kind}


class NodeValidator:
    """Checks records of a node type.

    Args:
        node: The node type.
    """

    def __init__(self, node: Node) -> None:
        # Properties that nobody has to state may be null, which clears them.
        stated: Mapping[str, Mapping[str, Any]] = node.schema.get("properties") or {}
        properties: dict[str, Any] = {
            name: each if name in node.required or name in node.links else _or_null(each)
            for name, each in stated.items()
        }
        schema = {
            "type": "object",
            "additionalProperties": node.schema.get("additionalProperties", True),
            "required": list(node.schema.get("required") or ()),
            "properties": properties,
        }
        self._validator: Any = Draft4Validator(schema, format_checker=_FORMATS)
        self._required = node.required
        self._plain = {name: test for name, each in properties.items() if (test := _plain_test(each)) is not None}
        self._plain |= dict.fromkeys(node.links, _is_plain_link)

    def faults(self, document: Mapping[str, Any]) -> list[Fault]:
        """What is wrong with a record that is submitted; empty when nothing is."""
        doubtful = [name for name, value in document.items() if not self._is_plain(name, value)]
        # Most records have nothing but texts, numbers and words of a list, which is told without the schema's machinery.
        if not doubtful and self._required <= document.keys():
            return []
        return [_fault(error) for error in cast("Iterator[ValidationError]", self._validator.iter_errors(document))]

    def _is_plain(self, name: str, value: object) -> bool:
        test = self._plain.get(name)
        return test is not None and test(value)


def _or_null(stated: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(stated)
    if "enum" in changed and None not in changed["enum"]:
        changed["enum"] = [*changed["enum"], None]
    if "type" in changed:
        kinds = [changed["type"]] if isinstance(changed["type"], str) else list(changed["type"])
        changed["type"] = kinds if "null" in kinds else [*kinds, "null"]
    for word in ("oneOf", "anyOf"):
        if word in changed and {"type": "null"} not in changed[word]:
            changed[word] = [*changed[word], {"type": "null"}]
    return changed


def _is_text_or_none(value: object) -> bool:
    return value is None or isinstance(value, str)


def _plain_test(stated: Mapping[str, Any]) -> Callable[[object], bool] | None:
    """Tells quickly that a value is right; None where only the schema can tell."""
    words = set(stated) - {"default", "systemAlias", "description", "term", "termDef"}
    if words == {"enum"} and all(isinstance(each, str | None) for each in stated["enum"]):
        allowed = frozenset(stated["enum"])
        return lambda value: isinstance(value, str | None) and value in allowed
    if words == {"type"}:
        kinds = [stated["type"]] if isinstance(stated["type"], str) else list(stated["type"])
        if set(kinds) <= {"string", "null"}:
            return _is_text_or_none if "null" in kinds else _INSTANCES["string"]
        tests = [_INSTANCES[kind] for kind in kinds if kind in _INSTANCES]
        return (lambda value: any(test(value) for test in tests)) if tests else None
    return None


def _is_plain_link(value: object) -> bool:
    """Whether it is one object, or a list of one, that names a target by a text that can't be wrong."""
    listed = cast("list[object]", value) if isinstance(value, list) else [value]
    if len(listed) != 1 or not isinstance(one := listed[0], dict):
        return False
    named = cast("dict[str, object]", one)
    return named.keys() <= {"submitter_id", "code", "name"} and all(isinstance(each, str) for each in named.values())


def _fault(error: ValidationError) -> Fault:
    path = ".".join(str(step) for step in error.absolute_path)
    word = str(error.validator)
    if word == "required":
        missing = error.message.split("'")[1]
        return fault("MISSING_PROPERTY", error.message, f"{path}.{missing}" if path else missing)
    if word in ("anyOf", "oneOf"):
        reasons = " and ".join(each.message for each in error.context or ())
        return fault("INVALID_VALUE", f"{error.message}: {reasons}" if reasons else error.message, path)
    kind = "INVALID_VALUE" if word == "type" else "ERROR"
    return fault(kind, error.message, *([path] if path else []))
