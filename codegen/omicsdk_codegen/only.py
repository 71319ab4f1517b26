"""A document cut down to the operations of some tags, and to the schemas that those need."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator

from .dialect import METHODS
from .document import Document
from .faults import DocumentError, Fault
from .operations import name_operations, parents_of, stated_operations, stated_webhooks, way_to
from .security import settle_security
from .texts import one_line
from .values import Json, Object, at, join, schema_name, tokens
from .variants import Variants


def only_tags(document: Document, tags: Collection[str]) -> Document:
    """Reduce a document to the operations of some tags.

    Args:
        document: the upgraded document.
        tags: names of tags; an operation that has one of them, or one below it (`parent`), is included. If empty, the
            document as it is.

    Returns:
        A separate document with the same places.

    Raises:
        DocumentError: a tag that no operation and no webhook has.
    """
    if not tags:
        return document
    above = parents_of(document.data)
    stated = [*stated_operations(document.data), *stated_webhooks(document.data)]
    used = {tag for each in stated for tag in _tags(each.data)}
    known = {held for tag in used for held in way_to(tag, above)}
    faults = [_unknown(document, tag, known) for tag in tags if tag not in known]
    if faults:
        raise DocumentError(faults)
    tags = {tag for tag in used if not set(tags).isdisjoint(way_to(tag, above))}
    data: Object = {key: value for key, value in document.data.items() if key != "webhooks"}
    if data.get("security") is None and settle_security(document.data).is_stated:
        data["security"] = []  # an operation without a requirement takes no credentials, as in the whole document
    paths = document.data.get("paths")
    kept, heard = (_items(document, key, tags) for key in ("paths", "webhooks"))
    _keep_names(document, kept)
    data["paths"] = kept
    if heard:
        data["webhooks"] = heard
    components = document.data.get("components")
    if isinstance(paths, dict) and isinstance(components, dict):
        data["components"] = _needed(document, components, {"paths": kept, "webhooks": heard})
    document.places.link(data, document.data)
    return Document(data, document.label, document.places)


def _items(document: Document, key: str, tags: Collection[str]) -> Object:
    """The path items of a document's member with the operations that stay."""
    items = document.data.get(key)
    kept: Object = {}
    for name, item in items.items() if isinstance(items, dict) else ():
        if isinstance(item, dict) and (cut := _cut(item, tags)):
            document.places.link(cut, item)
            kept[name] = cut
    if isinstance(items, dict):
        document.places.link(kept, items)
    return kept


def _keep_names(document: Document, kept: Object) -> None:
    """Name an operation as in the whole document, where another one may have had the shorter name."""
    names = name_operations(list(stated_operations(document.data)))
    stated = list(stated_operations({"paths": kept}))
    for key, name in name_operations(stated).items():
        if name != names[key]:
            *around, method = tokens(key)
            holder = at({"paths": kept}, join("", *around))
            operation = next(each.data for each in stated if each.key == key)
            assert isinstance(holder, dict)
            renamed: Object = {**operation, "x-omics-name": names[key]}
            document.places.link(renamed, operation)
            holder[method] = renamed


def _tags(operation: Object) -> list[str]:
    listed = operation.get("tags")
    return [tag for tag in listed if isinstance(tag, str)] if isinstance(listed, list) else []


def _unknown(document: Document, tag: str, known: Collection[str]) -> Fault:
    near = difflib.get_close_matches(tag, known, 1)
    listed = ", ".join(one_line(name) for name in sorted(known))
    remedy = f"Did you mean {one_line(near[0])}? " if near else ""
    remedy += f"There are: {listed}." if known else "Its operations have no tags."
    return document.origin("/tags").fault(f"no operation has the tag {one_line(tag)!r}", remedy)


def _cut(item: Object, tags: Collection[str]) -> Object:
    """A path item with the operations that stay; empty if none does."""

    def stays(operation: Json) -> bool:
        return isinstance(operation, dict) and not set(tags).isdisjoint(_tags(operation))

    further = item.get("additionalOperations")
    chosen = {name: value for name, value in further.items() if stays(value)} if isinstance(further, dict) else {}
    cut: Object = {
        key: value
        for key, value in item.items()
        if key != "additionalOperations" and (key not in METHODS or stays(value))
    }
    if chosen:
        cut["additionalOperations"] = chosen
    return cut if chosen or any(key in METHODS for key in cut) else {}


def _needed(document: Document, components: Object, parts: Object) -> Object:
    schemas = components.get("schemas")
    stated: Object = schemas if isinstance(schemas, dict) else {}
    variants = Variants(stated)
    wanted: dict[str, None] = {}
    waiting = list(_referred(parts))
    while waiting:
        name = waiting.pop()
        if name not in wanted and name in stated:
            wanted[name] = None
            waiting += [*_referred(stated[name]), *variants.of(name)]
    kept: Object = {name: schema for name, schema in stated.items() if name in wanted}
    cut: Object = {**components, "schemas": kept}
    if isinstance(schemas, dict):
        document.places.link(kept, schemas)
    document.places.link(cut, components)
    return cut


def _referred(root: Json) -> Iterator[str]:
    """Names of the schemas that are referred to anywhere below, by $ref or a discriminator."""
    stack: list[Json] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, dict):
            stack += node.values()
            mapping = node.get("mapping") if isinstance(node.get("propertyName"), str) else None
            default = node.get("defaultMapping")
            yield from _names([node.get("$ref"), default, *(mapping.values() if isinstance(mapping, dict) else ())])


def _names(references: Iterable[Json]) -> Iterator[str]:
    for reference in references:
        if isinstance(reference, str):
            yield schema_name(reference) if reference.startswith("#/components/schemas/") else reference
