"""`Connection`, the documented way to a crunch site: projects, datasets, items, attributes, statuses."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.documented.client import DocumentedResponse
from omicsdk.core.errors import APIError, ConnectFailed, TransportError
from omicsdk.crunch import attributes
from omicsdk.crunch.asking import Asking
from omicsdk.crunch.dates import as_date, as_datetime
from omicsdk.crunch.diagnostics import get_diagnostics
from omicsdk.crunch.enums import Stage, State
from omicsdk.crunch.errors import CrunchAPIException
from omicsdk.crunch.statuses import STATUSES, newest_first, status_fields, stored

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from omicsdk.core.retry import Retry


class Connection(Asking):
    """A crunch site as the published client has it. Thread-safe; close it, or use it in a `with` block.

    Every refusal is raised. What reads is tried again where the site or the network fails; what adds something is sent once,
    since nothing can be taken back; see `send_status` for statuses.

    Args:
        base_url: Where the site is, such as https://crunch.example.org; by default what CRUNCH_URL says. A token goes over
            http:// to this machine only.
        token: The token of a user of the site; by default that of CRUNCH_TOKEN.
        verbose: Print what is added, and how the site answers.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to try again; by default up to five times more, and nine times for statuses.
        transport: Takes the place of the network, for tests.
        environ: The environment's variables; by default the process's own.
        clock: What tells the time and waits.
        say: Prints a line, where `verbose`; by default to stdout.

    Attributes:
        base_url: Where the site is, without a slash at the end.
        verbose: Whether it prints.
        say: Prints a line.

    Raises:
        CrunchAPIException: There is no URL or no token, or one that can't be one (a ConfigError).
    """

    # -- projects, datasets, items

    def add_project(
        self, project: str, description: str = "", details: str = "", *, workflow: str = ""
    ) -> DocumentedResponse:
        """Create a project.

        Args:
            project: Its name, at most 1023 characters, which nothing else on the site may have.
            description: What it is, in at most 1023 characters.
            details: More about it, in Markdown.
            workflow: The text of the Snakefile or script that processes its datasets.

        Returns:
            The answer, with the project's `slug`.

        Raises:
            CrunchAPIException: The site refused it, or didn't answer.
        """
        self._tell(f"Adding project '{project}' on the site {self.base_url}")
        fields = {"name": project, "description": description, "details": details}
        return self._post("api/projects/", {**fields, "workflow": workflow} if workflow else fields)

    def add_dataset(
        self, project: str, dataset: str, description: str = "", details: str = "", *, base_file_path: str = ""
    ) -> DocumentedResponse:
        """Create a dataset.

        Args:
            project: The slug of its project.
            dataset: Its name.
            description: What it is, in at most 1023 characters.
            details: More about it, in Markdown.
            base_file_path: Its folder in the storage. When empty the site chooses, and version 0.1.14 gives all datasets of
                a project the same one.

        Returns:
            The answer, with the dataset's `slug`, `id` and `base_file_path`.

        Raises:
            CrunchAPIException: The site refused it, or didn't answer.
        """
        self._tell(f"Adding dataset '{dataset}' to project '{project}' on the site {self.base_url}")
        fields = {"parent": project, "name": dataset, "description": description, "details": details}
        return self._post("api/datasets/", {**fields, "base_file_path": base_file_path} if base_file_path else fields)

    def add_item(self, parent: str, item: str, description: str = "", details: str = "") -> DocumentedResponse:
        """Create an item.

        Args:
            parent: The slug of the item, dataset or project that it belongs to.
            item: Its name.
            description: What it is, in at most 1023 characters.
            details: More about it, in Markdown.

        Returns:
            The answer, with the item's `slug`.

        Raises:
            CrunchAPIException: The site refused it, or didn't answer.
        """
        self._tell(f"Adding item '{item}' to parent '{parent}' on the site {self.base_url}")
        return self._post(
            "api/items/", {"parent": parent, "name": item, "description": description, "details": details}
        )

    # -- attributes

    def add_key_value_attribute(self, url: str, item: str, key: str, value: Any) -> DocumentedResponse:
        """Give an item an attribute of a kind that has a key and a value.

        Args:
            url: Where attributes of that kind are posted to, relative to the site: `api/attributes/char/`.
            item: The slug of the item, dataset or project.
            key: The attribute's key, at most 255 characters.
            value: Its value; sent as it is.

        Returns:
            The answer, which says back what was stored.

        Raises:
            CrunchAPIException: The site refused it, or didn't answer.
        """
        self._tell(f"Adding attribute '{key}'->'{value}' to item '{item}' on the hosted site {self.base_url}")
        return self._post(url, {"item": item, "key": key, "value": value})

    def _add(self, kind: str, item: str, key: str, value: Any) -> DocumentedResponse:
        return self.add_key_value_attribute(attributes.attribute_url(kind), item, key, value)

    def add_char_attribute(self, item: str, key: str, value: str) -> DocumentedResponse:
        """Give an item a text of at most 1023 characters; see `add_key_value_attribute`."""
        return self._add("char", item, key, value)

    def add_float_attribute(self, item: str, key: str, value: float) -> DocumentedResponse:
        """Give an item a finite number; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It isn't one (a UsageError), the site refused it, or didn't answer.
        """
        return self._add("float", item, key, attributes.number(value))

    def add_integer_attribute(self, item: str, key: str, value: int) -> DocumentedResponse:
        """Give an item a whole number of at most 64 bits; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It isn't one (a UsageError), the site refused it, or didn't answer.
        """
        return self._add("int", item, key, attributes.whole_number(value))

    def add_filesize_attribute(self, item: str, key: str, value: int) -> DocumentedResponse:
        """Give an item a size in bytes, from 0; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It isn't one (a UsageError), the site refused it, or didn't answer.
        """
        return self._add("filesize", item, key, attributes.file_size(value))

    def add_boolean_attribute(self, item: str, key: str, value: bool) -> DocumentedResponse:
        """Give an item a truth value; see `add_key_value_attribute`.

        Raises:
            CrunchAPIException: It isn't one (a UsageError), the site refused it, or didn't answer.
        """
        return self._add("bool", item, key, attributes.truth(value))

    def add_url_attribute(self, item: str, key: str, value: str) -> DocumentedResponse:
        """Give an item a URL (http, https, ftp, ftps) of at most 1023 characters; see `add_key_value_attribute`."""
        return self._add("url", item, key, value)

    def add_datetime_attribute(
        self, item: str, key: str, value: datetime | str, format: str = ""
    ) -> DocumentedResponse:
        """Give an item a date and time; see `add_key_value_attribute`.

        Args:
            item: The slug of the item, dataset or project.
            key: The attribute's key.
            value: The moment, or how it is written. Without a zone it is of the site's, as a rule UTC.
            format: How it is written, as `datetime.strptime` has it; by default ISO 8601, and with python-dateutil (extra
                `crunch`) whatever that understands.

        Raises:
            CrunchAPIException: It isn't one (a UsageError), the site refused it, or didn't answer.
        """
        return self._add("datetime", item, key, as_datetime(value, format))

    def add_date_attribute(self, item: str, key: str, value: date | str, format: str = "") -> DocumentedResponse:
        """Give an item a day; see `add_datetime_attribute`. A moment is cut to its day."""
        return self._add("date", item, key, as_date(value, format))

    def add_lat_long_attribute(
        self, item: str, key: str, latitude: str | float | Decimal, longitude: str | float | Decimal
    ) -> DocumentedResponse:
        """Give an item a place.

        Args:
            item: The slug of the item, dataset or project.
            key: The attribute's key.
            latitude: Degrees north; a float is rounded to nine decimal places.
            longitude: Degrees east, likewise.

        Returns:
            The answer, which says back what was stored.

        Raises:
            CrunchAPIException: They aren't numbers (a UsageError), the site refused them, or didn't answer.
        """
        place = {
            "latitude": attributes.coordinate("latitude", latitude),
            "longitude": attributes.coordinate("longitude", longitude),
        }
        self._tell(
            f"Adding attribute '{key}'->'{latitude},{longitude}' to item '{item}' on the hosted site {self.base_url}"
        )
        return self._post(attributes.attribute_url("lat-long"), {"item": item, "key": key, **place})

    def add_attributes(self, /, item: str, **kwargs: Any) -> None:
        """Give an item several attributes, the kind of each being that of its value; see `omicsdk.crunch.attributes.inferred`.

        All values are looked at before the first is sent, so that one that can't be sent leaves nothing half-added.

        Args:
            item: The slug of the item, dataset or project.
            kwargs: Values by key: texts, numbers, truth values, datetimes, dates. Any text may be a key
                (`add_attributes(item, **{"read length": 150})`) but `item`.

        Raises:
            CrunchAPIException: A value is of no kind or can't be held by a site, and nothing was sent (a UsageError); or the
                site refused one, or didn't answer: those before it are there.
        """
        for attribute in attributes.inferred(kwargs):
            self._add(attribute.kind, item, attribute.key, attribute.value)

    # -- statuses

    def send_status(
        self, dataset_id: int | str, stage: Stage, state: State, note: str = "", *, directory: Path | None = None
    ) -> DocumentedResponse:
        """Tell how far the processing of a dataset is; the site locks the dataset.

        A status is sent again for up to five minutes where the site or the network fails. Where a status may have arrived all
        the same, the newest ones are read before, so that it isn't there twice.

        Args:
            dataset_id: The dataset's number: its `id`, not its slug.
            stage: The stage.
            state: How far it is.
            note: What else there is to say, such as an error.
            directory: The workflow's folder, whose Git revision goes along; None is the current one.

        Returns:
            The answer, with the status as it is stored, its `id` among it.

        Raises:
            CrunchAPIException: The site refused it, or didn't answer.
        """
        fields = status_fields(dataset_id, stage, state, note, get_diagnostics(directory))
        started, failures = self._clock.monotonic(), 0
        while True:
            try:
                return (self._stored(fields, self._patience(started)) if failures else None) or self._post(
                    STATUSES, fields, self._patience(started)
                )
            except (APIError, TransportError) as error:
                failures += 1
                pause = self._pause(error, failures, self._clock.monotonic() - started)
                if pause is None:
                    raise
            self._clock.sleep(pause)

    def _patience(self, started: float) -> Retry:
        """How long to go on trying, of the time that there is from the first sending on."""
        budget = self._status_retry.budget - (self._clock.monotonic() - started)
        return replace(self._status_retry, budget=max(0.0, budget))

    def _pause(self, error: APIError | TransportError, failures: int, elapsed: float) -> float | None:
        """Seconds until a status is sent again, None where that can't help or there is no time left."""
        if isinstance(error, APIError):
            if not self._status_retry.retries_status(error.status, idempotent=True):
                return None
        elif isinstance(error, ConnectFailed):  # nothing has arrived, and the transport has tried again
            return None
        return self._status_retry.next_pause(
            failures=failures,
            elapsed=elapsed,
            fraction=random.random(),  # noqa: S311 - spreads workers out, keeps no secret
            retry_after=error.retry_after if isinstance(error, APIError) else None,
        )

    def _stored(self, fields: Mapping[str, Any], patience: Retry) -> DocumentedResponse | None:
        """The answer to a status that arrived although nobody said so; None where nothing says that it did."""
        import httpx

        try:
            status = stored(fields, newest_first(lambda address: self._object(address, patience)))
        except CrunchAPIException:  # one that is there twice is better than none
            return None
        if status is None:
            return None
        url = self.absolute_url(STATUSES)
        return DocumentedResponse(httpx.Response(201, json=status, request=httpx.Request("POST", url)))
