"""From what was typed to the workflow's commons, project, dictionary and settings."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from omicsdk.cli.commands.gen3.access import Access
from omicsdk.cli.commands.gen3.access import connect as connect_gen3
from omicsdk.core.errors import UsageError
from omicsdk.dtp.config import DtpConfig, Gen3Config, read_config
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary, read_dictionary
from omicsdk.gen3.login import Gen3Login

if TYPE_CHECKING:
    from collections.abc import Mapping


def connect(
    base_url: str | None,
    *,
    credentials: str | None = None,
    auth: str | None = None,
    endpoint: str | None = None,
    config: str | None = None,
) -> Workflow:
    """The workflow behind `omics dtp`; nothing is asked of anybody yet. What was typed goes before what the settings say.

    Args:
        base_url: What --base-url or OMICS_DTP_URL says.
        credentials: The token that --access-token or OMICS_DTP_TOKEN says.
        auth: What --auth says.
        endpoint: What --endpoint says.
        config: The file that --config names.

    Raises:
        UsageError: Both a token and a credentials file were given, or the connection wouldn't be encrypted.
        ConfigError: The settings can't be read, or the endpoint isn't one.
    """
    settings = read_config(config) if config is not None else DtpConfig()
    stated = settings.gen3 or Gen3Config()
    found = stated.credentials if auth is None and credentials is None else None
    key = found if isinstance(found, dict) else None
    auth = str(found) if isinstance(found, Path) else auth
    access = connect_gen3(
        base_url, credentials=credentials, auth=auth, endpoint=endpoint or base_url or stated.endpoint
    )
    return Workflow(access, settings, key, config)


class Workflow:
    """A commons with its login, and the settings of the workflow.

    Args:
        access: The commons and its login.
        settings: What the settings say.
        key: A key that they have, which takes the place of the login.
        file: The file of the settings; None where there is none.

    Attributes:
        settings: What the settings say.
        file: Their file.
    """

    def __init__(self, access: Access, settings: DtpConfig, key: Mapping[str, str] | None, file: str | None) -> None:
        self._access = access
        self._key = key
        self.settings = settings
        self.file = file

    @cached_property
    def auth(self) -> Gen3Login:
        """The login.

        Raises:
            Gen3AuthError: There is none, or it can't be one.
        """
        if self._key is None:
            return self._access.auth
        stated = self._access.endpoint if self._access.is_named else None
        return Gen3Login(endpoint=stated, refresh_token=self._key)

    @property
    def login(self) -> Gen3Login | None:
        """The login; None where there is none."""
        return self.auth if self._key is not None else self._access.login

    @cached_property
    def commons(self) -> Gen3:
        """The commons' services; without a login where there is none."""
        return self._access.commons if self._key is None else Gen3(self.auth.endpoint, credentials=self.auth)

    def project(self, arguments: Mapping[str, Any]) -> tuple[str, str]:
        """The project that --program and --project name, or the settings.

        Args:
            arguments: Those of the command.

        Returns:
            The program's name and the project's code.

        Raises:
            UsageError: Nothing names one of them.
        """
        return self._named("program", arguments), self._named("project", arguments)

    def project_code(self, arguments: Mapping[str, Any]) -> str:
        """The code of the project that --project names, or the settings.

        Args:
            arguments: Those of the command.

        Raises:
            UsageError: Nothing names it.
        """
        return self._named("project", arguments)

    def named(self, what: str, arguments: Mapping[str, Any]) -> str | None:
        """The program or project that is named; None where nothing names it.

        Args:
            what: program or project.
            arguments: Those of the command.
        """
        told = arguments.get(what)
        if told is None and self.settings.gen3 is not None:
            told = self.settings.gen3.program if what == "program" else self.settings.gen3.project
        return told or None

    def _named(self, what: str, arguments: Mapping[str, Any]) -> str:
        told = self.named(what, arguments)
        if told is None:
            raise UsageError(
                f"nothing says which {what} is meant", remedy=f"Give --{what}, or {what} in the settings of --config."
            )
        return told

    def dictionary(self, arguments: Mapping[str, Any]) -> Dictionary:
        """The dictionary that --schema-dir names, else that of the commons.

        Args:
            arguments: Those of the command.

        Raises:
            DictionaryError: It is none.
            UsageError: Nothing says which commons is meant.
            APIError: The commons doesn't give one.
        """
        named = arguments.get("schema_dir")
        if named is not None:
            return read_dictionary(named)
        try:
            commons = self.commons
        except UsageError as error:
            error.remedy = f"Give --schema-dir with its dictionary. Or else: {error.remedy}"
            raise
        return Dictionary.of(commons)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "commons" in vars(self):
            self.commons.close()
