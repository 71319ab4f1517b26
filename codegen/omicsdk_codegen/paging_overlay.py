"""The overlay that states the paging which the generator recognises, for users to confirm, change or refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .generate import Planned
from .operations import Recognition
from .paging import SETTING
from .texts import one_line
from .values import Json, Object, tokens

# Plain scalars of YAML in a flow mapping; everything else is quoted.
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\??")
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


@dataclass(frozen=True)
class PagingOverlay:
    """An overlay (OpenAPI Overlay 1.0).

    Attributes:
        text: YAML; actions of uncertain paging are comments with their doubts.
        data: the same without comments.
        certain: the number of operations that it states the paging of.
        uncertain: the number of operations in comments.
    """

    text: str
    data: Object
    certain: int
    uncertain: int


def paging_overlay(planned: Planned) -> PagingOverlay:
    """Return the overlay that states the paging of a document's operations, without those that state it themselves.

    Args:
        planned: the document and its package.
    """
    title = f"Paging of {planned.package.title}"
    lines = ["overlay: 1.0.0", f'info: {{title: {json.dumps(title)}, version: "1"}}', "actions:"]
    actions: list[Json] = []
    comments: list[str] = []
    for target, recognition, origin in _recognised(planned):
        reason = f"# {one_line(f'By {recognition.rule}: {recognition.reason}')} ({origin})"
        if not target:
            comments += [
                "",
                reason,
                "# Its operation is in another file: state it by an overlay that `extends` that file.",
            ]
            continue
        action = [
            f"- target: {json.dumps(target, ensure_ascii=False)}",
            f"  update: {{{SETTING}: {_flow(recognition.setting)}}}",
        ]
        if recognition.certain:
            actions.append({"target": target, "update": {SETTING: recognition.setting}})
            lines += [reason, *action]
        else:
            comments += ["", reason, *(f"#{line}" for line in action)]
    certain, uncertain = len(actions), sum(line.startswith("#- target") for line in comments)
    if not actions:
        nothing: Object = {"target": "$.info", "update": {}}
        actions.append(nothing)
        lines += [
            "# Nothing is certain. An overlay has an action at least; this one changes nothing.",
            "- target: $.info",
            "  update: {}",
        ]
    if comments:
        lines += ["", "# Uncertain. Remove the mark before both lines of an action to have pages by it.", *comments]
    data: Object = {"overlay": "1.0.0", "info": {"title": title, "version": "1"}, "actions": actions}
    return PagingOverlay("\n".join(lines) + "\n", data, certain, uncertain)


def _recognised(planned: Planned) -> Iterator[tuple[str, Recognition, str]]:
    """Yield the target of each operation, empty if it is in another file than the document, with its recognition and place."""
    document, targets = planned.document, set[str]()
    for draft in planned.package.drafts:
        recognition = draft.recognition
        if recognition is None:
            continue
        origin = document.origin(draft.operation.key)
        steps = tokens(origin.pointer)
        is_own = origin.file == document.label and steps[-1:] == tokens(draft.operation.key)[-1:]
        target = "$" + "".join(map(_step, steps)) if is_own else ""
        if target and target in targets:  # of a path item that several paths refer to
            continue
        targets.add(target)
        yield target, recognition, document.origin(recognition.key).short


def _step(key: str) -> str:
    """Spell a member in a JSONPath (RFC 9535)."""
    if re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", key):
        return f".{key}"
    escaped = json.dumps(key, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"['{escaped}']"


def _flow(setting: Object) -> str:
    """Write a setting as a flow mapping of YAML."""
    return f"{{{', '.join(f'{key}: {_scalar(value)}' for key, value in setting.items())}}}"


def _scalar(value: Json) -> str:
    is_plain = isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED
    return str(value) if is_plain else json.dumps(value, ensure_ascii=False)
