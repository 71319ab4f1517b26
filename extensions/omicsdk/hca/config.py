"""The HCA configuration, read as the published clients read it.

Sources, from the weakest to the strongest: built in, /etc/hca/config.json, the user's config.json, each file of
HCA_CONFIG_FILE (separated by colons, on Windows by semicolons). Nothing is written unless `save` is called.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, MutableMapping

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import home_folder
from omicsdk.core.settings.config import Keys, Layer, Settings, copied, merge, merged, name_of, read_layers
from omicsdk.core.type_guards import is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

# Every setting that has a meaning, and what it is; the defaults of commands are beside them.
SETTINGS: dict[str, str] = {
    "log_level": "the level of messages on stderr: DEBUG, INFO, WARNING, ERROR or CRITICAL; the default of --log-level",
    "creator_uid": "creator_uid of new files, bundles and collections",
    "DSSClient.swagger_url": "the Data Store's document; the service is at that URL less its last segment",
    "AuthClient.swagger_url": "the document of the authorisation service",
    "application_secrets": "the OAuth 2.0 client that `login` uses; by default the one that the service states",
    "audience": "the audience of the tokens of logins",
    "DSSClient.audience": "the same, for the Data Store only",
    "AuthClient.audience": "the same, for the authorisation service only",
    "oauth2_token": "what the published client stored when it logged in",
    "upload.current_area": "UUID of the selected upload area",
    "upload.areas": "known upload areas: {UUID: {uri: URI}}",
    "upload.bucket_name_template": "name of the buckets of upload areas, with {deployment_stage}",
    "upload.production_api_url": "the upload service of the stage prod",
    "upload.preprod_api_url_template": "the upload service of other stages, with {deployment_stage}",
    "client_id": "nothing; the published client's own settings have it, and it reads it nowhere",
    "swagger_filename": "nothing; no document of a service is read when a program runs",
}

# What a setting must be where it is there. What `upload` holds is looked at by omicsdk.hca.upload.
KINDS: Mapping[str, str] = {
    "log_level": "text",
    "creator_uid": "a whole number",
    "DSSClient": "an object",
    "DSSClient.swagger_url": "text",
    "AuthClient": "an object",
    "AuthClient.swagger_url": "text",
    "application_secrets": "an object",
    "oauth2_token": "an object",
    "oauth2_token.access_token": "text",
}


# What holds when no file says otherwise.
DEFAULTS: dict[str, Any] = {
    "log_level": "INFO",
    "creator_uid": 0,
    "DSSClient": {"swagger_url": "https://dss.data.humancellatlas.org/v1/swagger.json"},
    "AuthClient": {"swagger_url": "https://auth.data.humancellatlas.org/swagger.json"},
}

SITE_FILE = "/etc/hca/config.json"
FILE = "config.json"
# Origin of the settings that no file states.
BUILT_IN = "built in"


class Section(MutableMapping[str, "Any"]):
    """An object of the configuration: its members are items and attributes alike."""

    _values: dict[str, Any]

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __getitem__(self, key: str) -> Any:
        value = self._values[key]
        return Section(value) if is_object(value) else value

    def __setitem__(self, key: str, value: Any) -> None:
        self._values[key] = _plain(value)

    def __delitem__(self, key: str) -> None:
        del self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def update(self, *others: Any, **further: Any) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Merge settings into these as a further file would be: objects member by member, array operators are obeyed.

        Args:
            others: At most one mapping, or pairs.
            further: Settings by name; they win.

        Raises:
            ConfigError: An operator has no array to work on.
        """
        merge(self._values, Layer("update", _plain(dict(*others, **further))))

    def __getattr__(self, name: str) -> Any:
        # A name with a leading underscore is the object's own; copying and pickling request it before the object is initialised.
        if not name.startswith("_") and name in self._values:
            return self[name]
        names = "" if name.startswith("_") else f" there; it has {', '.join(self)}"
        raise AttributeError(f"the HCA configuration has no {name!r}{names}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            object.__setattr__(self, name, value)
        else:
            self[name] = value

    def __delattr__(self, name: str) -> None:
        if name not in self._values:
            raise AttributeError(f"the HCA configuration has no {name!r}")
        del self[name]

    def __repr__(self) -> str:
        # Values may be tokens.
        return f"<{type(self).__name__} with {', '.join(self) or 'nothing'}>"


class HCAConfig(Section):
    """The merged configuration; a mapping whose sections are attributes too.

    `config["DSSClient"].swagger_url = url` changes the host for this object without touching a file.

    Args:
        environ: The environment's variables; by default the process's own.
        site_file: The file of the whole machine.
        save_on_exit: Call `save` when the interpreter ends. The published class does so by default.

    Raises:
        ConfigError: A file is malformed, or a setting is of another kind than it must be; names file and line.
    """

    _layers: list[Layer]
    _settings: Settings
    _saved: dict[str, Any]

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        site_file: str | os.PathLike[str] = SITE_FILE,
        save_on_exit: bool = False,
    ) -> None:
        variables = os.environ if environ is None else environ
        self._files = files_of(variables, os.fspath(site_file))
        self._named = named_files(variables)
        self._environ = dict(variables)  # os.environ itself cannot be pickled
        layers, settings = read_layers(Layer(BUILT_IN, DEFAULTS), self._files, KINDS)
        saved = copied(settings.values)
        super().__init__(copied(saved))
        self._layers, self._settings, self._saved = layers, settings, saved
        if save_on_exit:
            import atexit

            atexit.register(self.save)

    @property
    def settings(self) -> Settings:
        """The values as they were read, each with its origin; what holds now, edits in memory included, is `value_of`."""
        return self._settings

    def value_of(self, *keys: str) -> Any:
        """Return the current value of a setting, including edits in memory.

        Args:
            keys: The path of names to it.

        Returns:
            A copy of the value; None if there is no such setting.
        """
        value = _value_at(self._values, keys, None)
        return value if isinstance(value, str) else copied(value)

    def place_of(self, *keys: str) -> str:
        """Return the origin of a setting's current value, for messages.

        Args:
            keys: The path of names to it.

        Returns:
            The file with its line, "built in", or "set in the program" for an edit in memory; empty if there is no
            value.
        """
        if _value_at(self._values, keys, _REMOVED) != _value_at(self._settings.values, keys, _REMOVED):
            return "set in the program"
        return self._settings.place_of(keys) or ""

    def is_stored(self, keys: Keys, value: Any) -> bool:
        """Return whether the files state a value for a setting, regardless of memory.

        Args:
            keys: The path of names to it.
            value: The value.
        """
        return _value_at(self._saved, keys, _REMOVED) == value

    @property
    def is_edited(self) -> bool:
        """Whether this object has changes that no file states."""
        return self._values != self._saved

    def take_over(self, keys: Keys, value: Any) -> None:
        """Adopt a value that was written to a file: it is not a change to `save`.

        Args:
            keys: The path of names to the setting.
            value: Its value; None removes it.
        """
        for values in (self._saved, self._values):
            within: Any = values
            for key in keys[:-1]:
                if not is_object(within.get(key)):
                    within[key] = {}
                within = within[key]
            if value is None:
                within.pop(keys[-1], None)
            else:
                within[keys[-1]] = copied(value)

    @property
    def config_files(self) -> list[str]:
        """The files that are searched, from the weakest to the strongest."""
        return list(self._files)

    @property
    def named_files(self) -> list[Path]:
        """Those of them that HCA_CONFIG_FILE names."""
        from pathlib import Path

        return [Path(file) for file in self._named]

    @property
    def user_config_dir(self) -> str:
        """The folder of the user's configuration.

        Raises:
            ConfigError: The user has no home.
        """
        return user_folder(self._environ)

    def save(self, mode: int = 0o600) -> None:
        """Write the changes of this object to the file of highest precedence; the rest of the file is kept.

        Settings of other files are not copied into it, and nothing is written when nothing was changed.

        Args:
            mode: Permissions of the file; others than its owner are never let in.

        Raises:
            ConfigError: The file is malformed or cannot be written, or a setting was deleted that a weaker file states;
                or no file is named, and the user has no home.
        """
        from pathlib import Path

        from omicsdk.core.settings.config import Values, change, remove_in, set_in

        changes = list(_changes(self._saved, self._values, ()))
        if not changes:
            return
        path = Path(self._named[-1] if self._named else user_file(self._environ))
        below = merged(layer for layer in self._layers if layer.origin != str(path))
        for keys, value in changes:
            if value is _REMOVED and (source := below.place_of(keys)) is not None:
                raise ConfigError(
                    f"{path} cannot reset {name_of(keys)}, which is set in {source}",
                    remedy="Delete it there, or set another value.",
                )

        def edit(values: Values) -> None:
            for keys, value in changes:
                if value is _REMOVED:
                    remove_in(values, keys)
                else:
                    set_in(values, path, keys, value)

        change(path, edit)
        path.chmod(mode & 0o700)
        self._saved = copied(self._values)

    def forget(self, name: str) -> list[str]:
        """Remove a setting from every file that states it, and from this object.

        Args:
            name: Its name, at the top.

        Returns:
            The files that were changed.

        Raises:
            ConfigError: A file cannot be changed; all others were.
        """
        from pathlib import Path

        from omicsdk.core.settings.config import unset

        changed: list[str] = []
        failure: ConfigError | None = None
        for path in self._files:
            try:
                if unset(Path(path), [name], shared=path == SITE_FILE):
                    changed.append(path)
            except ConfigError as error:
                failure = error
        self._layers = [
            layer._replace(values={key: value for key, value in layer.values.items() if key != name})
            for layer in self._layers
        ]
        self._settings = merged(self._layers)
        for values in (self._saved, self._values):
            values.pop(name, None)
        if failure is not None:
            raise failure
        return changed


def files_of(environ: Mapping[str, str], site_file: str = SITE_FILE) -> list[str]:
    """The files of the configuration, there or not, from the weakest to the strongest; a user without a home has none.

    Args:
        environ: The environment's variables.
        site_file: The file of the whole machine.
    """
    own_files = [user_file(environ)] if has_user_folder(environ) else []
    return [site_file, *own_files, *named_files(environ)]


def named_files(environ: Mapping[str, str]) -> list[str]:
    """The files that HCA_CONFIG_FILE names."""
    names = filter(None, environ.get("HCA_CONFIG_FILE", "").split(os.pathsep))
    return [os.path.expanduser(name) for name in names]  # noqa: PTH111 - pathlib takes 2 ms to import


def user_file(environ: Mapping[str, str]) -> str:
    """The user's own file.

    Raises:
        ConfigError: The user has no home.
    """
    return f"{user_folder(environ)}{os.sep}{FILE}"


def user_folder(environ: Mapping[str, str]) -> str:
    """The folder of the user's configuration: `hca` below XDG_CONFIG_HOME, by default below ~/.config.

    Raises:
        ConfigError: The user has no home.
    """
    folder = environ.get("XDG_CONFIG_HOME") or f"{environ.get('HOME') or home_folder()}{os.sep}.config"
    return f"{folder}{os.sep}hca"


def has_user_folder(environ: Mapping[str, str]) -> bool:
    """Whether there is such a folder to look into: a container's user may have no home, and only reads then."""
    try:
        user_folder(environ)
    except ConfigError:
        return False
    return True


def read_settings() -> Settings:
    """The merged configuration of the process's files, each value with its place.

    Raises:
        ConfigError: A file is malformed.
    """
    return read_layers(Layer(BUILT_IN, DEFAULTS), files_of(os.environ), KINDS)[1]


_REMOVED: Any = object()


def _value_at(values: Mapping[str, Any], keys: Iterable[str], default: Any) -> Any:
    value: Any = values
    try:
        for key in keys:
            value = value[key]
    except (KeyError, TypeError):  # nothing there, or no object on the way
        return default
    return value


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], at: Keys) -> Iterator[tuple[Keys, Any]]:
    """Return the changes: places and new values, `_REMOVED` for removed ones."""
    for key in dict.fromkeys([*before, *after]):
        keys, old, new = (*at, key), before.get(key, _REMOVED), after.get(key, _REMOVED)
        if is_object(old) and is_object(new):
            yield from _changes(old, new, keys)
        elif new is _REMOVED or old is _REMOVED or json.dumps(old) != json.dumps(new):
            yield keys, new


def _plain(value: Any) -> Any:
    """A copy of a value without sections in it."""
    if isinstance(value, Section):
        return copied(value._values)  # pyright: ignore[reportPrivateUsage] - of the same class
    if is_object(value):
        return {key: _plain(member) for key, member in value.items()}
    return value
