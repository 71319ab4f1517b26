"""Step 7: the text of every file of a package. Templates only print `Code`: document texts cannot slip in."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from typing import Any

from .imports import place_of_export
from .naming import operation_module, settle_modules
from .plan import INTERFACE, Package
from .plan_client import GroupModule
from .progress import OnProgress, counted, silent
from .template_files import templates
from .texts import Code, as_comment, as_docstring, as_literal
from .values import Json

# Names that a package lists for itself: importing a list of 10,000, and of their modules, takes 20 ms.
_MOST_LISTED = 1_000


def render_package(package: Package, origin: str, on_progress: OnProgress = silent) -> dict[str, str]:
    """Write a package's files.

    Args:
        package: the plan.
        origin: the sources and the command, for the header of generated files.
        on_progress: called with the progress.

    Returns:
        Texts by path relative to the package's folder, with slashes.
    """
    note = as_comment(origin)
    modules = operation_modules(package)
    files = {
        **render_init(package, origin),
        "py.typed": "",
        "client.py": _client(note, package, modules),
        "operations/__init__.py": render_text(
            "package.py.jinja", origin=note, doc=as_docstring("One module an operation.")
        ),
        "openapi.json": compact_json(package.document),
        "commands.json": readable_json(package.commands),
    }
    if package.webhooks is not None:
        files["webhooks.py"] = render_text("webhooks.py.jinja", origin=note, module=package.webhooks)
    exports = [(module.name, class_.name) for module in package.models for class_ in module.classes]
    doc = as_docstring("The service's models.")
    files |= _lazy("models/__init__.py", note, doc, sorted(exports, key=lambda export: export[1]))
    for operation in counted(package.operations, "writing operations", on_progress):
        files[f"operations/{modules[operation.name]}.py"] = render_text(
            "operation.py.jinja", origin=note, module=operation
        )
    files |= _groups(note, package, modules)
    for module in counted(package.models, "writing models", on_progress):
        files[f"models/{module.name}.py"] = render_text("model.py.jinja", origin=note, module=module)
    if package.choices:
        files["choices.py"] = render_text("choices.py.jinja", origin=note, classes=package.choices)
    if package.headers is not None:
        files["headers.py"] = render_text("headers.py.jinja", origin=note, module=package.headers)
    if package.errors is not None:
        files["errors.py"] = render_text("errors.py.jinja", origin=note, module=package.errors)
    return files | _types(note, package, on_progress)


def render_init(package: Package, origin: str, more: Iterable[tuple[str, str]] = ()) -> dict[str, str]:
    """Write a package's `__init__.py`.

    Args:
        package: the plan.
        origin: the sources and the command, for the header.
        more: what it exports besides its clients, as modules and names.
    """
    names = [package.api, f"Async{package.api}", *(typed_dict.name for typed_dict in package.constructor.dicts)]
    errors = [] if package.errors is None else ["APIError", *(class_.name for class_ in package.errors.classes)]
    exports = [*(("client", name) for name in names), *(("errors", name) for name in errors)]
    exports += [(module, name) for module, name in more if name not in errors]
    return _lazy("__init__.py", as_comment(origin), package.doc, exports)


def operation_modules(package: Package) -> dict[str, Code]:
    """The modules of a package's operations by their names."""
    settled = settle_modules((operation.name for operation in package.operations), operation_module)
    return {name: Code(module) for name, module in settled.items()}


def _groups(note: Code, package: Package, modules: dict[str, Code]) -> dict[str, str]:
    if not package.group_modules:
        return {}
    doc = as_docstring("One module a group of operations.")
    files = {"groups/__init__.py": render_text("package.py.jinja", origin=note, doc=doc)}
    symbols = {operation.name: operation.symbol for operation in package.operations}
    for group in package.group_modules:
        files[f"groups/{group.module}.py"] = render_text(
            "group.py.jinja",
            origin=note,
            module=group,
            modules=modules,
            symbols=symbols,
            names=_names((f"{member.name}={member.operation}" for member in group.members), 12),
            below=_names(map(_late_name, group.below), 12),
        )
    return files


def _late_name(group: GroupModule) -> str:
    return group.name if group.name == group.module else f"{group.name}={group.module}"


def _client(note: Code, package: Package, modules: dict[str, Code]) -> str:
    grouped = {member.operation for group in package.group_modules for member in group.members}
    exported = {name: name if module == name else f"{name}={module}" for name, module in modules.items()}
    groups = [group for group in package.group_modules if "." not in group.path]
    return render_text(
        "client.py.jinja",
        origin=note,
        package=package,
        modules=modules,
        interface=as_literal(INTERFACE),
        names=_names((word for name, word in exported.items() if name not in grouped), 12),
        grouped=_names((word for name, word in exported.items() if name in grouped), 12),
        groups=groups,
        group_names=_names(map(_late_name, groups), 12),
    )


def _names(names: Iterable[str], indent: int) -> Code:
    """Identifiers, which need no escaping, as one literal: a list of thousands is slower to import."""
    lines = textwrap.wrap(" ".join(names), 100, break_long_words=False)
    return Code('"""' + f"\n{' ' * indent}".join(lines) + '"""')


def _types(note: Code, package: Package, on_progress: OnProgress) -> dict[str, str]:
    modules = {
        module.name: render_text("types.py.jinja", origin=note, module=module)
        for module in counted(package.dicts, "writing TypedDicts", on_progress)
    }
    if "" in modules:
        return {"types.py": modules[Code("")]}
    exports = [(module.name, typed_dict.name) for module in package.dicts for typed_dict in module.dicts]
    doc = as_docstring("The models' shapes as TypedDicts: what plain JSON of this service looks like.")
    files = {f"types/{name}.py": text for name, text in modules.items()}
    return files | _lazy("types/__init__.py", note, doc, sorted(exports, key=lambda export: export[1]))


def render_namespace(text: str, origin: str) -> str:
    """Write the `__init__.py` of a folder of packages."""
    return render_text("package.py.jinja", origin=as_comment(origin), doc=as_docstring(text))


def compact_json(value: Json | list[Json]) -> str:
    """JSON for machines: ASCII, the document's order, nothing between."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n"


def readable_json(value: Json | list[Json]) -> str:
    """JSON that shows well in a diff."""
    return f"{_indented_json(value, '')}\n"


def _indented_json(value: Json, margin: str) -> str:
    """Write JSON as `json.dumps(value, indent=1)` does, which takes three times as long."""
    inner = f"{margin} "
    if isinstance(value, dict) and value:
        rows = [f"{_dumped(key)}: {_indented_json(member, inner)}" for key, member in value.items()]
        return f"{{\n{inner}" + f",\n{inner}".join(rows) + f"\n{margin}}}"
    if isinstance(value, list) and value:
        return f"[\n{inner}" + f",\n{inner}".join(_indented_json(member, inner) for member in value) + f"\n{margin}]"
    return _dumped(value)


_dumped = json.JSONEncoder(ensure_ascii=True).encode


def _lazy(path: str, origin: Code, doc: Code, exports: list[tuple[str, str]]) -> dict[str, str]:
    if not exports:
        return {path: render_text("package.py.jinja", origin=origin, doc=doc)}
    pairs = [(Code(module), Code(name)) for module, name in sorted(exports, key=place_of_export)]
    is_short = len(pairs) <= _MOST_LISTED
    names = _names((f"{name}={module}" for module, name in exports), 8 if is_short else 4)
    if is_short:
        return {path: render_text("lazy.py.jinja", origin=origin, doc=doc, exports=pairs, names=names)}
    return {
        path: render_text("lazy_many.py.jinja", origin=origin, doc=doc, names=names),
        f"{path}i": render_text("lazy_many.pyi.jinja", origin=origin, exports=pairs),
    }


def render_text(template: str, **values: Any) -> str:
    """Fill a template.

    Args:
        template: its file name.
        values: the values; printed ones must be `Code`.

    Raises:
        TypeError: it would print something else.
        DocumentError: a user's template cannot be filled.
    """
    return templates().render(template, **values)
