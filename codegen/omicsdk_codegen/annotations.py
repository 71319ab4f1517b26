"""Python types as text, for the three places where they are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from .directions import place_of
from .imports import Imports
from .parser import AnyOf, Choice, DictOf, ListOf, ModelOf, PythonType, TupleOf, Untagged, Word
from .texts import literals

# The module and the name of the types of texts in formats.
_NATIVE = {
    "date": ("datetime", "date"), "datetime": ("datetime", "datetime"), "uuid": ("uuid", "UUID"),
    "decimal": ("decimal", "Decimal"), "duration": ("datetime", "timedelta"), "time": ("datetime", "time"),
    "byte": ("", "bytes"), "int64": ("", "int"),
}  # fmt: skip

Side: TypeAlias = Literal["response", "argument", "dict"]


def dict_name(class_: str) -> str:
    """Return the name of the TypedDict for a model's class."""
    return f"{class_.rstrip('_')}Dict"


class Annotations:
    """Writes the types of one generated module, and collects the imports that they need.

    Args:
        classes: models' classes by key.
        modules: modules of models by key.
        imports: receives the imports, which are for type checkers only.
        models: the package of the models, as the module sees it: `..models`, or `.` from within.
        open_enums: whether arguments accept values that an enum does not list.
        module: the module itself, if it is one of models.
        types_of: the module of a model's TypedDict, by the model's key, as the module sees it; None for this module.
    """

    def __init__(
        self,
        classes: Mapping[str, str],
        modules: Mapping[str, str],
        imports: Imports,
        *,
        models: str = "..models",
        open_enums: bool = False,
        module: str = "",
        types_of: Callable[[str], str | None] = lambda _: "..types",
    ) -> None:
        self._classes = classes
        self._modules = modules
        self._imports = imports
        self._models = models
        self._module = module
        self._open = open_enums
        self._types_of = types_of
        self._files = False

    def write(self, type_: PythonType, side: Side, *, optional: bool = False, files: bool = False) -> str:
        """Write a type.

        Args:
            type_: what the parser returned.
            side: `response` is a model's field or a response, where lists are lists and an unknown choice may come;
                `argument` takes models and TypedDicts alike and no unknown choice; `dict` is a TypedDict's member.
            optional: whether None is allowed as well.
            files: whether bytes are a file of a multipart body, which may have a name and headers.
        """
        self._files, before = files, self._files
        parts = self._parts(type_, side)
        self._files = before
        if optional and "Any" not in parts:
            parts.append("None")
        return " | ".join(dict.fromkeys(parts))

    def fields(self) -> str:
        """The type of a body's fields by name."""
        self._imports.typing("Any")
        return f"{self._mapping('argument')}[str, Any]"

    def headers(self) -> str:
        """The type of a response's headers."""
        return f"{self._mapping('argument')}[str, str]"

    def _parts(self, type_: PythonType, side: Side) -> list[str]:
        if isinstance(type_, Untagged):
            if side == "argument":
                return []  # what is sent has a tag that the document defines
            self._imports.typing("Any")
            return ["dict[str, Any]"]
        if isinstance(type_, Word):
            return self._word(type_.python, side)
        if isinstance(type_, Choice):
            self._imports.typing("Literal")
            choices = [f"Literal[{literals(type_.enum.values)}]"]
            scalar = "str" if isinstance(type_.enum.values[0], str) else "int"
            return choices if side == "argument" and not self._open else [*choices, scalar]
        if isinstance(type_, ListOf):
            return [f"{self._sequence(side)}[{self.write(type_.item, side, files=self._files)}]"]
        if isinstance(type_, TupleOf):
            items = [self.write(item, side) for item in type_.items]
            items += [] if type_.rest is None else [f"*tuple[{self.write(type_.rest, side)}, ...]"]
            return [f"tuple[{', '.join(items)}]"]
        if isinstance(type_, DictOf):
            return [f"{self._mapping(side)}[str, {self.write(type_.value, side, files=self._files)}]"]
        if isinstance(type_, ModelOf):
            return self._model(type_.key, side)
        assert isinstance(type_, AnyOf)
        parts = [part for member in type_.members for part in self._parts(member, side)]
        return ["Any"] if "Any" in parts else list(dict.fromkeys(sorted(parts, key=lambda part: part == "None")))

    def _word(self, word: str, side: Side) -> list[str]:
        if word == "Any":
            self._imports.typing("Any")
        if word == "bytes" and side == "argument" and self._files:
            # MultipartFile has bytes too: a signature shows the most common form.
            return ["bytes", self._imports.late("omicsdk.core.file_bodies", "MultipartFile")]
        if word == "bytes" and side == "argument":
            self._imports.late("typing", "BinaryIO")
            self._imports.late("os", "PathLike")
            return ["bytes", "BinaryIO", "PathLike[str]"]
        if word in _NATIVE:
            module, native = _NATIVE[word]
            local = self._imports.late(module, native) if module else native
            return [local] if side == "response" else [local, "str"]
        return [word]

    def _model(self, key: str, side: Side) -> list[str]:
        class_ = self._classes[key]
        parts: list[str] = []
        # An object that was received may be sent back, where another class is sent.
        for model in [] if side == "dict" else {key: None, place_of(key): None} if side == "argument" else [key]:
            if self._modules[model] != self._module:
                self._imports.late(f"{self._models.rstrip('.')}.{self._modules[model]}", self._classes[model])
            parts.append(self._classes[model])
        if side != "response":
            module = self._types_of(key)
            if module is not None:
                self._imports.late(module, dict_name(class_))
            parts.append(dict_name(class_))
        return parts

    def _sequence(self, side: Side) -> str:
        if side != "argument":
            return "list"
        self._imports.late("collections.abc", "Sequence")
        return "Sequence"

    def _mapping(self, side: Side) -> str:
        if side != "argument":
            return "dict"
        self._imports.late("collections.abc", "Mapping")
        return "Mapping"
