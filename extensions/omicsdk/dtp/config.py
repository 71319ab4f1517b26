"""Settings of the workflow in files: JSON files with one store each, and INI files with a section for each."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from configparser import (
    ConfigParser,
    DuplicateOptionError,
    DuplicateSectionError,
    MissingSectionHeaderError,
    ParsingError,
)
from dataclasses import dataclass, field
from logging import getLogger
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

from omicsdk.core.credentials import is_confidential
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import within_home
from omicsdk.core.type_guards import is_object
from omicsdk.gen3.names import choice, nearest

Storage = Literal["pacs", "irods"]
"""Where a data set's files are."""
STORAGES: tuple[Storage, ...] = ("pacs", "irods")
Given = str | os.PathLike[str] | Mapping[str, Any]
"""A file's path, or what would stand in a JSON file."""

_log = getLogger("omicsdk.dtp")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Gen3Config:
    """A Gen3 commons, and the login to it.

    Attributes:
        endpoint: The commons' URL; None leaves it to the credentials.
        cred_file: A credentials file of the commons' profile page; None where the key is given.
        api_key: A key of the profile page; None where a file is given.
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


@dataclass(frozen=True, slots=True)
class IrodsConfig:
    """An iRODS zone, and the login to it.

    Attributes:
        host: The server.
        port: Its port.
        user: Who logs in.
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
    """A DICOM archive: by DICOM's own protocol, or by DICOMweb where `dicomweb` says so.

    Attributes:
        ip: The server; empty where only DICOMweb is used.
        port: Its DICOM port.
        aec: The archive's application entity title.
        aet: Our own one.
        method: How images are fetched: cget over the connection that asks, cmove over one that the archive makes to
            `move_port`, dicomweb over HTTP.
        move_port: The port at which the archive reaches us for cmove, which it has to know; 0 where there is none.
        listen_on: The address of this machine at which cmove's images are taken; empty for the one from which the archive is
            reached.
        dicomweb: The root of DICOMweb, such as http://localhost:8042/dicom-web; empty where there is none.
        wado_uri: The URL of WADO-URI, such as http://localhost:8042/wado, at which DICOMweb's images are fetched; empty for
            WADO-RS below `dicomweb`.
        user: Who logs in to DICOMweb; empty where nobody does.
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
    """What a file says; None is what it doesn't speak of.

    Attributes:
        gen3: The commons.
        irods: The iRODS zone.
        pacs: The DICOM archive.
        storage: Which of both has the files.
    """

    gen3: Gen3Config | None = None
    irods: IrodsConfig | None = None
    pacs: PacsConfig | None = None
    storage: Storage | None = None


_GEN3 = ("endpoint", "cred_file", "api_key", "api_key_id", "program", "project")
_IRODS = ("host", "port", "user", "password", "zone", "project_root")
_PACS = (
    *("ip", "port", "aec", "aet", "method", "move_port", "listen_on"),
    *("dicomweb", "wado_uri", "user", "password", "token"),
)
_SECTIONS: Mapping[str, tuple[str, ...]] = {"gen3": _GEN3, "irods": _IRODS, "pacs": _PACS}
_NEEDED: Mapping[str, tuple[str, ...]] = {"gen3": (), "irods": tuple(k for k in _IRODS if k != "port"), "pacs": ()}
_METHODS = ("cget", "cmove", "dicomweb")


def read_config(given: Given) -> DtpConfig:
    """Reads settings.

    Args:
        given: The path of a JSON file (`gen3_endpoint`, `irods_host`, `pacs_ip` and so on, and `storage`) or of an INI file
            (sections `gen3`, `irods`, `pacs`; keys with the section's name before them or without), or what stands in such
            a JSON file. A relative path to a credentials file is one from where the program runs, or else from the
            settings' folder.

    Raises:
        ConfigError: There is no such file, it is neither JSON nor INI, or a setting is missing or wrong; file and line or
            setting are told.
    """
    if isinstance(given, Mapping):
        return _Reader("the settings", None).config(given)
    path = Path(given)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it isn't UTF-8"
        raise ConfigError(f"{path} can't be read: {why}", remedy="Give a JSON or INI file of settings.") from error
    values = _of_json(text, path) if text.lstrip().startswith("{") else _of_ini(text, path)
    found = _Reader(str(path), path.parent).config(values)
    if _has_secrets(found) and os.name != "nt" and path.stat().st_mode & 0o077:
        _log.warning("%s holds a password or a key, and others can read it; run: chmod 600 %s", path, path)
    return found


def _has_secrets(found: DtpConfig) -> bool:
    gen3, irods, pacs = found.gen3, found.irods, found.pacs
    return any((gen3 and gen3.api_key, irods and irods.password, pacs and (pacs.password or pacs.token)))


def _of_json(text: str, path: Path) -> Mapping[str, Any]:
    import json

    try:
        found: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"it isn't JSON: {error.msg}",
            remedy="Correct it there.",
            file=str(path),
            line=error.lineno,
            column=error.colno,
        ) from error
    except RecursionError as error:
        raise ConfigError("it isn't JSON that can be read", file=str(path)) from error
    assert is_object(found)  # the text begins with a brace
    return found


def _of_ini(text: str, path: Path) -> Mapping[str, Any]:
    parser = ConfigParser(interpolation=None)  # passwords have percent signs
    try:
        parser.read_string(text, source=str(path))
    except (MissingSectionHeaderError, DuplicateSectionError, DuplicateOptionError) as error:
        told = "a section is missing" if isinstance(error, MissingSectionHeaderError) else "it is there twice"
        remedy = "Write [gen3], [irods] or [pacs] above settings, each setting once; or give JSON."
        raise ConfigError(told, remedy=remedy, file=str(path), line=error.lineno) from error
    except ParsingError as error:
        line = error.errors[0][0] if error.errors else None
        raise ConfigError(
            "it is neither a section nor a setting", remedy="Write key = value.", file=str(path), line=line
        ) from None  # its text has the line, in which a password may be
    known = {*_SECTIONS, "storage"}
    values: dict[str, Any] = {}
    for section in parser.sections():
        name = section.strip().lower()
        if name not in _SECTIONS:
            meant = nearest(name, known)
            if meant not in (None, name):
                raise ConfigError(
                    f"{path} has no section [{meant}], but [{section}]", remedy=f"Did you mean [{meant}]?"
                )
            continue  # those of other programs, such as a portal's
        for key, value in parser.items(section):
            values[f"{name}_{key.removeprefix(f'{name}_')}"] = value
    storage = parser.get("storage", "type", fallback=None) or parser.defaults().get("storage")
    return values if storage is None else {**values, "storage": storage}


class _Reader:
    """Reads settings from one place.

    Args:
        where: The place, for errors.
        folder: Where credentials may be; None where there is no folder.
    """

    def __init__(self, where: str, folder: Path | None) -> None:
        self._where = where
        self._folder = folder

    def config(self, values: Mapping[str, Any]) -> DtpConfig:
        """Gives all of them."""
        storage = values.get("storage")
        if storage is not None and storage not in STORAGES:
            raise self._error(f"storage is {storage!r}", choice(str(storage), STORAGES))
        return DtpConfig(
            gen3=self._part("gen3", values, self._gen3),
            irods=self._part("irods", values, self._irods),
            pacs=self._part("pacs", values, self._pacs),
            storage=storage,
        )

    def _error(self, message: str, remedy: str) -> ConfigError:
        return ConfigError(f"{self._where}: {message}", remedy=remedy)

    def _part(self, name: str, values: Mapping[str, Any], made: Callable[[Mapping[str, Any]], T]) -> T | None:
        stated = {key.removeprefix(f"{name}_"): value for key, value in values.items() if key.startswith(f"{name}_")}
        stated = {key: value for key, value in stated.items() if value not in (None, "")}
        if not stated:
            return None
        unknown = [key for key in stated if key not in _SECTIONS[name]]
        missing = [key for key in _NEEDED[name] if key not in stated]
        for key in unknown:
            meant = nearest(key, [each for each in _SECTIONS[name] if each not in stated])
            if meant is not None:
                raise self._error(f"{name}_{key} is no setting", f"Did you mean {name}_{meant}?")
            _log.warning("%s: the setting %s_%s isn't known and is passed over", self._where, name, key)
        if missing:
            raise self._error(
                f"{name}_{missing[0]} is missing", f"Add {', '.join(f'{name}_{key}' for key in missing)}."
            )
        return made(stated)

    def _gen3(self, stated: Mapping[str, Any]) -> Gen3Config:
        file = self._text("gen3_cred_file", stated.get("cred_file"))
        texts = {key: self._text(f"gen3_{key}", stated.get(key)) for key in _GEN3 if key != "cred_file"}
        return Gen3Config(cred_file=None if file is None else self._credentials(file), **texts)

    def _irods(self, stated: Mapping[str, Any]) -> IrodsConfig:
        texts = {key: cast("str", self._text(f"irods_{key}", stated[key])) for key in _NEEDED["irods"]}
        port = self._port("irods_port", stated.get("port", 1247))
        return IrodsConfig(**texts, port=port)

    def _pacs(self, stated: Mapping[str, Any]) -> PacsConfig:
        if not {"ip", "dicomweb"} & set(stated):
            raise self._error("pacs_ip is missing", "Add pacs_ip, or pacs_dicomweb with the URL of DICOMweb.")
        texts = {key: self._text(f"pacs_{key}", value) for key, value in stated.items() if key in _PACS}
        method = texts.pop("method", None) or ("cget" if "ip" in stated else "dicomweb")
        if method not in _METHODS:
            raise self._error(f"pacs_method is {method!r}", choice(method, _METHODS))
        lacks = "dicomweb" if method == "dicomweb" else "ip"
        if lacks not in stated:
            raise self._error(f"pacs_{lacks} is missing, which {method} needs", "Add it.")
        if method == "cmove" and (texts.get("move_port") or "0").strip() == "0":
            raise self._error(
                "pacs_move_port is 0 or missing, and with cmove the archive sends images to a port that it knows beforehand",
                "Give the port that is registered there for pacs_aet; cget and dicomweb need none.",
            )
        if "token" in stated and {"user", "password"} & set(stated):
            raise self._error("pacs_token is one login, pacs_user and pacs_password are another", "Give one of them.")
        for key in ("dicomweb", "wado_uri"):
            if not _is_url(texts.get(key) or "http://-"):
                raise self._error(f"pacs_{key} is {texts[key]!r}", "Give a URL that begins with http:// or https://.")
            if {"token", "user"} & set(stated) and not is_confidential(texts.get(key) or "https://-"):
                raise self._error(
                    f"pacs_{key} isn't encrypted, so that no login goes there", "Use its https:// address."
                )
        ports: dict[str, Any] = {
            key: self._port(f"pacs_{key}", texts.pop(key), least)
            for key, least in (("port", 1), ("move_port", 0))
            if key in texts
        }
        for key in ("aec", "aet"):
            if len(texts.get(key) or "") > 16:
                raise self._error(f"pacs_{key} is longer than 16 characters", "Give the application entity's title.")
        return PacsConfig(method=method, **cast("dict[str, Any]", texts), **ports)

    def _text(self, key: str, value: object) -> str | None:
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | os.PathLike):
            raise self._error(f"{key} is no text", "Write it in quotes.")
        return str(cast("object", value))

    def _port(self, key: str, value: object, least: int = 1) -> int:
        text = str(value).strip()
        if not (text.isascii() and text.isdigit() and least <= int(text) <= 65535):
            raise self._error(f"{key} is {value!r}", f"Give a port from {least} to 65535.")
        return int(text)

    def _credentials(self, file: str) -> Path:
        path = within_home(Path(file).expanduser)
        beside = self._folder / path if self._folder is not None else path
        return path if path.exists() or not beside.exists() else beside


def _is_url(text: str) -> bool:
    scheme, mark, rest = text.partition("://")
    return bool(mark) and scheme.lower() in ("http", "https") and rest.strip("/") != ""


def storage_of(config: DtpConfig, stated: str | None, known: Collection[str] = STORAGES) -> Storage:
    """Tells where a data set's files are.

    Args:
        config: The settings.
        stated: What the caller says; None leaves it to the settings: what they say, or the one store that they have.
        known: What there is to choose from.

    Raises:
        ConfigError: It is none of them, the settings have no such store, or they don't say which of two is meant.
    """
    if stated is None:
        there = [name for name in STORAGES if getattr(config, name) is not None]
        stated = config.storage or (there[0] if len(there) == 1 else None)
    if stated is None:
        raise ConfigError("The settings don't say where the files are", remedy='Add "storage": "pacs" or "irods".')
    if stated not in known:
        raise ConfigError(f"{stated!r} is no store of data sets", remedy=choice(stated, known))
    if getattr(config, stated) is None:
        raise ConfigError(f"The settings have nothing of {stated}", remedy=f"Add {stated}'s settings.")
    return cast("Storage", stated)
