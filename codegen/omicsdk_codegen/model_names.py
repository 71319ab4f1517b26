"""Classes and modules of models: one set of names, compared without case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .naming import Wanted, class_name, module_name, pascal_case, settle
from .operations import class_stem
from .shapes import Model, models_in
from .values import Json, Object, at, join, tokens


@dataclass(frozen=True)
class Names:
    """What everything is called.

    Attributes:
        classes: models' classes by key.
        modules: models' modules by key; models that refer to each other in a circle share one.
    """

    classes: Mapping[str, str]
    modules: Mapping[str, str]


def name_classes(data: Object, models: Iterable[Model], operations: Mapping[str, str], taken: Collection[str]) -> Names:
    """Name all classes.

    Args:
        data: the document.
        models: all models.
        operations: operations' names by key.
        taken: names that none may have.
    """
    known = list(models)
    wanted = [_wanted_model(data, model.key, operations) for model in known]
    classes = settle(wanted, taken)
    modules: dict[str, str] = {}
    for group in _circles(known):
        module = module_name(min(classes[key] for key in group))
        modules |= dict.fromkeys(group, module)
    return Names(classes, modules)


def _wanted_model(data: Object, key: str, operations: Mapping[str, str]) -> Wanted:
    parts = tokens(key)
    if parts[:2] == ["components", "schemas"]:
        own, rest, at_ = parts[2], parts[3:], 3
        if not rest:
            name = class_name(own)
            return Wanted(key, (name, class_name(f"{name.rstrip('_')}Model")), exact=name.rstrip("_") == own)
        stem = pascal_case(own)
    else:
        at_ = 4 if parts[2] == "additionalOperations" else 3
        operation = join("", *parts[:at_])
        stem, rest = class_stem(operations.get(operation, parts[at_ - 1])), parts[at_:]
    short = stem + _words(data, parts, at_, rest, whole=False)
    full = stem + _words(data, parts, at_, rest, whole=True)
    return Wanted(key, tuple(dict.fromkeys((class_name(short), class_name(full)))))


def _words(data: Object, parts: Sequence[str], start: int, rest: Sequence[str], *, whole: bool) -> str:
    """The steps of a pointer as one word: fields by their names, elements as Item, members of maps as Value."""
    words: list[str] = []
    index = 0
    while index < len(rest):
        step, following = rest[index], rest[index + 1] if index + 1 < len(rest) else ""
        taken = 2
        if step in ("properties", "patternProperties"):
            words.append(pascal_case(following) if step == "properties" else "Value")
        elif step == "items":
            words.append("Item")
            taken = 1
        elif step == "additionalProperties":
            words.append("Value")
            taken = 1
        elif step in ("oneOf", "anyOf"):
            words.append(_variant(data, parts[: start + index + 2]))
        elif step == "allOf" or step == "prefixItems":
            words.append("Item" if step == "prefixItems" else "")
        elif step == "responses":
            words.append("Response" + (pascal_case(following) if whole else ""))
        elif step == "requestBody":
            # A body that is one argument is the Body; the fields of a flattened one are the operation's.
            words.append("Body" if whole or "properties" not in rest[index + 4 : index + 5] else "")
            taken = 1
        elif step == "parameters":
            words.append(_parameter(data, parts[: start + index + 2]))
        elif step == "content":
            words.append("")
        else:
            taken = 1
        index += taken
    return "".join(words)


def _variant(data: Object, parts: Sequence[str]) -> str:
    schema = _at(data, parts)
    if not isinstance(schema, dict):
        return "Variant"
    title = schema.get("title")
    if isinstance(title, str) and title.strip():
        return pascal_case(title)
    required, properties = schema.get("required"), schema.get("properties")
    names = [*(required if isinstance(required, list) else ()), *(properties if isinstance(properties, dict) else ())]
    return f"With{pascal_case(str(names[0]))}" if names else "Variant"


def _parameter(data: Object, parts: Sequence[str]) -> str:
    parameter = _at(data, parts)
    return pascal_case(str(parameter.get("name", ""))) if isinstance(parameter, dict) else "Parameter"


def _at(data: Object, parts: Sequence[str]) -> Json:
    try:
        return at(data, join("", *parts))
    except LookupError:
        return None  # a schema that was merged of several stands nowhere


def _circles(models: Sequence[Model]) -> list[list[str]]:
    """Strongly connected groups of models (Tarjan), each from the first to the last of the document."""
    following = {model.key: [key for held in model.fields for key in models_in(held.type)] for model in models}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: dict[str, None] = {}
    groups: list[list[str]] = []
    for root in following:
        if root in index:
            continue
        work = [(root, iter(following[root]))]
        index[root] = low[root] = len(index)
        stack[root] = None
        while work:
            key, successors = work[-1]
            for successor in successors:
                if successor not in index:
                    index[successor] = low[successor] = len(index)
                    stack[successor] = None
                    work.append((successor, iter(following[successor])))
                    break
                if successor in stack:
                    low[key] = min(low[key], index[successor])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[key])
                if low[key] == index[key]:
                    group: list[str] = []
                    while key in stack:
                        group.append(stack.popitem()[0])
                    groups.append(group)
    order = {model.key: number for number, model in enumerate(models)}
    return [sorted(group, key=order.__getitem__) for group in groups]
