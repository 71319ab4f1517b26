"""The templates of a package's files: the shipped ones, and a user's in place of some of them.

A template only prints `Code`: a document's text cannot become code in a package because an author of a template forgot a filter.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from difflib import get_close_matches
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .faults import DocumentError, Fault
from .texts import Code, as_comment, as_docstring, as_lines, as_literal, as_markdown

if TYPE_CHECKING:
    from jinja2 import Environment

# Version of the names of templates, of their variables and of their blocks.
INTERFACE = 1

# Characters of a file before its origin, by which it is known as generated.
_ORIGIN_WITHIN = 100
# The folder by which a user's template extends or includes the shipped one of the same name.
_SHIPPED = "shipped"
_INTERFACE_LINE = re.compile(r"\{#-?\s*interface:\s*(\d+)\s*-?#\}")


def shipped() -> Mapping[str, str]:
    """The texts of the shipped templates by their names."""
    folder = files("omicsdk_codegen") / "templates"
    return {
        template.name: template.read_text(encoding="utf-8")
        for template in sorted(folder.iterdir(), key=lambda template: template.name)
        if template.name.endswith(".jinja")
    }


class Templates:
    """Templates by name.

    Args:
        folder: templates that replace shipped ones of the same names; None for none. Names that begin with `_` are parts that
            these include, or a macro's; names that begin with a dot are ignored.

    Raises:
        DocumentError: with all faults: there is no template of a name, one is of another interface, or is no template.

    Attributes:
        overridden: the user's files by the names of the templates that they replace.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._texts: dict[str, str] = {}
        self.overridden: dict[str, Path] = {}
        if folder is not None:
            self._read(folder)

    def _read(self, folder: Path) -> None:
        faults: list[Fault] = []
        names = set(shipped())
        for path in sorted(folder.iterdir()):
            if path.name.startswith("."):
                continue
            if not path.name.startswith("_"):
                if path.name not in names or not path.is_file():
                    faults.append(Fault("there is no template of that name", suggestion(path.name), str(path)))
                    continue
                self.overridden[path.name] = path
            try:
                self._texts[path.name] = path.read_text(encoding="utf-8-sig")
            except UnicodeDecodeError:
                faults.append(Fault("it is not text in UTF-8", "Save it as UTF-8.", str(path)))
        if not self.overridden and not faults:
            faults.append(Fault("no template is in it", f"Put one of {', '.join(sorted(names))} there.", str(folder)))
        faults += filter(None, (self._fault(name, path) for name, path in self.overridden.items()))
        if faults:
            raise DocumentError(faults)

    def _fault(self, name: str, path: Path) -> Fault | None:
        from jinja2 import TemplateError, TemplateSyntaxError, nodes

        text = self._texts.get(name)
        if text is None:
            return None
        interface = _INTERFACE_LINE.match(text)
        # A template's variables are the plan's classes, which change: a template of another version would fail
        # somewhere in a package.
        if interface is None or int(interface[1]) != INTERFACE:
            version = (
                "does not state the version of the interface"
                if interface is None
                else f"is for interface {interface[1]}"
            )
            remedy = (
                f"Compare it with `omics codegen templates {name}`, then begin it with {{# interface: {INTERFACE} #}}."
            )
            return Fault(f"the template {version}; this version of omicsdk has {INTERFACE}", remedy, str(path), 1)
        try:
            self._environment.get_template(name)
            tree = self._environment.parse(text)
            base = tree.find(nodes.Extends)
            if base is not None and isinstance(base.template, nodes.Const) and _SHIPPED in base.template.value:
                blocks = self._environment.get_template(base.template.value).blocks
                for node in tree.body:  # jinja ignores a block that the base does not have
                    if isinstance(node, nodes.Block) and node.name not in blocks:
                        remedy = f"Blocks are {', '.join(sorted(blocks))}."
                        return Fault(f"{name} has no block {node.name}", remedy, str(path), node.lineno)
        except TemplateSyntaxError as error:
            return Fault(str(error.message).rstrip("."), "Correct the template.", str(path), error.lineno)
        except TemplateError as error:
            return Fault(str(error), "Correct the template.", str(path))
        return None

    def render(self, name: str, /, **values: Any) -> str:
        """Fill a template.

        Args:
            name: its file name.
            values: the values; printed ones must be `Code`.

        Raises:
            TypeError: a shipped template would print something else.
            DocumentError: a user's template cannot be filled.
        """
        template = self._environment.get_template(name)
        if not self.overridden:
            return template.render(**values)
        from jinja2 import TemplateError

        try:
            text = template.render(**values)
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError) as error:
            origin = self._line_of(error)
            if origin is None:
                raise
            raise DocumentError(
                [Fault(str(error) or type(error).__name__, _remedy(name, values, error), *origin)]
            ) from error
        if name in self.overridden and not 0 <= text.find(values["origin"]) < _ORIGIN_WITHIN:
            remedy = "Begin the file with a comment that has {{ origin }}."
            path = str(self.overridden[name])
            raise DocumentError([Fault("without its origin the file cannot be generated again", remedy, path)])
        return text

    def _line_of(self, error: Exception) -> tuple[str, int] | None:
        """Return the user's file and line that an error is from; None if it is from none."""
        # Jinja names a template's file and line in the frames of what it compiled.
        frames = traceback.extract_tb(error.__traceback__)
        for frame in reversed(frames):
            if self._folder is not None and Path(frame.filename).parent == self._folder:
                return frame.filename, frame.lineno or 1
        return None

    @cached_property
    def _environment(self) -> Environment:
        from jinja2 import ChoiceLoader, Environment, FunctionLoader, PackageLoader, PrefixLoader, StrictUndefined

        def load(name: str) -> tuple[str, str, None] | None:
            text = self._texts.get(name)
            return None if text is None or self._folder is None else (text, str(self._folder / name), None)

        ours = PackageLoader("omicsdk_codegen")
        environment = Environment(  # noqa: S701 - the output is Python, and only Code is printed
            # A user's template precedes the shipped one of its name, which it can extend as shipped/NAME.
            loader=ChoiceLoader([FunctionLoader(load), ours, PrefixLoader({_SHIPPED: ours})]) if self._texts else ours,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            finalize=_only_code,
        )
        filters = cast("dict[str, Any]", environment.filters)
        filters |= {
            "code": Code,
            "comment": as_comment,
            "docstring": as_docstring,
            "indented": _indented,
            "literal": as_literal,
            "markdown": as_markdown,
        }
        return environment


def suggestion(name: str) -> str:
    """Return what to write in place of a template's name that does not exist."""
    names = sorted(shipped())
    near = get_close_matches(name.removesuffix(".jinja"), [template.removesuffix(".jinja") for template in names], 2)
    return (
        f"Did you mean {' or '.join(f'{match}.jinja' for match in near)}?"
        if near
        else f"Templates are {', '.join(names)}."
    )


def _remedy(name: str, values: Mapping[str, object], error: Exception) -> str:
    unknown = re.match(r"'(\w+)' is undefined", str(error))
    near = get_close_matches(unknown[1], values, 1) if unknown else []
    if near:
        return f"Did you mean {near[0]}?"
    return f"Variables are {', '.join(values)}: `omics codegen templates {name}` describes them."


def _only_code(value: object) -> Code:
    if not isinstance(value, Code):
        from jinja2 import Undefined

        if isinstance(value, Undefined):
            str(value)  # raises an error that names it
        raise TypeError(f"a template would print {type(value).__name__}, which is not code")
    return value


def _indented(block: Code, columns: int) -> Code:
    return as_lines(f"{' ' * columns}{line}" for line in block.split("\n"))


_CURRENT: ContextVar[Templates] = ContextVar("templates", default=Templates())  # noqa: B039 - it has no file to change


def templates() -> Templates:
    """The templates that render at present."""
    return _CURRENT.get()


@contextmanager
def rendering_with(those: Templates) -> Generator[None]:
    """Let others render than the shipped templates: all files of a project, from its plan to its folder."""
    token = _CURRENT.set(those)
    try:
        yield
    finally:
        _CURRENT.reset(token)
