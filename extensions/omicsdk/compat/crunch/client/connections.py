"""`Connection`, the documented client of a crunch site, and its exception."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat._requests import observed
from omicsdk.compat.errors import NO_RESPONSE_OF_REQUESTS, DocumentedError, Foreign, documented
from omicsdk.compat.responses import DocumentedResponse, RefusedResponse, translating
from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.closing import Closing
from omicsdk.core.errors import APIError, OmicsError, TransportError
from omicsdk.core.redaction import mask_url
from omicsdk.crunch import attributes
from omicsdk.crunch.client import TOKEN_VARIABLE, URL_VARIABLE, Crunch
from omicsdk.crunch.requests import json_object, refused_fields
from omicsdk.crunch.statuses import STATUS_RETRY, STATUSES, Stage, State

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    import httpx
    from omicsdk_api.crunch.models.status import Status

    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.time_limits import Timeout

__all__ = ["Connection", "CrunchAPIException"]

CRUNCH_URL_KEY, CRUNCH_TOKEN_KEY = URL_VARIABLE, TOKEN_VARIABLE


class CrunchAPIException(DocumentedError):
    """Base of the exceptions that `Connection` and `Run` raise; each also has its class of core.

    A refusal is `BadRequest`, `Unauthorized`, `Forbidden`, `NotFound`, `ServerError` ... of `omicsdk.core.errors` too,
    with their `status` and `body`; a missing setting is a `ConfigError`, a value that cannot be sent a `UsageError`, a
    site that does not respond a `TransportError`.

    Args:
        message: What happened.
        remedy: What to do.

    Attributes:
        response: The response that was a refusal, as `requests` would have it; None if there was none.
        fields: The site's messages for each field that it refused.
    """

    prefix: ClassVar[str] = "Crunch"
    foreign: ClassVar[Foreign] = NO_RESPONSE_OF_REQUESTS
    response: DocumentedResponse | None = None
    fields: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def crunch_error(error: Exception) -> Exception:
    """Return the documented exception for an exception of core.

    Args:
        error: The exception.

    Returns:
        One that is both, with all that it holds, not raised yet; another error, or a documented one, as it is.
    """
    if isinstance(error, CrunchAPIException) or not isinstance(error, OmicsError):
        return error
    converted = documented(error, CrunchAPIException)
    # As the argument is called here.
    converted.remedy = error.remedy.replace("credentials=", "token=")
    if isinstance(converted, APIError | TransportError):
        converted.operation = ""  # it only repeats the method and URL
    if isinstance(error, APIError):
        converted.fields = refused_fields(error.body)
        converted.response = RefusedResponse(error, crunch_error)
    return converted


# Raises core's errors as CrunchAPIException; a context, or a decorator.
documented_errors = partial(translating, crunch_error)


class Connection(Closing):
    """Client of a crunch site with the published interface. Thread-safe; close it, or use it in a `with` block.

    Each `add_...` calls `post`, which a subclass may replace. Every refusal is raised. Reads are retried where the site or the
    network fails; what adds something is sent once, since nothing can be undone; see `send_status` for statuses.

    Args:
        base_url: The site, such as https://crunch.example.org; by default that of CRUNCH_URL. A token goes over http://
            to this machine only.
        token: The token of a user of the site; by default that of CRUNCH_TOKEN.
        verbose: Print what is added, and the site's responses.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to retry; by default up to five times more, and nine times for statuses.
        transport: Replaces the network, for tests.
        environ: The environment's variables; by default the process's own.
        clock: Returns the time and sleeps.
        say: Prints a line, where `verbose`; by default to stdout.

    Attributes:
        base_url: The site, as it was given.
        verbose: Whether it prints.
        say: Prints a line.

    Raises:
        CrunchAPIException: There is no URL or no token, or an invalid one (a ConfigError).
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        verbose: bool = False,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        say: Callable[[str], None] = print,
    ) -> None:
        variables = os.environ if environ is None else environ
        base_url = (base_url or variables.get(URL_VARIABLE) or "").strip()
        with documented_errors():
            api = Crunch(
                base_url or None,
                # As in the published client, CRUNCH_TOKEN goes to any base URL that is given.
                credentials=(token or variables.get(TOKEN_VARIABLE) or "").strip() or None,
                timeout=timeout,
                retry=retry,
                transport=transport,
                environ=environ,
                clock=clock,
            )
        self._api = observed(api, __name__)
        self.base_url = base_url or self._api.base_url
        self.verbose = verbose
        self.say = say
        self._clock = clock
        self._status_retry = retry or STATUS_RETRY

    @property
    def api(self) -> Crunch:
        """The same site as a typed client, over the same connections."""
        return self._api

    @property
    def token(self) -> str:
        """The token, a secret. It is read-only: create another Connection instead."""
        return self.get_headers()["Authorization"].removeprefix("Token ")

    def close(self) -> None:
        """Close the connections."""
        self._api.close()

    def __repr__(self) -> str:
        return f"<Connection {mask_url(self._api.base_url)}>"

    # -- requests

    def get_headers(self) -> dict[str, str]:
        """Return the headers with the token, for custom requests; a secret."""
        assert self._api.credentials is not None  # a site refuses each request without
        return {"Authorization": self._api.credentials.headers("GET", self._api.base_url)["authorization"]}

    def absolute_url(self, relative_url: str) -> str:
        """Return a URL of the site.

        Args:
            relative_url: The path, such as `api/projects/`; a slash at its beginning makes no difference.
        """
        return f"{self._api.base_url}/{relative_url.removeprefix('/')}"

    def post(self, /, relative_url: str, **kwargs: Any) -> DocumentedResponse:
        """Post a form.

        Args:
            relative_url: The path, relative to the site. The slash at its end, without which a site fails, is added.
            kwargs: The form's fields, of any name but `relative_url`. A None is not sent.

        Returns:
            The response.

        Raises:
            CrunchAPIException: A text cannot be sent (a UsageError), the site refused it, or did not respond.
        """
        with documented_errors():
            # A refusal is raised here; the published client prints it and returns the response.
            return DocumentedResponse(self._api.raw_request("POST", relative_url, kwargs, on_message=self._print))

    @documented_errors()
    def get_request(self, relative_url: str) -> DocumentedResponse:
        """Get a response of the site.

        Args:
            relative_url: The path, relative to the site; the slash at its end is added.

        Returns:
            The response.

        Raises:
            CrunchAPIException: The site refused it, or did not respond.
        """
        return DocumentedResponse(self._api.raw_request("GET", relative_url))

    @documented_errors()
    def get_json_response(self, relative_url: str) -> dict[str, Any]:
        """Get the site's response as JSON.

        Args:
            relative_url: The path, relative to the site; the slash at its end is added.

        Returns:
            The JSON object.

        Raises:
            CrunchAPIException: The site refused it, did not respond, or returned something else than a JSON object.
        """
        return json_object(self._api.raw_request("GET", relative_url))

    def _print(self, line: str) -> None:
        if self.verbose:
            self.say(line)

    # -- projects, datasets, items

    def add_project(
        self, project: str, description: str = "", details: str = "", *, workflow: str = ""
    ) -> DocumentedResponse:
        """Create a project.

        Args:
            project: Its name, at most 1023 characters, which nothing else on the site may have.
            description: Its description, at most 1023 characters.
            details: Details, in Markdown.
            workflow: The text of the Snakefile or script that processes its datasets.

        Returns:
            The response, with the project's `slug`.

        Raises:
            CrunchAPIException: The site refused it, or did not respond.
        """
        self._print(f"Adding project '{project}' on the site {self.base_url}")
        fields = {"name": project, "description": description, "details": details}
        # Without a workflow the form is that of the published client, which cannot send one.
        return self.post("api/projects/", **{**fields, "workflow": workflow} if workflow else fields)

    def add_dataset(
        self, project: str, dataset: str, description: str = "", details: str = "", *, base_file_path: str = ""
    ) -> DocumentedResponse:
        """Create a dataset.

        Args:
            project: The slug of its project.
            dataset: Its name.
            description: Its description, at most 1023 characters.
            details: Details, in Markdown.
            base_file_path: Its folder in the storage. When empty the site chooses, and version 0.1.14 gives all
                datasets of a project the same one.

        Returns:
            The response, with the dataset's `slug`, `id` and `base_file_path`.

        Raises:
            CrunchAPIException: The site refused it, or did not respond.
        """
        self._print(f"Adding dataset '{dataset}' to project '{project}' on the site {self.base_url}")
        fields = {"parent": project, "name": dataset, "description": description, "details": details}
        return self.post("api/datasets/", **{**fields, "base_file_path": base_file_path} if base_file_path else fields)

    def add_item(self, parent: str, item: str, description: str = "", details: str = "") -> DocumentedResponse:
        """Create an item.

        Args:
            parent: The slug of the item, dataset or project that it belongs to.
            item: Its name.
            description: Its description, at most 1023 characters.
            details: Details, in Markdown.

        Returns:
            The response, with the item's `slug`.

        Raises:
            CrunchAPIException: The site refused it, or did not respond.
        """
        self._print(f"Adding item '{item}' to parent '{parent}' on the site {self.base_url}")
        return self.post("api/items/", parent=parent, name=item, description=description, details=details)

    # -- attributes

    def add_key_value_attribute(self, url: str, item: str, key: str, value: Any) -> DocumentedResponse:
        """Add an attribute with a key and a value to an item.

        Args:
            url: Where attributes of that kind are posted to, relative to the site: `api/attributes/char/`.
            item: The slug of the item, dataset or project.
            key: The attribute's key, at most 255 characters.
            value: Its value; sent unchanged.

        Returns:
            The response, with the stored attribute.

        Raises:
            CrunchAPIException: The site refused it, or did not respond.
        """
        self._print(f"Adding attribute '{key}'->'{value}' to item '{item}' on the hosted site {self.base_url}")
        return self.post(url, item=item, key=key, value=value)

    def _add(self, kind: str, item: str, key: str, value: Any) -> DocumentedResponse:
        return self.add_key_value_attribute(attributes.attribute_url(kind), item, key, value)

    def add_char_attribute(self, item: str, key: str, value: str) -> DocumentedResponse:
        """Add a text of at most 1023 characters to an item; see `add_key_value_attribute`."""
        return self._add("char", item, key, value)

    @documented_errors()
    def add_float_attribute(self, item: str, key: str, value: float) -> DocumentedResponse:
        """Add a finite number to an item; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It is invalid (a UsageError), the site refused it, or did not respond.
        """
        return self._add("float", item, key, attributes.number(value))

    @documented_errors()
    def add_integer_attribute(self, item: str, key: str, value: int) -> DocumentedResponse:
        """Add an integer of at most 64 bits to an item; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It is invalid (a UsageError), the site refused it, or did not respond.
        """
        return self._add("int", item, key, attributes.whole_number(value))

    @documented_errors()
    def add_filesize_attribute(self, item: str, key: str, value: int) -> DocumentedResponse:
        """Add a size in bytes, 0 or more, to an item; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It is invalid (a UsageError), the site refused it, or did not respond.
        """
        return self._add("filesize", item, key, attributes.file_size(value))

    @documented_errors()
    def add_boolean_attribute(self, item: str, key: str, value: bool) -> DocumentedResponse:
        """Add a boolean to an item; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It is invalid (a UsageError), the site refused it, or did not respond.
        """
        return self._add("bool", item, key, attributes.truth(value))

    def add_url_attribute(self, item: str, key: str, value: str) -> DocumentedResponse:
        """Add a URL (http, https, ftp, ftps) of at most 1023 characters to an item; see `add_key_value_attribute`."""
        return self._add("url", item, key, value)

    @documented_errors()
    def add_datetime_attribute(
        self, item: str, key: str, value: datetime | str, format: str = ""
    ) -> DocumentedResponse:
        """Add a date and time to an item; see `add_key_value_attribute`.

        Args:
            item: The slug of the item, dataset or project.
            key: The attribute's key.
            value: The moment, or how it is written. Without a zone it is of the site's, usually UTC.
            format: How it is written, as `datetime.strptime` has it; by default ISO 8601, and with python-dateutil
                (extra `crunch`) whatever that understands.

        Raises:
            CrunchAPIException: It is invalid (a UsageError), the site refused it, or did not respond.
        """
        return self._add("datetime", item, key, attributes.as_datetime(value, format))

    @documented_errors()
    def add_date_attribute(self, item: str, key: str, value: date | str, format: str = "") -> DocumentedResponse:
        """Add a date to an item; see `add_datetime_attribute`. A datetime is truncated to its date."""
        return self._add("date", item, key, attributes.as_date(value, format))

    @documented_errors()
    def add_lat_long_attribute(
        self, item: str, key: str, latitude: str | float | Decimal, longitude: str | float | Decimal
    ) -> DocumentedResponse:
        """Add a geographic location to an item.

        Args:
            item: The slug of the item, dataset or project.
            key: The attribute's key.
            latitude: Degrees north; a float is rounded to nine decimal places.
            longitude: Degrees east; a float is rounded to nine decimal places.

        Returns:
            The response, with the stored attribute.

        Raises:
            CrunchAPIException: They are not numbers (a UsageError), the site refused them, or did not respond.
        """
        coordinates = {
            "latitude": attributes.coordinate("latitude", latitude),
            "longitude": attributes.coordinate("longitude", longitude),
        }
        self._print(
            f"Adding attribute '{key}'->'{latitude},{longitude}' to item '{item}' on the hosted site {self.base_url}"
        )
        return self.post(attributes.attribute_url("lat-long"), item=item, key=key, **coordinates)

    @documented_errors()
    def add_attributes(self, /, item: str, **kwargs: Any) -> None:
        """Add several attributes to an item; values determine kinds, see `omicsdk.crunch.attributes.inferred`.

        All values are looked at before the first is sent, so that one that cannot be sent leaves nothing half-added.

        Args:
            item: The slug of the item, dataset or project.
            kwargs: Values by key: texts, numbers, truth values, datetimes, dates. Any text may be a key
                (`add_attributes(item, **{"read length": 150})`) but `item`.

        Raises:
            CrunchAPIException: A value is of no kind or cannot be stored by a site, and nothing was sent (a UsageError); or the
                site refused one, or did not respond: the earlier ones were added.
        """
        for attribute in attributes.inferred(kwargs):
            self._add(attribute.kind, item, attribute.key, attribute.value)

    # -- statuses

    @documented_errors()
    def send_status(
        self, dataset_id: int | str, stage: Stage, state: State, note: str = "", *, directory: Path | None = None
    ) -> DocumentedResponse:
        """Report the state of the processing of a dataset; the site locks the dataset.

        A status is sent again for up to five minutes where the site or the network fails. Where a status may have
        arrived all the same, the newest ones are read before, so that it is not stored twice.

        Args:
            dataset_id: The dataset's number: its `id`, not its slug.
            stage: The stage.
            state: Its state.
            note: Further information, such as an error.
            directory: The workflow's folder, whose Git revision is reported; None is the current one.

        Returns:
            The response, with the status as it is stored, its `id` among it.

        Raises:
            CrunchAPIException: The site refused it, or did not respond.
        """
        status = self._api.report_status(
            dataset_id, stage, state, note, directory=directory, retry=self._status_retry, clock=self._clock
        )
        return self.response_of(status)

    def response_of(self, status: Status) -> DocumentedResponse:
        """Return a stored status as the response of the site.

        Args:
            status: The status.
        """
        import httpx

        sent = httpx.Request("POST", self.absolute_url(STATUSES))
        # A status that was found at the site, since it had arrived before, has no response of its own.
        return DocumentedResponse(httpx.Response(201, json=status.to_dict(), request=sent))
