"""What templates write, and the variables that each receives, for authors of other ones; a test compares this with what is passed."""

from __future__ import annotations

import dataclasses
import inspect
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, get_args, get_type_hints

from . import plan, plan_client, plan_models, plan_operations, plan_responses, plan_webhooks
from . import readme as readme_page
from .template_files import shipped

# Classes of the plan are for templates; what they are planned from is the generator's own.
_OF_TEMPLATES = re.compile(r"omicsdk_codegen\.(plan\w*|readme)")
_ATTRIBUTE = re.compile(r"(?m)^    (\w+): (.+(?:\n {8,}.+)*)")


@dataclass(frozen=True)
class Template:
    """A template.

    Attributes:
        writes: the files that it writes, in the project.
        variables: what it receives besides `origin`: a text on it, or its type.
    """

    writes: str
    variables: Mapping[str, Any]


# The classes that variables are, by the names that templates/variables.toml writes.
_CLASSES = {
    class_.__name__: class_
    for class_ in (
        plan.Package,
        plan_client.GroupModule,
        plan_models.ChoiceClass,
        plan_models.DictModule,
        plan_models.ModelModule,
        plan_operations.OperationModule,
        plan_responses.ErrorModule,
        plan_responses.HeaderModule,
        plan_webhooks.WebhookModule,
        readme_page.Group,
        readme_page.Line,
        readme_page.Row,
    )
}


def _meaning(entry: str | dict[str, str]) -> Any:
    """What a variable is: the text on it, or its type."""
    if isinstance(entry, str):
        return entry
    class_ = _CLASSES[entry.get("of") or entry["list_of"]]
    return class_ if "of" in entry else list[class_]


def _read() -> dict[str, Template]:
    text = (files("omicsdk_codegen") / "templates" / "variables.toml").read_text(encoding="utf-8")
    return {
        name: Template(entry["writes"], {key: _meaning(value) for key, value in entry["variables"].items()})
        for name, entry in tomllib.loads(text).items()
    }


TEMPLATES: Mapping[str, Template] = _read()


def annotated(name: str) -> str:
    """Return the text of a shipped template, with a comment on its variables: to begin another one with.

    Args:
        name: the template.
    """
    first, _, rest = shipped()[name].partition("\n")
    return f"{first}\n{{#\n{_described(TEMPLATES[name])}\n#}}\n{rest}"


def overview() -> str:
    """Return the templates and what each writes, one a line."""
    width = max(map(len, TEMPLATES))
    return "\n".join(f"{name:<{width}}  {template.writes}" for name, template in TEMPLATES.items())


def _described(template: Template) -> str:
    lines = [f"Writes {template.writes}. Variables:", "", "origin: the document, for a comment."]
    classes: dict[type, None] = {}
    for name, meaning in template.variables.items():
        if isinstance(meaning, str):
            lines.append(f"{name}: {meaning}.")
        else:
            classes_in = dict.fromkeys(_flat(meaning))
            class_names = ", ".join(class_.__name__ for class_ in classes_in)
            lines.append(f"{name}: {class_names if meaning in classes_in else f'list[{class_names}]'}.")
            for class_ in classes_in:
                _add_classes(class_, classes)
    for class_ in classes:
        text = inspect.getdoc(class_) or ""
        described = dict(_ATTRIBUTE.findall(text.partition("Attributes:\n")[2]))
        described |= {
            name: inspect.getdoc(value) or "" for name, value in vars(class_).items() if isinstance(value, property)
        }
        lines += ["", f"{class_.__name__}: {text.partition(chr(10))[0]}"]
        lines += [
            f"  {name} ({kind}){': ' if name in described else ''}{' '.join(described.get(name, '').split())}"
            for name, kind in _members(class_).items()
        ]
    return "\n".join(lines)


def _members(class_: type) -> dict[str, str]:
    """The attributes of a class that are for templates, with their types as text."""
    hints = get_type_hints(class_)
    members = {field.name: str(field.type) for field in dataclasses.fields(class_)}
    members |= {name: "property" for name, value in vars(class_).items() if isinstance(value, property)}
    return {name: kind for name, kind in members.items() if name not in hints or _is_for_templates(hints[name])}


def _is_for_templates(hint: Any) -> bool:
    inner = get_args(hint)
    if inner:
        return all(map(_is_for_templates, inner))
    return getattr(hint, "__module__", "") in ("builtins", "types", "omicsdk_codegen.texts") or (
        _OF_TEMPLATES.fullmatch(getattr(hint, "__module__", "")) is not None
    )


def _add_classes(class_: type, classes: dict[type, None]) -> None:
    """Add a class, and the classes of its attributes, to others."""
    if class_ in classes:
        return
    classes[class_] = None
    for name, hint in get_type_hints(class_).items():
        if name in _members(class_):
            for argument in _flat(hint):
                _add_classes(argument, classes)


def _flat(hint: Any) -> Iterator[type]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for argument in get_args(hint):
        yield from _flat(argument)
