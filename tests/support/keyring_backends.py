"""Keyrings for tests, named by PYTHON_KEYRING_BACKEND: one that works, one that is locked, and two that ask."""

import getpass
import json
import os
import time
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked


class Working(KeyringBackend):
    """An unlocked keyring, kept in the file that TEST_KEYRING names."""

    priority = 1

    def _secrets(self) -> dict[str, str]:
        file = Path(os.environ["TEST_KEYRING"])
        return json.loads(file.read_text()) if file.exists() else {}

    def _keep(self, secrets: dict[str, str]) -> None:
        Path(os.environ["TEST_KEYRING"]).write_text(json.dumps(secrets))

    def get_password(self, service: str, username: str) -> str | None:
        return self._secrets().get(f"{service}: {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._keep({**self._secrets(), f"{service}: {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        secrets = self._secrets()
        del secrets[f"{service}: {username}"]
        self._keep(secrets)


class Locked(Working):
    """A locked keyring."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise KeyringLocked("locked")


class Asking(Working):
    """A keyring that requests its password at the terminal."""

    def get_password(self, service: str, username: str) -> str | None:
        return getpass.getpass("Password of the keyring: ")

    def set_password(self, service: str, username: str, password: str) -> None:
        getpass.getpass("Password of the keyring: ")


class Waiting(Working):
    """A keyring that shows a dialog that is never answered."""

    def get_password(self, service: str, username: str) -> str | None:
        time.sleep(600)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        time.sleep(600)
