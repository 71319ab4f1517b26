"""What commands of `omics pangea` print: a documented line for each thing, and files that lines go into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.input_files import text_of
from omicsdk.cli.told import Told
from omicsdk.core.files import in_place_of
from omicsdk.core.json_encoding import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omicsdk.cli.commands.pangea.places import Thing


def organization_line(thing: Thing) -> str:
    """An organization as documented lines have it."""
    return f"<Pangea::Organization {thing['name']} {thing['uuid']} />"


def group_line(thing: Thing) -> str:
    """A sample group as documented lines have it."""
    return f"<Pangea::SampleGroup {thing['name']} {thing['uuid']} />"


def sample_line(thing: Thing) -> str:
    """A sample as documented lines have it."""
    return f"<Pangea::Sample {thing['name']} {thing['uuid']} />"


def result_line(thing: Thing) -> str:
    """An analysis result as documented lines have it, whose word for it is that of samples."""
    return f"<Pangea::Sample {thing['module_name']} {thing['replicate']} {thing['uuid']} />"


def field_line(thing: Thing) -> str:
    """A field of an analysis result."""
    return f"<Pangea::AnalysisResultField {thing['name']} {thing['uuid']} />"


def tag_line(thing: Thing) -> str:
    """A tag as documented lines have it."""
    return f"<Pangea::Contrib::Tag {thing['name']} {thing['uuid']} />"


def told(text: str, data: object, arguments: Mapping[str, Any], *, made: bool = False) -> Told:
    """What a command gives: documented lines, or data for whoever asks for a form of it.

    Args:
        text: The lines; with --outfile they go there.
        data: The same as JSON data.
        arguments: Those of the command.
        made: Whether people were told already what was done, so that terminals get nothing and pipes the data.

    Raises:
        OSError: The file can't be written.
    """
    given: str = arguments.get("outfile") or "-"
    if given == "-":
        return Told("", data, terminal_only=True) if made else Told(text, data)
    with in_place_of(given) as file:
        file.write(f"{text}\n".encode() if text and not text.endswith("\n") else text.encode())
    return Told("", data)


def lines(found: Iterable[str]) -> str:
    """Lines as one text."""
    return "\n".join(found)


def as_json(value: object) -> str:
    """Data as documented: four blanks deep, keys in order."""
    return written(value, indent=4, sort_keys=True)


def names_given(words: Iterable[str] | None, file: str | None, option: str, *, parted: bool = False) -> list[str]:
    """Names that were typed and those of a file, each once, in order.

    Args:
        words: What was typed.
        file: The file, a name a line; - is stdin, None is none.
        option: What named the file, such as --sample-manifest.
        parted: Whether commas part names.

    Raises:
        UsageError: The file can't be read.
    """
    given = [*(words or ()), *(text_of(file, option).splitlines() if file is not None else ())]
    if parted:
        given = [name for each in given for name in each.split(",")]
    return list(dict.fromkeys(name.strip() for name in given if name.strip()))
