"""Operations of the Data Store that are more than one request: changes of any size, and checkouts that are waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import UsageError
from omicsdk.hca.dss.collections import change, create

if TYPE_CHECKING:
    from collections.abc import Callable

    from omicsdk.cli.console import Console
    from omicsdk.hca.dss import Dss


def put_collection(client: Dss, **arguments: Any) -> object:
    """Create a collection with any number of links."""
    return create(_answers(client.put_collection), _answers(client.patch_collection), arguments)


def patch_collection(client: Dss, **arguments: Any) -> object:
    """Change a collection by any number of links."""
    return change("patch_collection", _answers(client.patch_collection), arguments)


def patch_bundle(client: Dss, **arguments: Any) -> object:
    """Change a bundle by any number of files."""
    return change("patch_bundle", _answers(client.patch_bundle), arguments)


def put_file(
    client: Dss, *, wait: bool = False, timeout_seconds: float = 1200, console: Console, **arguments: Any
) -> object:
    """Register a file.

    Args:
        wait: Wait until the service has the file: large ones are copied after its answer.
        timeout_seconds: Seconds to wait for the copy with `wait`.
        console: Where waiting is announced.
        **arguments: Those of the operation.
    """
    if not wait:
        return _answers(client.put_file)(**arguments)
    _checked(client.put_file, arguments)
    console.message(f"waiting until the Data Store has file {arguments['uuid']}")
    return {"version": client.register_file(**arguments, timeout_seconds=timeout_seconds).version}


def checkout(
    client: Dss, *, wait: bool = False, timeout_seconds: float = 3600, console: Console, **arguments: Any
) -> object:
    """Start a checkout of a bundle.

    Args:
        wait: Wait until the bundle is copied, and print where it is; a job that fails ends the command with 1.
        timeout_seconds: Seconds to wait for the job with `wait`.
        console: Where the job is announced.
        **arguments: Those of the operation.
    """
    if not wait:
        return _answers(client.post_bundles_checkout)(**arguments)

    def started(job_id: str) -> None:
        console.message(f"checkout {job_id} has started")

    done = client.checkout(**arguments, timeout_seconds=timeout_seconds, started=started)
    return {"checkout_job_id": done.job_id, "status": "SUCCEEDED", "location": done.location}


def _answers(operation: Any) -> Callable[..., dict[str, Any]]:
    """A call of an operation that gives its answer as JSON."""

    def call(**arguments: Any) -> dict[str, Any]:
        _checked(operation, arguments)
        return operation.raw(**arguments).json()

    return call


def _checked(operation: Any, arguments: dict[str, Any]) -> None:
    """Refuse arguments that make no request, such as a UUID with a slash."""
    try:
        operation.build(**arguments)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
