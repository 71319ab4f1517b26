"""The page of errors and exit codes, from the classes themselves and what the command line ends with."""

import inspect
from collections.abc import Iterator

from building.markdown import plain

PATH = "reference/errors.md"

OPENING = """\
# Errors and exit codes

Every error of omicsdk is an `OmicsError`: its text says what happened and to what, `remedy` says what to do. Catch the class
that you can do something about; those that stand under it come along.

## Exit codes

| Code | When |
|---:|---|
| 0 | Everything is done. |
| 1 | The service, or the system, said no; or the time budget was over. |
| 2 | The call or a setting is wrong. |
| 3 | Some of a batch failed; the others are done. |
| 4 | Credentials are missing, wrong, or over. |
| 130 | Interrupted with Ctrl-C; what had been done is kept. |
| 143 | Ended by SIGTERM; what had been done is kept. |

## Errors

A class stands under the one that it is a kind of. The code is what `omics` ends with when the error isn't one of a batch.

"""

ENDING = """

What an error of an answer, of a file or of a batch holds beside its text is told with
[the classes][omicsdk.core.errors.OmicsError].
"""


def page() -> str:
    """The page."""
    from omicsdk.core.errors import OmicsError

    lines = ["| Error | Code | |", "|---|---:|---|", *_rows(OmicsError, 0)]
    return OPENING + "\n".join(lines) + ENDING


def _rows(error: type[BaseException], depth: int) -> Iterator[str]:
    from omicsdk.cli.errors import exit_code

    told = plain((inspect.getdoc(error) or "").partition("\n\n")[0])
    indent = "&emsp;" * depth
    raised = error.__new__(error)  # constructors differ; what decides is the class
    vars(raised)["errors"] = ()
    code = exit_code(raised)
    yield f"| {indent}`{error.__name__}` | {code} | {told} |"
    for kind in sorted(error.__subclasses__(), key=lambda each: each.__name__):
        if kind.__module__ == "omicsdk.core.errors":
            yield from _rows(kind, depth + 1)
