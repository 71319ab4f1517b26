"""Settings of the workflow in files: JSON files with one store each, and INI files with a section for each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from configparser import (
    ConfigParser,
    DuplicateOptionError,
    DuplicateSectionError,
    MissingSectionHeaderError,
    ParsingError,
)
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from omicsdk.core.credentials import is_confidential
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import expanded, settings_text
from omicsdk.core.likeness import nearest
from omicsdk.core.logs import logger
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import fault_of
from omicsdk.core.settings.config import parsed
from omicsdk.gen3.errors import choice

#: The store of a data set's files.
Storage = Literal["pacs", "irods"]
STORAGES: tuple[Storage, ...] = ("pacs", "irods")
#: A file's path, or the content of a JSON file.
PathOrMapping = str | os.PathLike[str] | Mapping[str, Any]

_log = logger("omicsdk.dtp")
C = TypeVar("C", "Gen3Config", "IrodsConfig", "PacsConfig")


@dataclass(frozen=True, slots=True)
class Gen3Config:
    """A Gen3 commons, and the login to it.

    Attributes:
        endpoint: The commons' URL; None leaves it to the credentials.
        cred_file: A credentials file of the commons' profile page; None if the key is given.
        api_key: A key of the profile page; None if a file is given.
        api_key_id: The key's id.
        program: The program's name.
        project: The project's code.
    """

    endpoint: str | None = None
    cred_file: Path | None = None
    api_key: str | None = field(default=None, repr=False)
    api_key_id: str | None = None
    program: str | None = None
    project: str | None = None

    @property
    def credentials(self) -> Path | dict[str, str] | None:
        """The credentials file, or its content; None for those of the environment."""
        if self.cred_file is not None or self.api_key is None:
            return self.cred_file
        return {"api_key": self.api_key} | ({"key_id": self.api_key_id} if self.api_key_id else {})


@dataclass(frozen=True, slots=True)
class IrodsConfig:
    """An iRODS zone, and the login to it.

    Attributes:
        host: The server.
        port: Its port.
        user: The user.
        password: The password.
        zone: The zone.
        project_root: The collection that has a collection for each data set.
    """

    host: str
    user: str
    password: str = field(repr=False)
    zone: str
    project_root: str
    port: int = 1247


@dataclass(frozen=True, slots=True)
class PacsConfig:
    """A DICOM archive, by DICOM's own protocol or by DICOMweb.

    Attributes:
        ip: The server; empty if only DICOMweb is used.
        port: Its DICOM port.
        aec: The archive's application entity title.
        aet: Ours.
        method: How images are fetched: cget over the connection of the request, cmove over one that the archive makes
            to `move_port`, dicomweb over HTTP.
        move_port: The port to which the archive connects for cmove, and which is registered there; 0 if there is none.
        listen_on: The address of this machine at which cmove's images are received; empty for the one from which the
            archive is reached.
        dicomweb: The root of DICOMweb, such as http://localhost:8042/dicom-web; empty if there is none.
        wado_uri: The URL of WADO-URI, such as http://localhost:8042/wado, at which DICOMweb's images are fetched; empty
            for WADO-RS below `dicomweb`.
        user: The user of DICOMweb; empty if none is needed.
        password: The password.
        token: A bearer token for DICOMweb, in place of user and password.
    """

    ip: str = ""
    port: int = 4242
    aec: str = "ANY-SCP"
    aet: str = "OMICSDK"
    method: Literal["cget", "cmove", "dicomweb"] = "cget"
    move_port: int = 0
    listen_on: str = ""
    dicomweb: str = ""
    wado_uri: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DtpConfig:
    """The settings of a file; None if it has none.

    Attributes:
        gen3: The commons.
        irods: The iRODS zone.
        pacs: The DICOM archive.
        storage: The store of the files.
    """

    gen3: Gen3Config | None = None
    irods: IrodsConfig | None = None
    pacs: PacsConfig | None = None
    storage: Storage | None = None


_SECTIONS = ("gen3", "irods", "pacs")
_METHODS = ("cget", "cmove", "dicomweb")
#: Characters of an application entity title (PS3.5, 6.2).
_LONGEST_TITLE = 16


def read_config(source: PathOrMapping) -> DtpConfig:
    """Read settings.

    Args:
        source: The path of a JSON file (`gen3_endpoint`, `irods_host`, `pacs_ip` and so on, and `storage`) or of an INI file
            (sections `gen3`, `irods`, `pacs`; keys with the section's name before them or without), or the content of such
            a JSON file. A relative path to a credentials file is relative to the working directory, or else to the settings'
            folder.

    Raises:
        ConfigError: The file does not exist, is neither JSON nor INI, or a setting is missing or invalid; the message names
            file and line, or the setting.
    """
    if isinstance(source, Mapping):
        return _Reader("the settings", None).config(source)
    path = Path(source)
    text = settings_text(path)
    if text is None:
        raise ConfigError(f"{path} cannot be read: No such file or directory", remedy="Use a JSON or INI file.")
    text = text.removeprefix("\ufeff")
    values = parsed(text, path).values if text.lstrip().startswith("{") else _of_ini(text, path)
    config = _Reader(str(path), path.parent).config(values)
    if _has_secrets(config) and os.name != "nt" and path.stat().st_mode & 0o077:
        _log.warning("%s contains a password or a key, and other users can read it; run: chmod 600 %s", path, path)
    return config


def _has_secrets(config: DtpConfig) -> bool:
    parts = [part for part in (config.gen3, config.irods, config.pacs) if part is not None]
    # Secrets are the fields that no repr shows.
    return any(not field.repr and getattr(part, field.name) for part in parts for field in fields(part))


def _of_ini(text: str, path: Path) -> Mapping[str, Any]:
    parser = ConfigParser(interpolation=None)  # passwords may have percent signs
    try:
        parser.read_string(text, source=str(path))
    except (MissingSectionHeaderError, DuplicateSectionError, DuplicateOptionError) as error:
        what = "a section is missing" if isinstance(error, MissingSectionHeaderError) else "it is given twice"
        remedy = "Write [gen3], [irods] or [pacs] above settings, each setting once; or give JSON."
        raise ConfigError(what, remedy=remedy, file=str(path), line=error.lineno) from error
    except ParsingError as error:
        line = error.errors[0][0] if error.errors else None
        raise ConfigError(
            "it is neither a section nor a setting", remedy="Write key = value.", file=str(path), line=line
        ) from None  # its text has the line, in which a password may be
    storage = parser.defaults().get("storage")
    parser.remove_option("DEFAULT", "storage")  # otherwise each section has it
    values: dict[str, Any] = {}
    for section in parser.sections():
        name = section.strip().lower()
        if name in _SECTIONS:
            for key, value in parser.items(section):
                values[f"{name}_{key.removeprefix(f'{name}_')}"] = value
            continue
        meant = nearest(name, (*_SECTIONS, "storage"))
        if meant and meant[0] != name:  # other sections are those of other programs, such as a portal's
            raise ConfigError(
                f"{path} has no section [{meant[0]}], but [{section}]", remedy=f"Did you mean [{meant[0]}]?"
            )
    storage = parser.get("storage", "type", fallback=None) or storage
    return values if storage is None else {**values, "storage": storage}


class _Reader:
    """Reads settings of one file or mapping.

    Args:
        where: Its name in errors.
        folder: The folder that may contain credentials files; None if there is none.
    """

    def __init__(self, where: str, folder: Path | None) -> None:
        self._where = where
        self._folder = folder

    def config(self, values: Mapping[str, Any]) -> DtpConfig:
        """Return all settings."""
        storage = values.get("storage")
        if storage is not None and storage not in STORAGES:
            raise self._error(f"storage is {storage!r}", choice(str(storage), STORAGES))
        for name in _SECTIONS:
            if isinstance(values.get(name), Mapping):  # or all of its settings would be ignored
                raise self._error(f"{name} is an object", f"Write {name}_ before each of its settings, outside of it.")
        gen3 = self._section("gen3", Gen3Config, values)
        irods = self._section("irods", IrodsConfig, values)
        # An archive whose only address is that of DICOMweb can be read in no other way.
        if values.get("pacs_dicomweb") and not (values.get("pacs_ip") or values.get("pacs_method")):
            values = {**values, "pacs_method": "dicomweb"}
        pacs = self._section("pacs", PacsConfig, values)
        if pacs is not None:
            self._check_pacs(pacs)
        return DtpConfig(gen3, irods, pacs, storage)

    def _error(self, message: str, remedy: str) -> ConfigError:
        return ConfigError(f"{self._where}: {message}", remedy=remedy)

    def _section(self, name: str, kind: type[C], values: Mapping[str, Any]) -> C | None:
        section_values = {
            key.removeprefix(f"{name}_"): value for key, value in values.items() if key.startswith(f"{name}_")
        }
        section_values = {key: value for key, value in section_values.items() if value not in (None, "")}
        if not section_values:
            return None
        has_default = {field.name: field.default is MISSING for field in fields(kind)}
        for key in [key for key in section_values if key not in has_default]:
            meant = nearest(key, [key_name for key_name in has_default if key_name not in section_values])
            if meant:
                raise self._error(f"Unknown setting {name}_{key}", f"Did you mean {name}_{meant[0]}?")
            _log.warning("%s: the unknown setting %s_%s is ignored", self._where, name, key)
            del section_values[key]
        missing = [f"{name}_{key}" for key, needed in has_default.items() if needed and key not in section_values]
        if missing:
            raise self._error(f"{missing[0]} is missing", f"Add {', '.join(missing)}.")
        return kind(**{key: self._value(name, key, value) for key, value in section_values.items()})

    def _value(self, section: str, key: str, value: object) -> Any:
        name = f"{section}_{key}"
        if isinstance(value, bool) or not isinstance(value, str | int | float | os.PathLike):
            raise self._error(f"{name} is not text", "Write it in quotes.")
        text = str(cast("object", value))
        if key == "cred_file":
            return self._credentials(text)
        if not key.endswith("port"):
            return text
        least, text = 0 if key == "move_port" else 1, text.strip()
        if not (text.isascii() and text.isdigit() and least <= int(text) <= 65535):
            raise self._error(f"{name} is {text!r}", f"Use a port from {least} to 65535.")
        return int(text)

    def _credentials(self, file: str) -> Path:
        path = expanded(file)
        beside = self._folder / path if self._folder is not None else path
        return path if path.exists() or not beside.exists() else beside

    def _check_pacs(self, pacs: PacsConfig) -> None:
        if not (pacs.ip or pacs.dicomweb):
            raise self._error("pacs_ip is missing", "Add pacs_ip, or pacs_dicomweb with the URL of DICOMweb.")
        if pacs.method not in _METHODS:
            raise self._error(f"pacs_method is {pacs.method!r}", choice(pacs.method, _METHODS))
        needed = "dicomweb" if pacs.method == "dicomweb" else "ip"
        if not getattr(pacs, needed):
            raise self._error(f"pacs_{needed} is missing, which {pacs.method} needs", "Add it.")
        if pacs.method == "cmove" and not pacs.move_port:
            raise self._error(
                "pacs_move_port is 0 or missing, and with cmove the archive sends images to a port that it knows beforehand",
                "Use the port that is registered there for pacs_aet; cget and dicomweb need none.",
            )
        if pacs.token and (pacs.user or pacs.password):
            raise self._error("pacs_token excludes pacs_user and pacs_password", "Use one of them.")
        for key, url in (("dicomweb", pacs.dicomweb), ("wado_uri", pacs.wado_uri)):
            if url and fault_of(url):
                raise self._error(f"pacs_{key} is {mask_url(url)!r}", "Use a URL that begins with http:// or https://.")
            if url and (pacs.token or pacs.user) and not is_confidential(url):
                raise self._error(f"pacs_{key} is not encrypted, so no login is sent there", "Use its https URL.")
        for key, title in (("aec", pacs.aec), ("aet", pacs.aet)):
            if len(title) > _LONGEST_TITLE:
                message = f"pacs_{key} is longer than {_LONGEST_TITLE} characters"
                raise self._error(message, "Use the application entity's title.")


def storage_of(config: DtpConfig, chosen: str | None) -> Storage:
    """Return the store of a data set's files.

    Args:
        config: The settings.
        chosen: The store that the caller states; None for the one of the settings: their `storage`, or their only store.

    Raises:
        ConfigError: It is unknown, the settings have no such store, or they have two and state none.
    """
    if chosen is None:
        stores = [name for name in STORAGES if getattr(config, name) is not None]
        chosen = config.storage or (stores[0] if len(stores) == 1 else None)
    if chosen is None:
        raise ConfigError(
            "The settings do not state the store of the files", remedy='Add "storage": "pacs" or "irods".'
        )
    if chosen not in STORAGES:
        raise ConfigError(f"Unknown store {chosen!r}", remedy=choice(chosen, STORAGES))
    if getattr(config, chosen) is None:
        raise ConfigError(f"The settings of {chosen} are missing", remedy=f"Add {chosen}'s settings.")
    return chosen
