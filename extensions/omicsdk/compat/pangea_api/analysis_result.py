"""Analysis results of samples and groups, and their fields, which hold data or files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast

from omicsdk.compat.pangea_api.constants import FIVE_MB
from omicsdk.compat.pangea_api.knex import PangeaInternalError, PangeaNotFoundError, documented_errors, not_there
from omicsdk.compat.pangea_api.remote_object import FACTS, RemoteObject, RemoteObjectError, text_at
from omicsdk.compat.pangea_api.routes import list_url
from omicsdk.compat.pangea_api.utils import paginated_iterator
from omicsdk.core.errors import APIError
from omicsdk.core.type_guards import is_object
from omicsdk.pangea.fields import FieldId, blob_file_name, download_url, referenced_file_name, without_signature
from omicsdk.pangea.responses import Blob, update_order

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import Knex, Sample, SampleGroup

__all__ = [
    "AnalysisResult",
    "AnalysisResultField",
    "SampleAnalysisResult",
    "SampleAnalysisResultField",
    "SampleGroupAnalysisResult",
    "SampleGroupAnalysisResultField",
    "check_json_serialization",
    "diff_dicts",
]

F = TypeVar("F", bound="AnalysisResultField")
#: Path and kind of a difference, our value, the other value.
Difference = tuple[str, object, object]
#: Receives messages about the progress of an upload.
Logger = Callable[[str], object]


# -- data that JSON keeps as they are


def check_json_serialization(blob: object) -> None:
    """Check that data are unchanged after a JSON round trip; a RemoteObjectError lists each difference."""
    try:
        read: object = json.loads(json.dumps(blob, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise RemoteObjectError(f"Cannot write the data as JSON: {error}") from error
    if read == blob:
        return
    if is_object(blob) and is_object(read):
        issues = list(diff_dicts(blob, read))
    else:
        issues = [("MISMATCHED_VALUES:values_only:0", blob, read)]
    details = "\n".join(str(issue) for issue in issues)
    raise RemoteObjectError(f"JSON Serialization modifies object\nIssues:\n{details}")


def diff_dicts(blob1: Mapping[Any, object], blob2: Mapping[Any, object]) -> Iterator[Difference]:
    """Yield the differences between two mappings, "original" and "serialized", in both directions.

    Yields:
        Kind and place ("MISMATCHED_TYPES:original:$.a"), the value there and the other's.
    """
    yield from _of_mappings("original", "$", blob1, blob2)
    yield from _of_mappings("serialized", "$", blob2, blob1)


def _of_mappings(side: str, where: str, ours: Mapping[Any, Any], theirs: Mapping[Any, Any]) -> Iterator[Difference]:
    for key, value in ours.items():
        if key not in theirs:
            yield f"MISSING_KEY:{side}:{where}", key, None
        else:
            # A value type is reported at the mapping that has it; its members are reported at their own places.
            yield from _of_values(side, where, f"{where}.{key}", "MISMATCHED_DICT_VALUES", value, theirs[key])


def _of_lists(side: str, where: str, ours: Sequence[object], theirs: Sequence[object]) -> Iterator[Difference]:
    if len(ours) != len(theirs):
        yield f"MISMATCHED_LENGTHS:{side}:{where}", len(ours), len(theirs)
    # The published client ends with an IndexError if the other list is shorter.
    for number, (value, other) in enumerate(zip(ours, theirs, strict=False)):
        here = f"{where}.index_{number}"
        yield from _of_values(side, here, here, "MISMATCHED_LIST_VALUES", value, other)


def _of_values(side: str, where: str, inside: str, mismatch: str, ours: object, theirs: object) -> Iterator[Difference]:
    if ours == theirs:
        return
    if not isinstance(ours, type(theirs)):
        yield f"MISMATCHED_TYPES:{side}:{where}", ours, theirs
    elif isinstance(ours, dict):
        mapping, other = cast("dict[Any, object]", ours), cast("dict[Any, object]", theirs)
        yield from _of_mappings(side, inside, mapping, other)
    elif isinstance(ours, list):
        yield from _of_lists(side, inside, cast("list[object]", ours), cast("list[object]", theirs))
    else:
        yield f"{mismatch}:{side}:{where}", ours, theirs


# -- fields


class AnalysisResultField(RemoteObject):
    """A field of an analysis result.

    Args:
        data: Its content; nothing by default, which a file may be uploaded into.

    Attributes:
        stored_data: Its content. Of a file on S3 it may have a presigned URL, which is never sent back and never cached.
    """

    remote_fields: ClassVar[Sequence[str]] = (*FACTS, "name", "stored_data")
    parent_field: ClassVar[str | None] = "parent"
    owner: ClassVar[str] = "analysis_result"
    nested_route: ClassVar[str] = "fields"
    is_cached: ClassVar[bool] = False  # their data may be large, and contain a secret

    def __init__(self, knex: Knex, parent: AnalysisResult[Any], field_name: str, data: object = None) -> None:
        super().__init__(knex)
        self.parent, self.name = parent, field_name
        self.stored_data: Any = {} if data is None else data
        self._downloaded = ""

    def canon_url(self) -> str:
        """Return the URL of its flat list, below /api."""
        return self.route

    # -- files

    def get_blob_filename(self) -> str:
        """Return a file name for its data: `SAMPLE/SAMPLE.MODULE.FIELD.json`, with the group's name for a group's result.

        Dots in names are written "-", "::" is written "__", and what would lead out of a folder is escaped.
        """
        return blob_file_name(self.parent.parent.name, self.parent.module_name, self.name)

    def get_referenced_filename(self) -> str:
        """Return a name for the referenced file, like `get_blob_filename`, with its extension; a NoFile if there is none."""
        return referenced_file_name(self.parent.parent.name, self.parent.module_name, self.name, self.stored_data)

    def get_download_url(self) -> str:
        """Return the URL of its file, or a NoFile; a presigned URL expires within a day and is a secret until then."""
        return download_url(self.stored_data)

    def download_file(self, filename: str | os.PathLike[str] | None = None, cache: bool = True) -> str:
        """Download its file, verified if a checksum is stated, and return its path; a stopped download is resumed.

        Args:
            filename: The target; a file there is replaced when the new one is complete. None takes a temporary file,
                which is deleted with this object, at the latest when the program ends.
            cache: Whether a file that this object downloaded before may be returned, unless something was uploaded or refreshed.

        Raises:
            NoFile: It refers to none (a TypeError, too).
            TransferError: It did not arrive, or not as it was stated.
        """
        target = "" if filename is None else os.fspath(filename)
        if cache and self._downloaded and target in ("", self._downloaded) and Path(self._downloaded).is_file():
            return self._downloaded
        self.get_download_url()  # before a folder is made
        target = target or self._temporary()
        from omicsdk.pangea.downloads import download_field

        with documented_errors(APIError):
            download_field(self.knex.client, self._field_id() if self.uuid else None, self.stored_data, target)
        if cache:
            self._downloaded = target
        return target

    def _temporary(self) -> str:
        """Return the path of a file that is deleted with this object, or when the program ends."""
        import shutil
        import tempfile
        from weakref import finalize

        folder = tempfile.mkdtemp(prefix="pangea-")
        # The published client deletes the file in __del__, which may not be called when the program ends.
        finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return str(Path(folder, self.get_referenced_filename().rpartition("/")[2]))

    def upload_file(
        self,
        filepath: str | os.PathLike[str],
        multipart_thresh: int = FIVE_MB,
        *,
        chunk_size: int = FIVE_MB,
        max_retries: int = 3,
        logger: Logger | None = None,
    ) -> Self:
        """Upload a file into the field, large files in parts.

        The same call with the same file resumes an upload in parts that was stopped, for a day.

        Args:
            filepath: The file.
            multipart_thresh: The size in bytes from which on it is sent in parts; S3 takes at most 5 GiB whole.
            chunk_size: The size of parts in bytes; S3 takes at least 5 MiB, at most 5 GiB, and 10,000 parts: larger
                ones are taken where there would be more.
            max_retries: Consecutive failures after which it fails, 0 for none.
            logger: Receives messages about the progress, in another thread.

        Raises:
            RemoteObjectError: It is not on the server yet.
            TransferError: It cannot be read, changed while it was sent, or what arrived is not what was sent.
            PangeaGeneralError: The server refused: the field holds data already, or its group has no bucket.
        """
        from omicsdk.pangea.uploads import FieldUpload, upload_files
        from omicsdk.transfer.reports.report import raise_failure

        with documented_errors(APIError):
            files = [FieldUpload(self._field_id(), filepath)]
            options: dict[str, Any] = {"multipart_thresh": multipart_thresh, "chunk_size": chunk_size}
            options |= {"retries": max_retries, "logger": logger, "check": False}
            raise_failure(upload_files(self.knex.client, files, **options))
        # The server has changed stored_data; the published object keeps the old one.
        return self.refresh()

    def upload_small_file(self, filepath: str | os.PathLike[str]) -> Self:
        """Upload a file of at most 5 GiB in one request; errors as for `upload_file`."""
        # No file reaches this size: it is sent whole, as by the published method.
        return self.upload_file(filepath, 1 << 62, max_retries=10)

    def upload_large_file(
        self,
        filepath: str | os.PathLike[str],
        file_size: int | None = None,
        chunk_size: int = FIVE_MB,
        max_retries: int = 3,
        logger: Logger | None = None,
    ) -> Self:
        """Upload a file in parts; arguments and errors as for `upload_file`, and `file_size` is not needed."""
        # The published client counts the parts by it; here the file's own size applies.
        del file_size
        return self.upload_file(filepath, 0, chunk_size=chunk_size, max_retries=max_retries, logger=logger)

    def _field_id(self) -> FieldId:
        order = self.inherited_url_options.get("work_order_uuid")
        of_group = isinstance(self, SampleGroupAnalysisResultField)
        return FieldId(self._id(), of_group, None if order is None else str(order))

    # -- loading and saving

    def refresh(self) -> Self:
        """Reload the field from the server with a new presigned URL, discarding local changes."""
        self._check_alive("fetched")
        self._downloaded = ""
        return self._fetched(self._answered(self._own_route()))

    def _plain(self, blob: Blob) -> Blob:
        if "stored_data" not in blob:
            return blob
        return {**blob, "stored_data": without_signature(blob["stored_data"])}

    def _create(self) -> None:
        check_json_serialization(self.stored_data)  # before anything is created above it
        super()._create()

    def _save(self) -> None:
        check_json_serialization(self.stored_data)
        super()._save()

    def _fetch(self) -> Blob:
        if self._segment() is not None:
            with suppress(PangeaNotFoundError, PangeaInternalError):  # the path by names may be another result's
                blob = self._answered(self.nested_url(), replicate=self.parent.replicate)
                if blob.get("name") == self.name and blob.get("analysis_result") == self.parent.uuid:
                    return blob
        for blob in self.parent._field_blobs({"name": self.name}):  # pyright: ignore[reportPrivateUsage] - it is ours
            if blob.get("name") == self.name:
                return blob
        raise not_there(f"field {self.name!r} in {self.parent}", f"{self.knex.endpoint_url}/{self.route}")


class SampleAnalysisResultField(AnalysisResultField):
    """A field of a sample's analysis result; arguments as of `AnalysisResultField`."""

    route: ClassVar[str] = "sample_ar_fields"


class SampleGroupAnalysisResultField(AnalysisResultField):
    """A field of a group's analysis result; arguments as of `AnalysisResultField`."""

    route: ClassVar[str] = "sample_group_ar_fields"


# -- results


class AnalysisResult(RemoteObject, Generic[F]):
    """Result of a module; base of the results of samples and groups.

    Several results of one module are distinguished by their replicates. Without one, the newest is meant, as on the server,
    and a new one gets a random name.

    Args:
        is_private: Whether only members of the organization may see it. The server's manifests name private results to all
            users who may see the group.
    """

    remote_fields = (*FACTS, "module_name", "replicate", "metadata", "description", "is_private", "pipeline_module")
    name_field: ClassVar[str] = "module_name"
    nested_route: ClassVar[str] = "analysis_results"
    unclear: ClassVar[frozenset[int]] = frozenset({404, 500})
    _field_class: type[F]

    def __init__(
        self,
        knex: Knex,
        parent: Sample | SampleGroup,
        module_name: str,
        replicate: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        is_private: bool = False,
    ) -> None:
        super().__init__(knex)
        self.parent, self.module_name, self.replicate = parent, module_name, replicate
        self.metadata: Any = dict(metadata or {})
        self.description: str | None = None
        self.is_private = is_private
        self.pipeline_module: str | None = None

    def pre_hash(self) -> str:
        """Return its cache key among the objects of the same server and user."""
        return f"{type(self).__name__}\x1f{self.module_name}\x1f{self.replicate or ''}\x1f{self.parent.pre_hash()}"

    def field(self, field_name: str, data: object = None) -> F:
        """Create a local field of the result, without a request."""
        return self._field_class(self.knex, self, field_name, data)

    def get_fields(self, cache: bool = True) -> Iterator[F]:
        """Yield all of its fields on the server; `cache` as of `SampleGroup.get_samples`."""

        def fetch() -> Iterator[F]:
            for blob in self._field_blobs({}):
                yield self.field(text_at(blob, "name"))._fetched(blob)

        return self._remembered("fields", fetch, cache=cache)

    def _create(self) -> None:
        requested = self.is_private
        super()._create()
        if self.is_private != requested:
            problem = f"is not {'private' if requested else 'public'}: the server ignored the setting"
            remedy = "Delete it and contact the platform's operators."
            raise RemoteObjectError(f"{self} was created, but {problem}", remedy=remedy)

    def _filter(self) -> dict[str, object]:
        return {**super()._filter(), "replicate": self.replicate}

    def _narrowed(self) -> dict[str, object]:
        return {"replicate": self.replicate}

    def _list_entry(self) -> Blob:
        """Return the newest matching entry of the flat list."""
        matches = [blob for blob in paginated_iterator(self.knex, self._list_url()) if self._is_it(blob)]
        if not matches:
            which = f" with the replicate {self.replicate!r}" if self.replicate else ""
            what = f"result of {self.module_name!r}{which} in {self.parent}"
            raise not_there(what, f"{self.knex.endpoint_url}/{self.route}")
        return max(matches, key=lambda blob: update_order(blob.get("updated_at")))

    def _is_it(self, blob: Blob) -> bool:
        facts = {"module_name": self.module_name, **self._owned()}
        same = all(blob.get(name) == value for name, value in facts.items())
        return same and self.replicate in (None, blob.get("replicate"))

    def _field_blobs(self, query: Mapping[str, object]) -> Iterator[Blob]:
        """Return its fields from the server's flat list."""
        route = self.field("").route
        parameters = {"analysis_result_id": self._id(), **query, **self.inherited_url_options}
        for blob in paginated_iterator(self.knex, list_url(route, parameters)):
            if blob.get("analysis_result") == self.uuid:
                yield blob

    def __str__(self) -> str:
        return f"<Pangea::{type(self).__name__} {self.module_name} {self.replicate} {self.uuid} />"


class SampleAnalysisResult(AnalysisResult[SampleAnalysisResultField]):
    """Result of a module for a sample; arguments as for `AnalysisResult`, with the sample as parent."""

    parent_field: ClassVar[str | None] = "sample"
    owner: ClassVar[str] = "sample"
    route: ClassVar[str] = "sample_ars"
    _field_class = SampleAnalysisResultField

    def __init__(
        self,
        knex: Knex,
        sample: Sample,
        module_name: str,
        replicate: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        is_private: bool = False,
    ) -> None:
        self.sample = sample
        super().__init__(knex, sample, module_name, replicate, metadata, is_private)


class SampleGroupAnalysisResult(AnalysisResult[SampleGroupAnalysisResultField]):
    """Result of a module for a group of samples; arguments as for `AnalysisResult`, with the group as parent."""

    parent_field: ClassVar[str | None] = "grp"
    owner: ClassVar[str] = "sample_group"
    route: ClassVar[str] = "sample_group_ars"
    _field_class = SampleGroupAnalysisResultField

    def __init__(
        self,
        knex: Knex,
        grp: SampleGroup,
        module_name: str,
        replicate: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        is_private: bool = False,
    ) -> None:
        self.grp = grp
        super().__init__(knex, grp, module_name, replicate, metadata, is_private)
