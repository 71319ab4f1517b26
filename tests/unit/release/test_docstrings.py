"""Which docstrings `make lint` reports."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / ".ci" / "docstrings.py"
_spec = importlib.util.spec_from_file_location("docstrings", SCRIPT)
assert _spec
assert _spec.loader
docstrings = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(docstrings)

FULL = "A line that is as long as the formatter lets it be, and whose sentence is continued in the next one, is"


def function(docstring: str) -> str:
    """Return a module with one function whose docstring begins in line 2."""
    return f'def read(path, mode):\n    """Read a file.\n\n{docstring}\n    """\n'


@pytest.mark.parametrize(
    ("docstring", "line", "problem"),
    [
        ("    Args:\n        path: The file, which\n        exists.", 6, "'name: description' pair from 'exists.'"),
        ("    Raises:\n        when there is none", 5, "'exception: description' pair"),
        ("    Args: those of `open`.", 4, "text behind the title"),
        (f"    {FULL}\n    not\n    left alone.", 5, "left over by a re-wrapping: not"),
        (f"    Args:\n        path: {FULL}\n            a folder\n        or a file.", 6, "re-wrapping: a folder"),
    ],
)
def test_a_garbled_docstring_is_reported_with_its_line(docstring: str, line: int, problem: str) -> None:
    problems = docstrings.problems(function(docstring))
    assert line in dict(problems)
    assert problem in " ".join(text for _, text in problems)


@pytest.mark.parametrize(
    "docstring",
    [
        f"    {FULL}\n    short.\n\n    Another paragraph.",
        f"    Args:\n        path: {FULL}\n            here\n        mode: Its mode.",
        f"    Choose, where {FULL}\n    one of\n    - a file\n    - a folder",
        "    Returns:\n        One of two: the text, or the bytes.\n\n    Raises:\n        OSError: None: of the system.",
    ],
)
def test_others_are_not(docstring: str) -> None:
    assert docstrings.problems(function(docstring)) == []


def test_the_module_and_its_classes_are_read_too() -> None:
    source = f'"""{FULL}\nnot\nleft alone.\n"""\n\n\nclass Reader:\n    """Reads.\n\n    Args: none.\n    """\n'
    assert [line for line, _ in docstrings.problems(source)] == [2, 10]


def test_arguments_of_a_class_are_those_of_its_init() -> None:
    source = 'class Reader:\n    """Reads.\n\n    Args:\n        path: A file.\n        mode: Its mode.\n    """\n\n'
    source += "    def __init__(self, path, *, form): ..."
    assert docstrings.problems(source) == [(1, "__init__ has no argument mode")]
