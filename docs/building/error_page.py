"""The page of errors and exit codes, generated from the classes and the command line's exit codes."""

import inspect
from collections.abc import Iterator

from building.markdown import plain

PATH = "reference/errors.md"

OPENING = """\
# Errors and exit codes

All errors of omicsdk are subclasses of `OmicsError`. The message states what failed and why, and `remedy` what to do about it. Catch
the classes that your program can handle; an `except` clause also catches subclasses.

## Exit codes

| Code | Meaning | Retry? |
|---:|---|---|
| 0 | Success. | |
| 1 | The service or the system refused the operation, or the only item of a batch failed. | yes, a few times |
| 2 | The command, an argument or a setting is invalid. | no: correct it |
| 3 | Some or all of several items failed, the time budget is over, or a limit left items out. | yes: what is complete is skipped |
| 4 | Credentials are missing, invalid, expired or without access (401, 403, S3's expired keys), for all items. | no: log in again |
| 130 | Interrupted with Ctrl-C; completed work is kept. | no |
| 129 | The terminal was closed, or the connection to it was lost; completed work is kept. | yes |
| 143 | Terminated by SIGTERM, such as by a scheduler; completed work is kept. | yes |

A failed request was already retried within the command: on timeouts, lost connections, 408, 429 and 5xx, as curl's `--retry` does. See
[In a pipeline](../pipelines.md#retries) for workflow managers.

## Errors

Subclasses are indented below their base class. The code is the exit code of `omics` if the error is not part of a batch.

"""

ENDING = """

For the further attributes of errors, such as the response, the file or the errors of a batch, see
[the classes][omicsdk.core.errors.OmicsError].
"""


def page() -> str:
    """The page."""
    from omicsdk.core.errors import OmicsError

    lines = ["| Error | Code | |", "|---|---:|---|", *_rows(OmicsError, 0)]
    return OPENING + "\n".join(lines) + ENDING


def _rows(error: type[BaseException], depth: int) -> Iterator[str]:
    from omicsdk.cli.failures import exit_code

    summary = plain((inspect.getdoc(error) or "").partition("\n\n")[0])
    indent = "&emsp;" * depth
    raised = error.__new__(error)  # constructors differ; what decides is the class
    vars(raised).update(errors=(), status=0, code="")
    code = exit_code(raised)
    yield f"| {indent}`{error.__name__}` | {code} | {summary} |"
    for kind in sorted(error.__subclasses__(), key=lambda subclass: subclass.__name__):
        if kind.__module__ == "omicsdk.core.errors":
            yield from _rows(kind, depth + 1)
