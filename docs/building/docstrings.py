"""What mkdocstrings does not see by itself: examples in docstrings, as code, signatures of frozen classes, and options."""

import ast
import inspect
import pydoc
import re
from collections.abc import Iterator
from typing import Any

import griffe

_BEGINS = re.compile(r"(?:from|import|with|for|async with|await|@|def|class|try:)\b|[\w., ]+ = |[\w.]+\(")
_SECTION = re.compile(r"^Example:\n((?: {4}.*\n?|\n)+)", re.MULTILINE)


def fenced(text: str) -> str:
    """A docstring with its paragraphs of Python, and the section `Example`, in fences; others that are indented are code already.

    Args:
        text: The docstring without its indentation.
    """
    done: list[str] = []
    for paragraph in text.split("\n\n"):
        if not _is_code(paragraph):
            done.append(paragraph)
        elif done and done[-1].endswith("\n```"):
            done[-1] = f"{done[-1].removesuffix('```')}\n{paragraph}\n```"
        else:
            done.append(f"```python\n{paragraph}\n```")
    return _SECTION.sub(lambda match: f"Example:\n    ```python\n{match[1].rstrip()}\n    ```", "\n\n".join(done))


def _is_code(paragraph: str) -> bool:
    if not _BEGINS.match(paragraph):
        return False
    try:
        ast.parse(paragraph)
    except SyntaxError:
        return False
    return True


class Examples(griffe.Extension):
    """Sees to the docstrings of everything that mkdocstrings reads."""

    def on_object(self, *, obj: griffe.Object, **_further: Any) -> None:
        """Puts the examples of one docstring into fences; of methods that get descriptions of arguments when they are made, with these."""
        if obj.docstring is not None:
            is_completed = obj.is_function and obj.path.startswith("omicsdk.compat.sevenbridges.models.")
            method = pydoc.locate(obj.path) if is_completed else None
            obj.docstring.value = fenced(obj.docstring.value if method is None else inspect.getdoc(method) or "")

    def on_package(self, *, pkg: griffe.Module, **_further: Any) -> None:
        """Marks subclasses of `Frozen` as dataclasses, so that their fields are a signature; names the options of constructors."""
        for cls in _classes(pkg):
            _name_options(cls)
            if any(base.path == _FROZEN for base in _bases(cls)):
                arguments: list[Any] = [griffe.ExprKeyword("kw_only", "True")] if cls.keywords.get("kw_only") else []
                decorator = griffe.ExprCall(griffe.ExprName("dataclasses.dataclass"), arguments)
                cls.decorators.append(griffe.Decorator(decorator, lineno=cls.lineno, endlineno=cls.lineno))


_FROZEN = "omicsdk.core.frozen.Frozen"
_TAKE_OPTIONS = (
    "omicsdk.core.client._ClientBase._connect",
    "omicsdk.core.sending.transport._Transport.__init__",
    "omicsdk.core.sending.transport.AsyncTransport.__init__",
)
"""Functions that take the options of clients, and state their defaults."""


def _name_options(cls: griffe.Class) -> None:
    """Adds the options of a constructor with `**options: Unpack[...]` to its signature: all, or where the docstring of the class
    describes `options` as a whole, those that it describes besides.
    """
    init, text = cls.members.get("__init__"), cls.docstring.value if cls.docstring else ""
    if not isinstance(init, griffe.Function) or "options" not in init.parameters:
        return
    options, are_described = init.parameters["options"], "options: " in text
    unpacked = options.annotation
    if not isinstance(unpacked, griffe.ExprSubscript) or not isinstance(unpacked.slice, griffe.Expr):
        return
    loaded = cls.package.modules_collection
    try:
        described = loaded[unpacked.slice.canonical_path].attributes
        takers = [loaded[path].parameters for path in _TAKE_OPTIONS]
    except (KeyError, griffe.GriffeError):  # of a package that is not loaded
        return
    del init.parameters["options"]
    for name, option in described.items():
        if name not in init.parameters and (not are_described or f"\n    {name}: " in text):
            kind = griffe.ParameterKind.keyword_only
            default = next((parameters[name].default for parameters in takers if name in parameters), "...")
            init.parameters.add(griffe.Parameter(name, annotation=option.annotation, kind=kind, default=default))
    if are_described:
        init.parameters.add(options)


def _classes(parent: griffe.Object) -> Iterator[griffe.Class]:
    for member in parent.members.values():
        if isinstance(member, griffe.Class):
            yield member
        if isinstance(member, griffe.Module | griffe.Class):
            yield from _classes(member)


def _bases(cls: griffe.Class) -> Iterator[griffe.Object]:
    """The classes that a class derives from, of the package itself."""
    for base in cls.bases:
        try:
            path = base.canonical_path if isinstance(base, griffe.Expr) else base
            resolved = cls.package.modules_collection[path]
            resolved = resolved.final_target if isinstance(resolved, griffe.Alias) else resolved
        except (KeyError, griffe.GriffeError):  # of another package
            continue
        yield resolved
        if isinstance(resolved, griffe.Class):
            yield from _bases(resolved)
