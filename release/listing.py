"""The public names of a tree with their signatures, a line each; read by griffe, nothing is imported.

Public is what `__all__` states of omicsdk, the packages directly below it (but its command line), the packages and modules below
omicsdk.gen3, and of the generated clients with their operations, models and webhooks; of a class, its members without a leading
underscore, inherited ones too, and how it is made and called.

    omicsdk.core.Retry class (object)
    omicsdk.core.Retry.pause def (attempt: int) -> float
    omicsdk.core.Retry.attempts attribute int
    omicsdk.Retry is omicsdk.core.Retry
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

import griffe

PACKAGES = ("omicsdk_api", "omicsdk")
HIDDEN = ("omicsdk.cli", "omicsdk_codegen")
OPEN = "omicsdk.gen3."
CALLED = ("__init__", "__call__")
"""What of a class's own protocol a caller writes down."""

SHARED = ("FIELDS", "additional_properties", "from_dict", "null_fields", "to_dict")

Listing = dict[str, str]
"""Full public names to their declarations."""


def listing(folders: list[Path], packages: tuple[str, ...] = PACKAGES) -> Listing:
    """List what is public.

    Args:
        folders: Folders that the packages are in.
        packages: Their names; what several of them have is described for the first.

    Returns:
        Names, sorted, to their declarations.
    """
    # Which knows the signatures of frozen classes.
    extensions = griffe.load_extensions(str(Path(__file__).parents[1] / "docs" / "building" / "docstrings.py"))
    loader = griffe.GriffeLoader(search_paths=folders, allow_inspection=False, extensions=extensions)
    for package in packages:
        loader.load(package)
    reading = _Reading()
    for package in packages:
        for module in _stating(loader.modules_collection[package]):
            for name in sorted(_exports(module) or ()):
                if name in module.members:
                    reading.describe(f"{module.path}.{name}", module.members[name])
    return dict(sorted(reading.listing.items()))


def as_text(names: Listing) -> str:
    """A line a name, as the file is kept."""
    return "".join(f"{name} {declared}\n" for name, declared in names.items())


def from_text(text: str) -> Listing:
    """What `as_text` wrote."""
    return dict(line.split(" ", 1) for line in text.splitlines())


def whole(names: Listing) -> Listing:
    """The same with everything described where it is named: `is` gives way to what it refers to, members and all."""
    described = {name: declared for name, declared in names.items() if not declared.startswith("is ")}
    members: dict[str, list[str]] = {}
    for name in names:
        parts = name.split(".")
        for length in range(1, len(parts)):
            members.setdefault(".".join(parts[:length]), []).append(name)
    for name, declared in names.items():
        if declared.startswith("is "):
            described.update(_led_to(name, declared.removeprefix("is "), names, members))
    return described


def _led_to(name: str, target: str, names: Listing, members: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    for inner in [target, *members.get(target, ())]:
        declared = names[inner]
        here = name + inner.removeprefix(target)
        if declared.startswith("is "):
            yield from _led_to(here, declared.removeprefix("is "), names, members)
        else:
            yield here, declared


def _exports(module: griffe.Module) -> Sequence[str] | None:
    """What a module exports: its `__all__`; where names are resolved late, those that it, or its stub, imports by their own names."""
    if module.exports is not None:
        return [str(name) for name in module.exports]
    stub = Path(str(module.filepath)).with_suffix(".pyi")
    body = ast.parse(stub.read_text("utf-8") if stub.exists() else module.source).body
    late = [
        branch for branch in body if isinstance(branch, ast.If) and getattr(branch.test, "id", "") == "TYPE_CHECKING"
    ]
    if not stub.exists() and not any(branch.orelse for branch in late):
        return None
    statements = [*body, *(statement for branch in late for statement in branch.body)]
    imports = [alias for statement in statements if isinstance(statement, ast.ImportFrom) for alias in statement.names]
    return [alias.name for alias in imports if alias.asname == alias.name]


def _stating(module: griffe.Module) -> Iterator[griffe.Module]:
    """The modules that state what of them is public."""
    if module.path in HIDDEN or module.name.startswith("_"):
        return
    deep = module.path.count(".") > 1 and module.path.startswith("omicsdk.")
    states = module.is_init_module or module.name == "webhooks" or module.path.startswith(OPEN)
    if states and _exports(module) is not None and (not deep or module.path.startswith(OPEN)):
        yield module
    for inner in module.members.values():
        if isinstance(inner, griffe.Module):
            yield from _stating(inner)


class _Reading:
    """What has been found, and where a class was described, so that each is once."""

    def __init__(self) -> None:
        self.listing: Listing = {}
        self._described: dict[str, str] = {}

    def describe(self, path: str, member: griffe.Object | griffe.Alias) -> None:
        """Take up a name and, for a class, its members."""
        target = _target(member)
        if target is None:
            self.listing[path] = "attribute"  # from a package that is not ours
        elif isinstance(target, griffe.Class):
            if not self._is_described_elsewhere(path, target.path):
                self.listing[path] = f"class ({', '.join(sorted(set(_bases(target))))})"
                self._members(path, target)
        elif isinstance(target, griffe.Function):
            word = "async def" if "async" in target.labels else "def"
            self.listing[path] = f"{word} {_signature(target)}"
        elif isinstance(target, griffe.Module):
            self.listing[path] = "module"
        else:
            self.listing[path] = f"attribute {_shown(getattr(target, 'annotation', None))}".rstrip()

    def _is_described_elsewhere(self, path: str, target: str) -> bool:
        """Whether a class is described elsewhere; the name then refers to it."""
        first = self._described.setdefault(target, path)
        if first != path:
            self.listing[path] = f"is {first}"
        return first != path

    def _members(self, path: str, owner: griffe.Class) -> None:
        # What all models have is the same everywhere; their fields are what differs.
        members = owner.members if ".models." in owner.path else owner.all_members
        for name, member in sorted(members.items()):
            if (name.startswith("_") and name not in CALLED) or name in SHARED:
                continue
            target = _target(member)
            if target is None or isinstance(target, griffe.Class):
                continue  # a class within a class is its own business
            operation = _operation(target)
            if operation is None:
                self.describe(f"{path}.{name}", target)
            elif owner.name.startswith("Async"):
                self.listing[f"{path}.{name}"] = f"attribute {operation}"  # the same as the other client's
            elif not self._is_described_elsewhere(f"{path}.{name}", target.path):
                self._operation(f"{path}.{name}", operation, target)

    def _operation(self, path: str, kind: str, member: griffe.Object) -> None:
        """An operation of a generated client: its call, and what else it has with the same arguments."""
        self.listing[path] = f"attribute {kind}"
        assert member.parent is not None  # the operation's module
        functions = {
            name: function for name, function in member.parent.members.items() if isinstance(function, griffe.Function)
        }
        page = _shown(functions["parse"].returns)
        self.listing[f"{path}.__call__"] = f"def {_signature(functions['build'], returned=page)}"
        self.listing[f"{path}.raw"] = "def () -> httpx.Response"
        if "Stream" in kind:
            self.listing[f"{path}.stream"] = "def () -> AbstractContextManager[Body]"
        if "Paged" in kind:
            self.listing[f"{path}.pages"] = f"def () -> Iterator[{page}]"
            item = (
                _shown(functions["items"].returns).removesuffix(" | None").removeprefix("Sequence[").removesuffix("]")
            )
            self.listing[f"{path}.iterate"] = f"def () -> Items[{item}]"
        if "ItemStream" in kind:
            self.listing[f"{path}.iterate"] = f"def () -> Items[{_shown(functions['item'].returns)}]"


def _target(member: griffe.Object | griffe.Alias) -> griffe.Object | None:
    try:
        return member.final_target if isinstance(member, griffe.Alias) else member
    except (griffe.AliasResolutionError, griffe.CyclicAliasError):
        return None


def _operation(member: griffe.Object) -> str | None:
    """The kind of an operation of a generated client; None for what is none."""
    value = getattr(member, "value", None)
    if not isinstance(member, griffe.Attribute) or not isinstance(value, griffe.ExprCall):
        return None
    called = value.function.name if isinstance(value.function, griffe.ExprName) else ""
    return called if member.path.startswith("omicsdk_api.") and called.endswith("Operation") else None


def _looked_up(near: griffe.Object, path: str) -> griffe.Object | None:
    try:
        return _target(near.modules_collection[path])
    except (KeyError, griffe.AliasResolutionError):
        return None


def _bases(target: griffe.Class) -> Iterator[str]:
    """What users may catch or test for: a class's own name, wherever it is, and what it is in turn."""
    for base in target.bases:
        path = base if isinstance(base, str) else base.canonical_path
        resolved = _looked_up(target, path)
        if isinstance(resolved, griffe.Class):
            if not resolved.name.startswith("_"):
                yield resolved.name
            yield from _bases(resolved)
        elif not path.startswith(PACKAGES):
            yield path


def _signature(function: griffe.Function, returned: str = "") -> str:
    """Parameters and what comes back, or `returned`, as Python spells them; self is left out."""
    shown: list[str] = []
    positional, starred = False, False
    for parameter in function.parameters:
        kind = parameter.kind.value if parameter.kind is not None else ""
        if kind == "positional-only" and parameter.name not in ("self", "cls"):
            positional = True
        elif positional:
            shown.append("/")
            positional = False
        if parameter.name in ("self", "cls"):
            continue
        if kind == "keyword-only" and not starred:
            shown.append("*")
        starred = starred or kind in ("keyword-only", "variadic positional")
        shown.append(_parameter(parameter, kind))
    if positional:
        shown.append("/")
    back = returned or _shown(function.returns)
    returns = f" -> {back}" if back else ""
    return f"({', '.join(shown)}){returns}"


def _parameter(parameter: griffe.Parameter, kind: str) -> str:
    stars = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
    text = f"{stars}{parameter.name}"
    if parameter.annotation is not None:
        text += f": {_shown(parameter.annotation)}"
    if parameter.default is not None and not stars:
        text += f" = {_shown(parameter.default)}"
    return text


def _shown(expression: object) -> str:
    return "" if expression is None else " ".join(str(expression).split())
