"""The system's keyring, accessed in a separate process.

`keyring` runs any configured backend: one may wait for D-Bus, show a dialog, or ask for a password at the terminal. A
separate process without a terminal, ended after a few seconds, turns each of these into "not available", and avoids
importing the package (60 ms) in programs whose logins are in the file.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from contextlib import closing
from importlib import import_module
from typing import Any

#: The name under which the keyring lists the secrets.
SERVICE = "omicsdk"
#: Most seconds that a keyring may take: an unlocked one responds in milliseconds, so a slower one is waiting for a
#: user.
SECONDS = 5.0

# Backends that prompt for a password at their first use, which cannot be determined beforehand.
_PROMPTING = ("keyring.backends.kwallet", "keyrings.alt", "keyrings.cryptfile")


class KeyringUnavailable(Exception):
    """The keyring is missing, locked, or would ask the user; the text states which."""


def read_secret(name: str) -> str | None:
    """Read a secret.

    Args:
        name: Its name.

    Returns:
        The secret; None where the keyring has none of that name.

    Raises:
        KeyringUnavailable: The keyring cannot be used without asking.
    """
    return _response("read", name)


def write_secret(name: str, secret: str) -> None:
    """Store a secret, replacing an existing one; errors as `read_secret`'s.

    Args:
        name: Its name.
        secret: The secret.
    """
    _response("write", name, secret)


def delete_secret(name: str) -> None:
    """Delete a secret, if there is one; errors as `read_secret`'s.

    Args:
        name: Its name.
    """
    _response("delete", name)


def _response(action: str, name: str, secret: str = "") -> str | None:
    if importlib.util.find_spec("keyring") is None:
        from omicsdk.core.installation import install_command

        raise KeyringUnavailable(f"it is not installed: {install_command('omicsdk[keyring]')}")
    if not sys.executable:  # an embedded interpreter
        raise KeyringUnavailable("there is no Python interpreter to run it")
    # -P: a keyring.py in the current folder must not get the secrets. Pipes pass them: process lists show arguments.
    command = [sys.executable, "-P", "-m", __name__]
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    request = json.dumps({"action": action, "name": name, "secret": secret})
    try:
        ran = subprocess.run(
            command,
            input=request,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            start_new_session=True,  # without a terminal, so that getpass cannot prompt there
            creationflags=hidden,
        )
    except subprocess.TimeoutExpired:
        raise KeyringUnavailable("it waits for a response") from None
    except OSError as error:
        raise KeyringUnavailable(f"it cannot be started: {error.strerror}") from error
    try:
        response: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        # Without its output: a backend's error may quote the secret.
        raise KeyringUnavailable(f"it ended with {ran.returncode}") from None
    if "unavailable" in response:
        raise KeyringUnavailable(response["unavailable"])
    return response["secret"]


def _respond(request: dict[str, str]) -> dict[str, str | None]:
    """Carry out a request, in the separate process, and return the response."""
    keyring: Any = import_module("keyring")
    backend = keyring.get_keyring()
    if hasattr(backend, "backends"):  # several; the first one is the recommended
        backend = next(iter(backend.backends), backend)
    fault = _fault(backend)
    if fault:
        return {"unavailable": fault}
    name = request["name"]
    try:
        match request["action"]:
            case "read":
                return {"secret": backend.get_password(SERVICE, name)}
            case "write":
                backend.set_password(SERVICE, name, request["secret"])
            case _:
                # `delete_password` raises an error for a missing secret.
                if backend.get_password(SERVICE, name) is not None:
                    backend.delete_password(SERVICE, name)
    except keyring.errors.KeyringLocked:
        return {"unavailable": "it is locked"}
    except EOFError:  # getpass, without a terminal
        return {"unavailable": "it asks for a password"}
    except Exception as error:  # for any error of a backend, the file is used instead
        return {"unavailable": f"it failed with {type(error).__name__}"}
    return {"secret": None}


def _fault(backend: Any) -> str:
    """Return why a keyring cannot be used without asking the user; empty if it can."""
    module = type(backend).__module__
    # keyring's backend `fail` has the priority 0, and `null` has -1.
    if backend.priority <= 0:
        return "there is none"
    if module.startswith(_PROMPTING):
        return "it may ask for a password"
    if module == "keyring.backends.SecretService":
        # Its own methods would unlock the collection, which shows a dialog.
        secretstorage: Any = import_module("secretstorage")
        try:
            with closing(secretstorage.dbus_init()) as bus:
                return "it is locked" if secretstorage.Collection(bus).is_locked() else ""
        except secretstorage.exceptions.SecretStorageException as error:
            return f"it does not respond ({type(error).__name__})"
    return ""


if __name__ == "__main__":
    print(json.dumps(_respond(json.load(sys.stdin))))  # noqa: T201 - the response
