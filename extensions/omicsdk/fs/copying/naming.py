"""Names of copies: with or without their folders, or from a template such as `{guid}_{name}`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from time import gmtime, strftime
from typing import Literal

from omicsdk.core.checksums import ALGORITHMS
from omicsdk.core.frozen import Frozen
from omicsdk.core.likeness import did_you_mean
from omicsdk.fs.copying.planning import Selected, Source
from omicsdk.transfer.engine.options import InvalidOption

#: Whether copies keep the folders below what was named.
Layout = Literal["tree", "flat"]

_FIELDS: Mapping[str, Callable[[Selected], object]] = {
    "name": lambda file: PurePosixPath(file.name).name,
    "stem": lambda file: PurePosixPath(file.name).stem,
    "suffix": lambda file: PurePosixPath(file.name).suffix,
    "path": lambda file: file.name,
    "folder": lambda file: PurePosixPath(file.name).parent,
    "guid": lambda file: next(
        (file.entry.details[key] for key in ("guid", "id", "uuid") if file.entry.details.get(key)), ""
    ),
    "size": lambda file: "" if file.entry.size is None else file.entry.size,
    "version": lambda file: file.entry.details.get("version") or file.entry.version,
    "date": lambda file: "" if file.entry.modified is None else strftime("%Y-%m-%d", gmtime(file.entry.modified)),
    **{name: lambda file, name=name: file.entry.checksums.get(name, "") for name in ALGORITHMS},
}
_PATHS = ("path", "folder")
_EMPTY = ("suffix",)


class Naming(Frozen):
    """How copies are named.

    Attributes:
        layout: Whether they keep their folders.
        template: The name of each, with fields in braces; empty for the names that files have.

    Raises:
        InvalidOption: The template has no field, an unknown one, or is not well-formed.
    """

    layout: Layout = "tree"
    template: str = ""

    def __post_init__(self) -> None:
        if self.template and not any(name for _, name in self._parts()):
            raise InvalidOption(
                "name_template",
                f"{self.template!r}: missing field: all files would have one name",
                remedy="Use a field such as {name}.",
            )

    @property
    def is_usual(self) -> bool:
        """Whether files keep their names and folders."""
        return self.layout == "tree" and not self.template

    def name(self, file: Selected) -> str:
        """The name of a file's copy, below the target.

        Args:
            file: The file.

        Raises:
            InvalidOption: The template has a field that the file has no value for.
        """
        if not self.template:
            return PurePosixPath(file.name).name if self.layout == "flat" else file.name
        new_name = "".join(text + (self._value(field, file) if field else "") for text, field in self._parts())
        # The folder of a file that is in none is ".".
        new_name = "/".join(part for part in new_name.split("/") if part != ".")
        above = PurePosixPath(file.name).parent
        return new_name if self.layout == "flat" or _names_folders(self._parts()) else str(above / new_name)

    def of(self, sources: Sequence[Source]) -> list[Source]:
        """Sources with the names of their copies; what is in a folder goes into the target itself then.

        Args:
            sources: The sources.
        """
        if self.is_usual:
            return list(sources)
        return [
            source._replace(
                uri=source.uri._replace(is_folder=source.is_folder),
                files=[file._replace(name=self.name(file)) for file in source.files],
            )
            for source in sources
        ]

    def _parts(self) -> Iterator[tuple[str, str]]:
        from string import Formatter  # few copies have a template

        try:
            parts = list(Formatter().parse(self.template))
        except ValueError as error:
            problem = f"{self.template!r}: {error}"
            raise InvalidOption("name_template", problem, remedy="Write {{ for a brace.") from error
        for text, field, form, conversion in parts:
            if field is not None and (field not in _FIELDS or form or conversion):
                meant = "" if field in _FIELDS else did_you_mean(field, _FIELDS, "{{{}}}")
                extra = "".join(f"{mark}{text}" for mark, text in (("!", conversion), (":", form)) if text)
                raise InvalidOption(
                    "name_template",
                    f"{self.template!r}: unknown field {{{field}{extra}}}",
                    remedy=f"{meant} Fields are {', '.join(_FIELDS)}.".lstrip(),
                )
            yield text, field or ""

    def _value(self, field: str, file: Selected) -> str:
        value = str(_FIELDS[field](file))
        if not value and field not in _EMPTY:
            problem = f"{self.template!r}: {file.uri} has no {field}"
            raise InvalidOption("name_template", problem, remedy="Use another field, or leave the file out.")
        return value if field in _PATHS else value.replace("/", "_")


def _names_folders(parts: Iterator[tuple[str, str]]) -> bool:
    return any("/" in text or field in _PATHS for text, field in parts)
