"""What templates write, and the variables that each receives, for authors of other ones; a test compares this with what is passed."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


_PACKAGE = "the package's name in Python"
_API = "name of the client's class"
TEMPLATES: Mapping[str, Template] = {
    "choices.py.jinja": Template("src/NAME/choices.py", {"classes": list[plan_models.ChoiceClass]}),
    "client.py.jinja": Template(
        "src/NAME/client.py",
        {
            "package": plan.Package,
            "modules": "modules of operations by their names",
            "interface": "version of what the package uses of its runtime",
            "names": "literal of the names of operations in no group, as `late_operations` reads it",
            "grouped": "the same of those in groups",
            "groups": list[plan_client.GroupModule],
            "group_names": "literal of the names of groups, as `grouped_operations` reads it",
        },
    ),
    "errors.py.jinja": Template("src/NAME/errors.py", {"module": plan_responses.ErrorModule}),
    "group.py.jinja": Template(
        "src/NAME/groups/GROUP.py",
        {
            "module": plan_client.GroupModule,
            "modules": "modules of operations by their names",
            "symbols": "names in these by the operations' names",
            "names": "literal of `NAME=OPERATION` for each operation of the group",
            "below": "literal of the names of groups below it",
        },
    ),
    "headers.py.jinja": Template("src/NAME/headers.py", {"module": plan_responses.HeaderModule}),
    "lazy.py.jinja": Template(
        "src/NAME/__init__.py, src/NAME/models/__init__.py and src/NAME/types/__init__.py",
        {
            "doc": "docstring of the module",
            "exports": "pairs of a module and a name that it exports",
            "names": "literal of `NAME=MODULE` for each name",
        },
    ),
    "lazy_many.py.jinja": Template(
        "in place of lazy.py.jinja for more than 1,000 names",
        {"doc": "docstring of the module", "names": "literal of `NAME=MODULE` for each name"},
    ),
    "lazy_many.pyi.jinja": Template(
        "beside lazy_many.py.jinja, for type checkers", {"exports": "pairs of a module and a name that it exports"}
    ),
    "main.py.jinja": Template(
        "src/NAME/__main__.py",
        {
            "package": _PACKAGE,
            "name": "its literal",
            "about": "literal of a line on the service",
            "version": "literal of the package's version",
            "api": _API,
            "servers": "options for servers, as a literal",
            "credentials": "options for credentials, as a literal",
        },
    ),
    "model.py.jinja": Template("src/NAME/models/MODULE.py", {"module": plan_models.ModelModule}),
    "operation.py.jinja": Template("src/NAME/operations/OPERATION.py", {"module": plan_operations.OperationModule}),
    "package.py.jinja": Template(
        "src/NAME/operations/__init__.py, src/NAME/models/__init__.py without models, and those of the runtime",
        {"doc": "docstring of the module"},
    ),
    "pyproject.toml.jinja": Template(
        "pyproject.toml",
        {
            "again": "the command that generates the project, for a comment; empty if it is not known",
            "name": "literal of the distribution's name",
            "version": "literal of its version",
            "description": "literal of a line on the service",
            "folder": "literal of the package's folder",
            "dependencies": "literal of the list of dependencies",
            "command": "literal of the command's function; empty without a command line",
            "package": _PACKAGE,
            "fast": "literal of the list of the dependencies of the extra `fast`; empty without it",
            "frames": "literal of the list of the dependencies of the extra `frames`; empty without it",
            "sandbox": "literal of the list of the dependencies of the extra `sandbox`",
        },
    ),
    "readme.md.jinja": Template(
        "README.md",
        {
            "title": "title of the document, as Markdown",
            "summary": "a line on the service; empty if it only repeats the title",
            "count": "the number of operations, in words",
            "package": _PACKAGE,
            "api": _API,
            "imports": "lines that import what the example needs",
            "constructor": "arguments of the client in the example",
            "example": "a call of an operation",
            "errors": "whether errors have bodies of known types",
            "choices": "whether there is a module choices",
            "need": "a sentence on how many operations require credentials",
            "verified": "a sentence on the function that verifies webhooks; empty without one",
            "by_scheme": "whether credentials can be passed by scheme",
            "ways": list[readme_page.Row],
            "servers": list[readme_page.Row],
            "variable": "beginning of the environment's variables",
            "command": "a command with the options that it requires; empty without a command line",
            "command_rows": list[readme_page.Row],
            "groups": list[readme_page.Group],
            "grouped": "an operation in a group, by both names; empty for a client without groups",
            "webhooks": list[readme_page.Line],
        },
    ),
    "test_operations.py.jinja": Template(
        "tests/test_operations.py",
        {
            "package": _PACKAGE,
            "api": _API,
            "options": "arguments of a client that sends everything to one server, as a literal",
            "calls": "arguments of a call for each operation",
        },
    ),
    "test_server.py.jinja": Template(
        "tests/test_server.py",
        {
            "package": _PACKAGE,
            "api": _API,
            "shared": "the package that exports APIError",
            "credentials": "those of each security scheme, made from `token`, as code",
        },
    ),
    "types.py.jinja": Template(
        "src/NAME/types.py, or a module for each in src/NAME/types", {"module": plan_models.DictModule}
    ),
    "webhooks.py.jinja": Template("src/NAME/webhooks.py", {"module": plan_webhooks.WebhookModule}),
}


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
