"""Base of imports and exports: background jobs between volumes and projects."""

from __future__ import annotations

from abc import ABC
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import quote

from omicsdk.compat.sevenbridges._arguments import value_text
from omicsdk.compat.sevenbridges.errors import SbgError, ValidationError, as_sbg
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._waiting import PERIOD, BackgroundJob, waiting
from omicsdk.compat.sevenbridges.meta.resource import Value, identifier, several
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord, Error
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.core.errors import DecodeError
from omicsdk.core.type_guards import is_mapping, is_object
from omicsdk.sb.jobs import ENDED, wait_for_states

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api


class VolumeFile(Value):
    """A place on a volume."""

    volume = location = fields.text()


class StorageJob(BackgroundJob, ABC):
    """A job between a volume and a project: `result` is the file when its state is COMPLETED, `error` states why it FAILED."""

    _ENDED = ENDED
    _COLLECTION: ClassVar[str]  # where such jobs are on the platform: imports or exports

    overwrite = fields.switch()
    error = fields.Part(lambda: Error)

    @property
    def result(self) -> File | None:
        """The file that came of it; None before there is one."""
        return self._file("result", "id")

    def _file(self, name: str, key: str) -> File | None:
        """The file whose id a member has under a key; missing fields are requested when they are read."""
        payload = fields.typed(self, name, self.look_up(name), is_object) or {}
        id = payload.get(key)
        return self.part(name, payload, lambda: File.of({"id": id}, self.api_or_none)) if id else None

    @classmethod
    def bulk_wait(
        cls,
        jobs: Iterable[Self | str],
        period: float = PERIOD,
        timeout: float | None = None,
        callback: Callable[[int, int], object] | None = None,
        api: Api | None = None,
    ) -> list[Self]:
        """Wait until all jobs are COMPLETED or FAILED, polling a hundred with each request, and return them in their order.

        Args:
            jobs: Jobs, which are updated, or their ids.
            timeout: Seconds after which waiting ends; None for no limit.
            callback: Called after each poll with the number of ended jobs and of all.
        """
        api = cls._client(api)
        operation, name = f"bulk_get_{cls._COLLECTION}", f"{cls._COLLECTION[:-1]}_ids"
        named = [(identifier(job), job) for job in several(jobs)]
        jobs_by_id = {id: cls.of({"id": id}, api) if isinstance(job, str) else job for id, job in named}

        def poll(ids: list[str]) -> Iterator[tuple[str, object]]:
            for record in BulkRecord[Any].collect(api, operation, ids, name, in_order=False):
                if not record.valid:
                    raise record.error.as_exception()
                payload: dict[str, Any] = record.field("resource")
                if not is_object(payload) or payload.get("id") not in jobs_by_id:
                    raise as_sbg(DecodeError(operation, "resource.id", payload, expected="a job that was requested"))
                jobs_by_id[payload["id"]]._start(payload)
                yield payload["id"], payload.get("state")

        states = {id: job.field("state") for id, job in jobs_by_id.items()}
        with waiting(period, timeout):
            wait_for_states(poll, states, cls._COLLECTION, api.clock, period=period, timeout=timeout, on_look=callback)
        return [jobs_by_id[id] for id, _ in named]

    def delete(self) -> None:
        """Request its deletion, which the platform may refuse, as the operation is undocumented."""
        self.api.delete(f"/storage/{self._COLLECTION}/{quote(identifier(self), safe='')}")


def given_items(items: Iterable[Any], what: str) -> list[Any]:
    """The items of a bulk call: dictionaries, at least one; else a ValidationError or SbgError that names `what` they are."""
    entries = several(items)
    for at, entry in enumerate(entries):
        if not is_mapping(entry):
            remedy = "Pass a dictionary that describes it."
            raise ValidationError(f"Item {at}: expected a dictionary, got {value_text(entry)}", remedy=remedy)
    if not entries:
        raise SbgError(f"No {what} to start", remedy="Pass dictionaries that describe them.")
    return entries
