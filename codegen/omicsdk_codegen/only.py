"""A document cut down to some operations, by tag, path or name, and to the schemas that those need."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from .declarations import declared_operations, declared_webhooks, parents_of, way_to
from .dialect import METHODS
from .document import Document
from .faults import DocumentError, Fault, Report
from .flatten import Variants
from .groups import group_operations
from .operations import name_operations
from .security import settle_security
from .texts import one_line
from .values import Json, Object, at, join, list_in, nodes_in, object_in, reachable, schema_name, tokens

_PATH = re.compile(r"((?:[A-Za-z]+ +)?)(/.*)", re.DOTALL)


def only(document: Document, selectors: Collection[str], report: Report) -> Document:
    """Reduce a document to some operations.

    Args:
        document: the upgraded document.
        selectors: each a tag, for all operations with it or a tag below it; a path (`/samples*`) or a request (`GET /samples`); or an
            operation by its operationId, its name, or its name in its group. `*` is any text. If empty, the document as it is.
        report: receives what is left out.

    Returns:
        A separate document with the same places.

    Raises:
        DocumentError: one of them is in no operation and no webhook.
    """
    if not selectors:
        return document
    operations = _Operations(document)
    keys = operations.keys(selectors)
    # Webhooks are left out unless they are selected; callbacks stay in their operations.
    data: Object = {key: value for key, value in document.data.items() if key != "webhooks"}
    if data.get("security") is None and settle_security(document.data).is_stated:
        data["security"] = []  # an operation without a requirement takes no credentials, as in the whole document
    paths = document.data.get("paths")
    kept_paths, heard = (_items(document, key, keys) for key in ("paths", "webhooks"))
    _keep_names(document, kept_paths, operations)
    data["paths"] = kept_paths
    if heard:
        data["webhooks"] = heard
    components = document.data.get("components")
    if isinstance(paths, dict) and isinstance(components, dict):
        data["components"] = _needed(document, components, {"paths": kept_paths, "webhooks": heard})
    _report(document, document.places.link(data, document.data), selectors, report)
    return Document(data, document.label, document.places)


class _Operations:
    """The operations and webhooks of a document, and how they can be selected.

    Attributes:
        names: flat names of operations by key.
        groups: their groups.
    """

    def __init__(self, document: Document) -> None:
        self._document = document
        operations = list(declared_operations(document.data))
        hooks = [hook for hook in declared_webhooks(document.data) if hook.of is None]
        self.names = name_operations(operations)
        # The report has the groups of the reduced document only, which the plan adds.
        self.groups = group_operations(document, operations, self.names, Report())
        above = parents_of(document.data)
        self._tags: dict[str, set[str]] = {}
        self._paths: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        for operation in (*operations, *hooks):
            for tag in {ancestor for tag_name in _tags(operation.data) for ancestor in way_to(tag_name, above)}:
                self._tags.setdefault(tag, set()).add(operation.key)
        for operation in operations:
            for path in (operation.path, f"{operation.method} {operation.path}"):
                self._paths.setdefault(path, set()).add(operation.key)
            names = (
                self.names[operation.key],
                self.groups.path_of(operation.key),
                operation.wish,
                operation.data.get("operationId"),
            )
            for name in {name for name in names if isinstance(name, str) and name}:
                self._names.setdefault(name, set()).add(operation.key)
        for hook in hooks:
            self._names.setdefault(hook.name, set()).add(hook.key)

    def keys(self, selectors: Collection[str]) -> set[str]:
        """Return the pointers of the selected operations and webhooks.

        Raises:
            DocumentError: nothing is selected by some of the texts.
        """
        matches = {text: self._matching(text) for text in selectors}
        if faults := [self._unknown(text) for text, keys in matches.items() if not keys]:
            raise DocumentError(faults)
        return {key for keys in matches.values() for key in keys}

    def _matching(self, text: str) -> set[str]:
        if path := _PATH.fullmatch(text):
            return _of(self._paths, f"{path[1].strip().upper()} {path[2]}".lstrip())
        return _of(self._tags, text) or _of(self._names, text)

    def _unknown(self, text: str) -> Fault:
        names = self._paths if _PATH.fullmatch(text) else {**self._tags, **self._names}
        near = difflib.get_close_matches(text, names, 3)
        tags = ", ".join(one_line(name) for name in sorted(self._tags))
        remedy = f"Did you mean {' or '.join(map(one_line, near))}? " if near else ""
        remedy += f"The tags are: {tags}." if self._tags else "Its operations have no tags."
        return self._document.origin("/tags" if "tags" in self._document.data else "/paths").fault(
            f"no tag, path or operation is {one_line(text)!r}", remedy
        )


def _of(names: Mapping[str, set[str]], text: str) -> set[str]:
    """Keys of what has a name, or all whose names a text with `*` matches."""
    if text in names or "*" not in text:
        return names.get(text, set())
    pattern = re.compile(".*".join(map(re.escape, text.split("*"))), re.DOTALL)
    return {key for name, keys in names.items() if pattern.fullmatch(name) for key in keys}


def _items(document: Document, member: str, keys: Collection[str]) -> Object:
    """The path items of a document's member with the operations that stay."""
    items = object_in(document.data, member)
    cut_items = {
        name: document.places.link(_cut(item, join("", member, name), keys), item)
        for name, item in items.items()
        if isinstance(item, dict)
    }
    return document.places.link({name: item for name, item in cut_items.items() if item}, items)


def _keep_names(document: Document, paths: Object, operations: _Operations) -> None:
    """Name operations as in the whole document, where others may have had the shorter names."""
    operations_left = list(declared_operations({"paths": paths}))
    names = name_operations(operations_left)
    groups = group_operations(
        Document({**document.data, "paths": paths}, document.label, document.places), operations_left, names, Report()
    )
    for operation in operations_left:
        pinned: Object = {}
        if names[operation.key] != operations.names[operation.key]:
            pinned["x-omics-name"] = operations.names[operation.key]
        # Groups are pinned one by one: without its neighbours an operation may be alone in a group, or the client be
        # flat.
        if groups.path_of(operation.key) != operations.groups.path_of(operation.key):
            member = operations.groups.members.get(operation.key)
            pinned["x-omics-group"] = "" if member is None else member.group
            pinned |= {} if member is None else {"x-omics-member": member.name}
        if pinned:
            *around, method = tokens(operation.key)
            holder = at({"paths": paths}, join("", *around))
            assert isinstance(holder, dict)
            holder[method] = document.places.link({**operation.data, **pinned}, operation.data)


def _report(document: Document, data: Object, selectors: Collection[str], report: Report) -> None:
    counts = [
        f"{was - now:,} {noun}{'' if was - now == 1 else 's'}"
        for noun, was, now in zip(("operation", "webhook", "schema"), _sizes(document.data), _sizes(data), strict=True)
        if was > now
    ]
    if counts:
        *others, last = counts
        before = f"{', '.join(others)} and {last}" if others else last
        after = f"left out by --only {', '.join(map(one_line, selectors))}"
        report.add(document.origin("/paths").note("pruned", before, after))


def _sizes(data: Object) -> tuple[int, int, int]:
    hooks = (1 for hook in declared_webhooks(data) if hook.of is None)
    schemas = object_in(data.get("components"), "schemas")
    return sum(1 for _ in declared_operations(data)), sum(hooks), len(schemas)


def _tags(operation: Object) -> list[str]:
    return [tag for tag in list_in(operation, "tags") if isinstance(tag, str)]


def _cut(item: Object, key: str, keys: Collection[str]) -> Object:
    """A path item with the operations that stay; empty if none does."""
    others = object_in(item, "additionalOperations").items()
    chosen = {name: value for name, value in others if join(key, "additionalOperations", name) in keys}
    cut: Object = {
        name: value
        for name, value in item.items()
        if name != "additionalOperations" and (name not in METHODS or join(key, name) in keys)
    }
    if chosen:
        cut["additionalOperations"] = chosen
    return cut if chosen or any(name in METHODS for name in cut) else {}


def _needed(document: Document, components: Object, parts: Object) -> Object:
    declared = object_in(components, "schemas")
    variants = Variants(declared)
    # Variants refer to their base by allOf, and the base to none of them, but it is read as any of them.
    needed = {*reachable(_referred(parts), lambda name: [*_referred(declared.get(name)), *variants.of(name)])}
    left = document.places.link({name: schema for name, schema in declared.items() if name in needed}, declared)
    return document.places.link({**components, "schemas": left}, components)


def _referred(root: Json) -> Iterator[str]:
    """Names of the schemas that are referred to anywhere below, by $ref or a discriminator."""
    for node in nodes_in(root):
        if isinstance(node, dict):
            mapping = object_in(node, "mapping") if isinstance(node.get("propertyName"), str) else {}
            yield from _names([node.get("$ref"), node.get("defaultMapping"), *mapping.values()])


def _names(references: Iterable[Json]) -> Iterator[str]:
    for reference in references:
        if isinstance(reference, str):
            # A discriminator's mapping may also state the bare name of a schema (OpenAPI, Discriminator Object).
            yield schema_name(reference) if reference.startswith("#/components/schemas/") else reference
