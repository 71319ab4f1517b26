"""Operations of the Data Store that are more than one request: changes of any size, and checkouts that are waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import UsageError
from omicsdk.hca.dss.collections import change, create

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.console import Console
    from omicsdk.hca.dss import Dss


def put_collection(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss put-collection`: with any number of links."""
    del console
    return create(_answers(client.put_collection), _answers(client.patch_collection), _given(arguments))


def patch_collection(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss patch-collection`: by any number of links."""
    del console
    return change("patch_collection", _answers(client.patch_collection), _given(arguments))


def patch_bundle(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss patch-bundle`: by any number of files."""
    del console
    return change("patch_bundle", _answers(client.patch_bundle), _given(arguments))


def put_file(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss put-file`: what the service says at once, or with `--wait` when it has the file."""
    given = _given(arguments)
    wait, seconds = given.pop("wait", False), given.pop("timeout_seconds")
    if not wait:
        return _answers(client.put_file)(**given)
    _checked(client.put_file, given)
    console.message(f"waiting until the Data Store has file {given['uuid']}")
    return {"version": client.register_file(**given, timeout_seconds=seconds).version}


def checkout(client: Dss, arguments: Mapping[str, Any], console: Console) -> object:
    """`omics dss post-bundles-checkout`: the job, or with `--wait` where the bundle is."""
    given = _given(arguments)
    wait, seconds = given.pop("wait", False), given.pop("timeout_seconds")
    if not wait:
        return _answers(client.post_bundles_checkout)(**given)

    def started(job_id: str) -> None:
        console.message(f"checkout {job_id} has started")

    done = client.checkout(**given, timeout_seconds=seconds, started=started)
    return {"checkout_job_id": done.job_id, "status": "SUCCEEDED", "location": done.location}


def _given(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given: a default of the document is the service's affair."""
    return {name: value for name, value in arguments.items() if value is not None}


def _answers(operation: Any) -> Callable[..., dict[str, Any]]:
    """A call of an operation that gives its answer as JSON."""

    def call(**arguments: Any) -> dict[str, Any]:
        _checked(operation, arguments)
        return operation.raw(**arguments).json()

    return call


def _checked(operation: Any, arguments: dict[str, Any]) -> None:
    """Refuses arguments that make no request, such as a UUID with a slash."""
    try:
        operation.build(**arguments)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error
