"""Step 2: corrections and settings beside a document (OpenAPI Overlay 1.1) are applied to it as published."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from .addresses import is_file, uri_of
from .faults import DocumentError, Fault
from .limits import nested_fault, too_deep
from .source import Places, Source
from .values import Json, Node, Object, escape

_ACTION_KEYS = {"target", "description", "update", "copy", "remove"}


def corrects(overlay: Source, root: Source) -> str:
    """Return the file that an overlay corrects.

    Args:
        overlay: its `extends` is a path beside the overlay or beside the root, or an address; without it the root is
            meant.
        root: the document that the user gave.

    Returns:
        The file's uri, as `Source.uri` spells it.

    Raises:
        DocumentError: `extends` names no such file.
    """
    data = overlay.data
    extends = data.get("extends") if isinstance(data, dict) else None
    if extends is None:
        return root.uri
    origin = overlay.location("/extends")
    if not isinstance(extends, str):
        raise DocumentError([origin.fault("extends is not text", "Name the file that the overlay corrects.")])
    # The address of a later publication ($self) names the document before it is published.
    if extends == root.base:
        return root.uri
    try:
        scheme = urlsplit(extends).scheme
        beside = [(folder / extends).resolve() for folder in (overlay.path.parent, root.path.parent)]
    except (ValueError, RuntimeError):  # brackets that are no address, a NUL, or a loop of links
        scheme, beside = "", list[Path]()
    if scheme in ("http", "https"):
        return extends
    # A scheme of one letter is a drive of Windows.
    if len(scheme) > 1:
        raise DocumentError(
            [origin.fault(f"extends names {extends}, which is neither a file nor a web address", "Name a file.")]
        )
    base = next(filter(is_file, beside), None)
    if base is None:
        raise DocumentError(
            [origin.fault(f"extends names {extends}, which does not exist", "Name the file that the overlay corrects.")]
        )
    return uri_of(base)


def apply(source: Source, overlays: Sequence[Source], places: Places | None = None) -> Source:
    """Apply overlays to a document, one after the other, each action to the result of those before.

    An update, or a copy of another part, is merged into each object that its target selects (objects in it too, lists are
    lengthened, anything else is replaced), appended to each list (as of version 1.1, a list is appended item by item),
    and replaces a single value. List items are removed from last to first.

    Args:
        source: the document; it is unchanged.
        overlays: those that correct this very file; may be empty.
        places: receives the origin of each part of the result.

    Returns:
        A source with separate data; only `places` knows the lines of its parts.

    Raises:
        DocumentError: an overlay is invalid, or an action's target is no RFC 9535 JSONPath, selects nothing, or does not
            fit its update.
    """
    places = places or Places()
    if not overlays:
        return source
    # The published file stays unchanged: its lines are where faults are reported.
    layer = _Layer(_copy(source.data, places), places)
    for overlay in overlays:
        places.adopt(overlay)
        actions = _actions(overlay, layer.faults)
        for index, action in enumerate(actions):
            pointer = f"/actions/{index}"
            if action in actions[:index]:
                layer.faults.append(overlay.location(pointer).fault("an action is stated twice", "Keep one."))
            else:
                layer.act(overlay, action, pointer)
    # Each file is within the limit, but updates can be nested in one another.
    if too_deep(layer.data):
        layer.faults.append(nested_fault(source.label, None))
    if layer.faults:
        raise DocumentError(layer.faults)
    return dataclasses.replace(source, data=layer.data)


def _actions(overlay: Source, faults: list[Fault]) -> list[Json]:
    data = overlay.data
    assert isinstance(data, dict)
    version = data.get("overlay")
    if not isinstance(version, str) or not version.startswith("1."):
        faults.append(
            overlay.location("/overlay").fault(
                "it does not state the version of an overlay", "Begin it with `overlay: 1.0.0`."
            )
        )
    actions = data.get("actions")
    if not isinstance(actions, list) or not actions:
        faults.append(
            overlay.location("/actions").fault(
                "it has no list of actions", "State at least one action, with target and update or remove."
            )
        )
        return []
    return actions


class _Layer:
    def __init__(self, data: Json, places: Places) -> None:
        self.data = data
        self.faults: list[Fault] = []
        self._places = places

    def act(self, overlay: Source, action: Json, pointer: str) -> None:
        def fault(message: str, remedy: str, member: str = "") -> None:
            self.faults.append(overlay.location(pointer + member).fault(message, remedy))

        if not isinstance(action, dict):
            return fault("an action isn't a mapping", "State target, and update, copy or remove.")
        odd = sorted(key for key in action if key not in _ACTION_KEYS and not key.startswith("x-"))
        if odd:
            return fault(
                f"an action has the unknown member {odd[0]}",
                "An action has target, description, update, copy, remove.",
                f"/{escape(odd[0])}",
            )
        removes = action.get("remove", False)
        if not isinstance(removes, bool):
            return fault("remove is neither true nor false", "Write `remove: true`.", "/remove")
        if not removes and ("update" in action) == ("copy" in action):
            done = "both updates and copies" if "copy" in action else "neither updates nor removes"
            return fault(f"an action {done}", "State one of update, copy and `remove: true`.")
        selections: list[list[tuple[str | int, ...]]] = []
        for member in ("target", "copy") if "copy" in action else ("target",):
            query = action.get(member)
            if not isinstance(query, str):
                return fault(f"an action has no {member}", "Name it by a JSONPath such as $.paths['/a'].get.")
            try:
                selections.append(self._select(query))
            except ValueError as error:
                return fault(f"the {member} {query} is no JSONPath: {error}", "Write it by RFC 9535.", f"/{member}")
            if not selections[-1]:
                return fault(
                    f"the {member} {query} selects nothing",
                    "Correct it, or drop the action when the document has changed.",
                    f"/{member}",
                )
        selected = selections[0]
        if removes and () in selected:
            return fault("an action removes the whole document", "Select a part of it.", "/target")
        if removes:
            self._remove(selected)
            return None
        member = "copy" if "copy" in action else "update"
        if member == "copy" and len(selections[1]) > 1:
            return fault(f"the copy {action[member]} selects {len(selections[1])} parts", "Select one.", "/copy")
        # What is copied may contain its target: the copy ends before the first change.
        update = _copy(self._at(selections[1][0]), self._places) if member == "copy" else action[member]
        for path in selected:
            if not self._update(path, update, action, member):
                fault(
                    f"the {member} doesn't fit what the target {action['target']} selects",
                    "Objects are updated by an object.",
                    f"/{member}",
                )
                break
        return None

    def _select(self, target: str) -> list[tuple[str | int, ...]]:
        from jsonpath import JSONPathEnvironment, JSONPathError

        try:
            # strict: RFC 9535 alone, since other tools do not read the library's extensions.
            matches = JSONPathEnvironment(strict=True).finditer(target, self.data)  # pyright: ignore[reportArgumentType]
            # A target such as `$['a','a']` selects a node twice, and a list would be extended twice.
            return list(dict.fromkeys(match.parts for match in matches))
        except (JSONPathError, RecursionError) as error:
            raise ValueError(str(error).splitlines()[0]) from error

    def _at(self, path: tuple[str | int, ...]) -> Json:
        node: Json = self.data
        for key in path:
            node = _member(node, key)
        return node

    def _remove(self, selected: list[tuple[str | int, ...]]) -> None:
        """Deeper parts go first and later items before earlier ones, so no path is moved by what went before."""
        for path in sorted(
            selected, key=lambda path: (len(path), path[-1] if isinstance(path[-1], int) else 0), reverse=True
        ):
            parent, key = self._at(path[:-1]), path[-1]
            if isinstance(parent, dict) and isinstance(key, str):
                del parent[key]
            elif isinstance(parent, list) and isinstance(key, int):
                before = dict(enumerate(parent))
                del parent[key]
                self._shift(parent, key, before)

    def _shift(self, parent: list[Json], removed: int, before: dict[int, Json]) -> None:
        """Single values of a list are found by their index: values after a removed item keep their places."""
        for index in range(removed, len(parent)):
            if not isinstance(before[index + 1], (dict, list)):
                self._places.move_member(parent, index, index + 1)

    def _update(self, path: tuple[str | int, ...], update: Json, holder: Object, member: str) -> bool:
        target = self._at(path)
        if isinstance(target, dict):
            if not isinstance(update, dict):
                return False
            self._merge(target, update)
        elif isinstance(target, list):
            if isinstance(update, list):
                self._extend(target, update)
            else:
                self._put(target, len(target), update, holder, member)
        elif isinstance(update, (dict, list)) or not path:
            return False
        else:
            parent = self._at(path[:-1])
            assert isinstance(parent, (dict, list))
            self._put(parent, path[-1], update, holder, member)
        return True

    def _merge(self, target: Object, update: Object) -> None:
        for key, value in update.items():
            old = target.get(key)
            if isinstance(old, dict) and isinstance(value, dict):
                self._merge(old, value)
            elif isinstance(old, list) and isinstance(value, list):
                self._extend(old, value)
            else:
                self._put(target, key, value, update, key)

    def _extend(self, target: list[Json], update: list[Json]) -> None:
        for index, item in enumerate(update):
            self._put(target, len(target), item, update, index)

    def _put(self, target: Node, key: str | int, value: Json, holder: Node, holder_key: str | int) -> None:
        # An update may be put in several places: a copy for each, since origins are looked up by identity.
        copied = _copy(value, self._places)
        if isinstance(target, dict):
            target[str(key)] = copied
        elif key == len(target):
            target.append(copied)
        elif isinstance(key, int):
            target[key] = copied
        self._places.link_member(target, key, holder, holder_key)


def _member(node: Json, key: str | int) -> Json:
    if isinstance(node, dict) and isinstance(key, str):
        return node[key]
    assert isinstance(node, list)
    assert isinstance(key, int)
    return node[key]


def _copy(value: Json, places: Places) -> Json:
    if isinstance(value, dict):
        return places.link({key: _copy(member, places) for key, member in value.items()}, value)
    if isinstance(value, list):
        return places.link([_copy(member, places) for member in value], value)
    return value
