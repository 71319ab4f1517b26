"""The HCA configuration: the files and variables of the published clients, read as they read them.

Sources, from the weakest to the strongest: built in, /etc/hca/config.json, the user's config.json, each file of
HCA_CONFIG_FILE (separated by colons, on Windows by semicolons). Nothing is written unless `save` is called.
"""

import os
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from omicsdk.core.config import Layer, Settings, merged, read_layer, save
from omicsdk.core.narrowing import is_object

DEFAULTS: dict[str, Any] = {
    "log_level": "INFO",
    "creator_uid": 0,
    "DSSClient": {"swagger_url": "https://dss.data.humancellatlas.org/v1/swagger.json"},
    "AuthClient": {"swagger_url": "https://auth.data.humancellatlas.org/swagger.json"},
}
"""What holds when no file says otherwise."""

SITE_FILE = Path("/etc/hca/config.json")


class Section(MutableMapping[str, Any]):
    """An object of the configuration: its members are items and attributes alike."""

    def __init__(self, values: dict[str, Any]) -> None:
        object.__setattr__(self, "_values", values)

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return Section(value) if is_object(value) else value

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = dict(value) if isinstance(value, Section) else value

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"the HCA configuration has no {name!r} there; it has {', '.join(self)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __repr__(self) -> str:
        # Values may be tokens.
        return f"<{type(self).__name__} with {', '.join(self) or 'nothing'}>"


class HCAConfig(Section):
    """The merged configuration; a mapping whose sections are attributes too.

    `config["DSSClient"].swagger_url = url` changes the host for this object without touching a file.

    Args:
        environ: The environment's variables; by default the process's own.
        site_file: The file of the whole machine.

    Raises:
        ConfigError: A file is malformed; names it with line and column.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, *, site_file: Path = SITE_FILE) -> None:
        variables = os.environ if environ is None else environ
        files = [site_file, user_folder(variables) / "config.json"]
        files += [Path(name) for name in variables.get("HCA_CONFIG_FILE", "").split(os.pathsep) if name]
        layers = [Layer("built in", DEFAULTS), *(layer for file in files if (layer := read_layer(file)) is not None)]
        settings = merged(layers)
        super().__init__(settings.values)
        object.__setattr__(self, "_settings", settings)
        object.__setattr__(self, "_files", files)
        object.__setattr__(self, "_user_folder", str(user_folder(variables)))

    @property
    def settings(self) -> Settings:
        """The values as they were read, each with its origin."""
        return object.__getattribute__(self, "_settings")

    @property
    def config_files(self) -> list[str]:
        """The files that are looked for, from the weakest to the strongest."""
        return [str(file) for file in object.__getattribute__(self, "_files")]

    @property
    def user_config_dir(self) -> str:
        """The folder of the user's configuration."""
        return object.__getattribute__(self, "_user_folder")

    def save(self, mode: int = 0o600) -> None:
        """Write the merged configuration to the strongest file.

        Args:
            mode: Permissions of the file; others than its owner are never let in.

        Raises:
            ConfigError: It can't be written.
        """
        path = Path(self.config_files[-1])
        save(path, object.__getattribute__(self, "_values"))
        path.chmod(mode & 0o700)


def user_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the user's configuration: `hca` below XDG_CONFIG_HOME, by default below ~/.config."""
    home = environ.get("XDG_CONFIG_HOME")
    return (Path(home) if home else Path(environ.get("HOME") or Path.home()) / ".config") / "hca"
