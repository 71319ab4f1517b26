"""Upload areas as a user knows them: their URIs, and the section `upload` of the HCA configuration.

    {"upload": {"current_area": UUID, "areas": {UUID: {"uri": URI}}}}

The configuration is that of all of its files, merged, with what the program changed in it in memory. Only `add_area`,
`select_area` and `forget_area` write, and only this section of one file: the user's own, which is the last of
HCA_CONFIG_FILE where that is set, as with the published client. The merged configuration, which may hold tokens of other
files, is never written.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from omicsdk.core.errors import ConfigError, OmicsError, UsageError
from omicsdk.core.settings.config import Keys, name_of, read_layer, set_value, unset
from omicsdk.core.type_guards import is_object
from omicsdk.hca.config import SITE_FILE, HCAConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

# Problems that one message names; the rest is counted.
PROBLEMS_NAMED = 100


class UploadException(OmicsError):
    """The base of the errors of upload areas."""


class NoAreaSelected(UploadException, UsageError):
    """A command works on the selected area, and none is selected."""

    default_remedy = "Select one with: omics upload select <uri_or_alias>."


class UnknownArea(UploadException, UsageError):
    """No known area has this name, or several do."""


class NotAnAreaURI(UploadException, UsageError):
    """A text is not the URI of an upload area."""

    default_remedy = "Write it as s3://<bucket>-<stage>/<uuid>/, as you received it with the area."


class CannotUpload(UploadException, UsageError):
    """The files cannot be uploaded as they are; nothing was sent.

    Args:
        problems: What is wrong, one text each.
        remedy: What to do.
    """

    default_remedy = "Correct that, then run it again."

    def __init__(self, problems: Sequence[str], *, remedy: str | None = None) -> None:
        self.problems = tuple(problems)
        first_problems = list(self.problems[:PROBLEMS_NAMED])
        if len(self.problems) > PROBLEMS_NAMED:
            first_problems.append(f"and {len(self.problems) - PROBLEMS_NAMED} more")
        super().__init__(f"nothing was uploaded: {'; '.join(first_problems)}", remedy=remedy)


# -- the URI of an area

# The bucket, whose stage becomes part of a host's name, and the UUID.
_URI = re.compile(r"s3://([a-z0-9._-]+-[a-z0-9]+)/([A-Za-z0-9_-]+)/?")


class UploadAreaURI:
    """`s3://<bucket prefix>-<deployment stage>/<area uuid>/`, such as
    `s3://org-humancellatlas-upload-prod/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/`.

    Args:
        uri: The URI; the last slash may be missing.

    Raises:
        NotAnAreaURI: It is something else. The stage becomes part of a host's name, so only letters and
            digits are taken.

    Attributes:
        uri: The URI, with a slash at its end.
    """

    # No dataclass: commands that read the settings only load this, and those cost 8 ms to import.
    __slots__ = ("uri",)

    def __init__(self, uri: str) -> None:
        match = _URI.fullmatch(uri)
        if match is None:
            raise NotAnAreaURI(f"{uri!r} is not the URI of an upload area")
        self.uri = f"s3://{match[1]}/{match[2]}/"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, UploadAreaURI) and other.uri == self.uri

    def __hash__(self) -> int:
        return hash(self.uri)

    @property
    def bucket_name(self) -> str:
        """The bucket that the area is in."""
        return self.uri.split("/")[2]

    @property
    def deployment_stage(self) -> str:
        """The deployment that the bucket belongs to: what follows the last dash of its name."""
        return self.bucket_name.rpartition("-")[2]

    @property
    def area_uuid(self) -> str:
        """The area's UUID."""
        return self.uri.split("/")[3]

    def __str__(self) -> str:
        return self.uri

    def __repr__(self) -> str:
        return f"UploadAreaURI({self.uri!r})"


# -- known areas

# Areas that one message names; the rest is counted.
NAMED = 20


class UploadConfig:
    """The upload areas of the HCA configuration.

    Args:
        config: The HCA configuration; by default that of the user's files.

    Raises:
        ConfigError: A file is malformed.
    """

    DEFAULT_BUCKET_NAME_TEMPLATE = "org-humancellatlas-upload-{deployment_stage}"
    DEFAULT_PREPROD_API_URL_TEMPLATE = "https://upload.{deployment_stage}.data.humancellatlas.org/v1"
    DEFAULT_PRODUCTION_API_URL = "https://upload.data.humancellatlas.org/v1"

    def __init__(self, config: HCAConfig | None = None) -> None:
        self._config = HCAConfig() if config is None else config
        values: object = self._config.value_of("upload") or {}
        if not is_object(values):
            raise _malformed(("upload",), "an object", self._config)
        self._values: dict[str, Any] = values
        areas: object = self._values.get("areas") or {}
        if not is_object(areas) or not all(
            is_object(area) and isinstance(area.get("uri"), str) for area in areas.values()
        ):
            raise _malformed(("upload", "areas"), 'an object of {"uri": ...} by UUID', self._config)
        self._uris: dict[str, str] = {uuid: area["uri"] for uuid, area in areas.items()}

    @property
    def areas(self) -> list[str]:
        """UUIDs of the known areas, in the order in which they became known."""
        return list(self._uris)

    @property
    def current_area(self) -> str | None:
        """UUID of the selected area, None if there is none."""
        return self._text("current_area", "") or None

    @property
    def bucket_name_template(self) -> str:
        """What the buckets of deployments are called, with `{deployment_stage}`."""
        return self._text("bucket_name_template", self.DEFAULT_BUCKET_NAME_TEMPLATE)

    @property
    def preprod_api_url_template(self) -> str:
        """Where the services of all deployments but `prod` are, with `{deployment_stage}`."""
        return self._text("preprod_api_url_template", self.DEFAULT_PREPROD_API_URL_TEMPLATE)

    @property
    def production_api_url(self) -> str:
        """Where the service of the deployment `prod` is."""
        return self._text("production_api_url", self.DEFAULT_PRODUCTION_API_URL)

    def api_url(self, deployment_stage: str) -> str:
        """Return the URL of a deployment's service, which ends in its version.

        Args:
            deployment_stage: The deployment, such as `prod` or `staging`.
        """
        if deployment_stage == "prod":
            return self.production_api_url
        return self.preprod_api_url_template.replace("{deployment_stage}", deployment_stage)

    def api_url_source(self, deployment_stage: str) -> str:
        """Return the source of `api_url`, for errors: the setting's name and its file.

        Args:
            deployment_stage: The deployment.
        """
        name = "production_api_url" if deployment_stage == "prod" else "preprod_api_url_template"
        return _named(("upload", name), self._config)

    def area_uri(self, area_uuid: str) -> UploadAreaURI:
        """Return the URI of a known area.

        Args:
            area_uuid: Its whole UUID.

        Raises:
            UnknownArea: It is not known.
            NotAnAreaURI: The configuration holds something else.
        """
        if area_uuid not in self._uris:
            raise UnknownArea(f"I don't know about area {area_uuid}", remedy=_remedy(self.areas))
        try:
            return UploadAreaURI(self._uris[area_uuid])
        except NotAnAreaURI as error:
            name = _named(("upload", "areas", area_uuid, "uri"), self._config)
            raise NotAnAreaURI(
                f"{name}: {error.message}", remedy=f"Correct it there, or forget it: omics upload forget {area_uuid}"
            ) from None

    def uri_of(self, deployment_stage: str, area_uuid: str) -> UploadAreaURI:
        """Return the URI of an area that may be unknown, by the names of buckets.

        Args:
            deployment_stage: The deployment.
            area_uuid: The area's whole UUID.

        Raises:
            NotAnAreaURI: They make none.
        """
        bucket = self.bucket_name_template.replace("{deployment_stage}", deployment_stage)
        return UploadAreaURI(f"s3://{bucket}/{area_uuid}/")

    def selected(self) -> UploadAreaURI:
        """Return the URI of the selected area.

        Raises:
            NoAreaSelected: There is none.
            UnknownArea: It is not known any longer.
            NotAnAreaURI: The configuration holds something else.
        """
        current = self.current_area
        if current is None:
            raise NoAreaSelected("There is no upload area selected")
        return self.area_uri(current)

    def areas_matching_alias(self, alias: str) -> list[str]:
        """Return the known areas whose UUID begins with a text, taken literally; a whole UUID is that area alone.

        Args:
            alias: The beginning of a UUID; "" fits none.
        """
        if alias in self._uris:
            return [alias]
        return [uuid for uuid in self._uris if alias and uuid.startswith(alias)]

    def area_uuid_from_partial_uuid(self, partial_uuid: str) -> str:
        """Return the one known area whose UUID begins with a text.

        Args:
            partial_uuid: The beginning.

        Raises:
            UnknownArea: None does, or several do; they are listed.
        """
        areas = self.areas_matching_alias(partial_uuid)
        if len(areas) == 1:
            return areas[0]
        if not areas:
            raise UnknownArea(f'Sorry I don\'t recognize area "{partial_uuid}"', remedy=_remedy(self.areas))
        raise UnknownArea(
            f'"{partial_uuid}" matches more than one area, please provide more characters: {_area_list(areas)}',
            remedy="Use more of the UUID, until it matches one area.",
        )

    def unique_prefix(self, area_uuid: str) -> str:
        """Return the shortest beginning of an area's UUID that no other known area has; the whole if there is none.

        Args:
            area_uuid: A whole UUID.
        """
        others = [uuid for uuid in self._uris if uuid != area_uuid]
        for length in range(1, len(area_uuid)):
            if not any(uuid.startswith(area_uuid[:length]) for uuid in others):
                return area_uuid[:length]
        return area_uuid

    def add_area(self, uri: UploadAreaURI) -> None:
        """Add an area to the user's file.

        Args:
            uri: The area.

        Raises:
            ConfigError: The file is malformed or cannot be written.
        """
        self._uris[uri.area_uuid] = uri.uri
        if not self._config.is_stored(("upload", "areas", uri.area_uuid, "uri"), uri.uri):
            self._write(("areas", uri.area_uuid), {"uri": uri.uri})

    def select_area(self, area_uuid: str) -> None:
        """Select an area, in the user's file.

        Args:
            area_uuid: The whole UUID of a known area.

        Raises:
            UnknownArea: It is not known.
            NotAnAreaURI: The configuration holds something else.
            ConfigError: The file is malformed or cannot be written.
        """
        self.area_uri(area_uuid)
        self._values["current_area"] = area_uuid
        if not self._config.is_stored(("upload", "current_area"), area_uuid):
            self._write(("current_area",), area_uuid)

    def forget_area(self, area_uuid: str) -> None:
        """Forget an area, in each of the user's files that names it; one that is not known is no error.

        Args:
            area_uuid: Its whole UUID.

        Raises:
            ConfigError: A file is malformed or cannot be written, or the area is in the file of the whole machine.
        """
        from pathlib import Path  # here: commands that read the areas need no pathlib, which takes 2 ms to import

        for file in self._config.config_files:
            _forget(Path(file), area_uuid)
        self._uris.pop(area_uuid, None)
        self._config.take_over(("upload", "areas", area_uuid), None)
        if self.current_area == area_uuid:
            self._values["current_area"] = None
            self._config.take_over(("upload", "current_area"), None)

    def save(self) -> None:
        """Do nothing: each change is written when it is made."""

    def _text(self, key: str, default: str) -> str:
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise _malformed(("upload", key), "text", self._config)
        return value or default

    def _write(self, keys: tuple[str, ...], value: Any) -> None:
        from pathlib import Path

        set_value(Path(self._config.config_files[-1]), ("upload", *keys), value)
        self._config.take_over(("upload", *keys), value)


def _forget(file: Path, area_uuid: str) -> None:
    """Remove an area from a file, if it is in it."""
    layer = read_layer(file)
    section: object = layer.values.get("upload") if layer is not None else None
    if not is_object(section):
        return
    areas: object = section.get("areas")
    named, selected = is_object(areas) and area_uuid in areas, section.get("current_area") == area_uuid
    if (named or selected) and str(file) == SITE_FILE:
        raise ConfigError(
            f"{area_uuid} is in {file}, which applies to the whole machine",
            remedy="Ask the machine's administrator to remove it there.",
        )
    if named:
        unset(file, ("upload", "areas", area_uuid))
    if selected:  # not just left out, or a weaker file's area would be selected instead
        set_value(file, ("upload", "current_area"), None)


def _malformed(keys: Keys, expectation: str, config: HCAConfig) -> ConfigError:
    return ConfigError(f"{_named(keys, config)} is not {expectation}", remedy="Correct or remove it there.")


def _named(keys: Keys, config: HCAConfig) -> str:
    """A setting with its place, for messages."""
    where = config.place_of(*keys)
    return f"{name_of(keys)} in the HCA configuration" + (f" ({where})" if where else "")


def _remedy(areas: list[str]) -> str:
    if not areas:
        return "No area is known yet: select one by its URI, s3://<bucket>-<stage>/<uuid>/."
    return f"Known are {_area_list(areas)}."


def _area_list(areas: list[str]) -> str:
    more = f" and {len(areas) - NAMED} more" if len(areas) > NAMED else ""
    return ", ".join(areas[:NAMED]) + more


def area_of(area: UploadAreaURI | str | None) -> UploadAreaURI:
    """Resolve a workflow's area; the known areas are read only without a URI.

    Args:
        area: Its URI, its UUID or the beginning of it; None for the selected area.

    Raises:
        NoAreaSelected: None is given, and none is selected.
        UnknownArea: No known area has this UUID, or several do.
        NotAnAreaURI: The text is an s3:// URI of something else.
    """
    if isinstance(area, UploadAreaURI):
        return area
    if area is not None and "://" in area:
        return UploadAreaURI(area)
    settings = UploadConfig()
    return settings.selected() if area is None else settings.area_uri(settings.area_uuid_from_partial_uuid(area))
