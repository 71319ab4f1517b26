"""The generator's assumptions about omicsdk.core, which it does not import, are those of omicsdk.core."""

import inspect

from omicsdk.core.client import INTERFACE, AsyncClient, Client
from omicsdk.core.errors import STATUS_ERRORS, APIError, error_class
from omicsdk_codegen import error_bodies, naming, plan, servers


def test_reserved_names_are_the_public_names_of_the_clients() -> None:
    public = {name for cls in (Client, AsyncClient) for name in dir(cls) if not name.startswith("_")}
    assert public | {"max_items"} == naming.RESERVED


def test_no_server_variable_is_called_as_an_argument_of_the_clients() -> None:
    arguments = {name for cls in (Client, AsyncClient) for name in inspect.signature(cls).parameters}
    assert arguments | {"server", "servers", "options"} == servers.CLIENT_ARGUMENTS


def test_the_interface_is_the_same() -> None:
    assert plan.INTERFACE == INTERFACE


def test_error_classes_are_those_of_their_statuses() -> None:
    assert {status: cls.__name__ for status, cls in STATUS_ERRORS.items()} == error_bodies.ERROR_CLASSES
    for status in range(400, 600):
        assert error_bodies.error_class(str(status)) == error_class(status).__name__
    classes = {error_class(status) for status in range(400, 600)} - {APIError}
    assert {cls.__name__: cls.__bases__[0].__name__ for cls in classes} == error_bodies.PARENTS
