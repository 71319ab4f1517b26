"""Fields of analysis results: data of their own, or a file on S3, in the Sequence Read Archive, or at any URL."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from omicsdk.pangea.asking.values import Blob
from omicsdk.pangea.contents.file_names import blob_file_name, referenced_file_name
from omicsdk.pangea.contents.json_check import check_json_serialization
from omicsdk.pangea.contents.limits import CHUNK, Logger
from omicsdk.pangea.contents.stored_data import download_url, without_signature
from omicsdk.pangea.errors import PangeaInternalError, PangeaNotFoundError, not_there
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.analysis_result import AnalysisResult, SampleAnalysisResult, SampleGroupAnalysisResult


class AnalysisResultField(RemoteObject):
    """One of the things that an analysis result holds.

    Args:
        knex: The server, and who asks it.
        parent: The analysis result.
        field_name: Its name.
        data: What it holds; nothing by default, which a file may be uploaded into.

    Attributes:
        stored_data: What it holds. Of a file on S3 it may have a presigned URL, which is never sent back and never kept.
    """

    remote_fields: ClassVar[Sequence[str]] = ("uuid", "created_at", "updated_at", "name", "stored_data")
    parent_field: ClassVar[str | None] = "parent"

    def __init__(self, knex: Knex, parent: AnalysisResult[Any], field_name: str, data: object = None) -> None:
        super().__init__(knex)
        self.parent = parent
        self.name = field_name
        self.stored_data: Any = {} if data is None else data
        self._downloaded = ""

    @property
    def flat_url(self) -> str:
        """Its place in its flat list, below /api.

        Raises:
            RemoteObjectError: It isn't on the server yet.
        """
        return f"{self.route}/{self._id()}"

    def canon_url(self) -> str:
        """The flat list that it is in, below /api."""
        return self.route

    def nested_url(self) -> str:
        """Its place by names, in the newest result of its module."""
        return f"{self.parent.nested_url()}/fields/{self._place()}"

    def pre_hash(self) -> str:
        """What tells it from others."""
        return f"{type(self).__name__}\x1f{self.name}\x1f{self.parent.pre_hash()}"

    # -- files

    def get_blob_filename(self) -> str:
        """Names a file for its data: `SAMPLE/SAMPLE.MODULE.FIELD.json`, with the group's name for a group's result.

        Dots in names are written "-", "::" is written "__", and what would lead out of a folder is escaped.
        """
        return blob_file_name(self.parent.parent.name, self.parent.module_name, self.name)

    def get_referenced_filename(self) -> str:
        """Names the file that it refers to, as `get_blob_filename` does, with the extension of the file.

        Raises:
            NoFile: It refers to none (a TypeError, too).
        """
        return referenced_file_name(self.parent.parent.name, self.parent.module_name, self.name, self.stored_data)

    def get_download_url(self) -> str:
        """Gives a URL that its file can be had from; a presigned one ends within a day and is a secret until then.

        Raises:
            NoFile: It refers to none (a TypeError, too).
        """
        return download_url(self.stored_data)

    def download_file(self, filename: str | os.PathLike[str] | None = None, cache: bool = True) -> str:
        """Downloads its file, verified where a checksum is stated; one that was stopped goes on where it was.

        Args:
            filename: Where to; what is there is replaced when the file is whole. None takes a temporary file, which is
                deleted when this object is gone, at the latest when the program ends.
            cache: Whether a file that this object downloaded before is good enough: where no other name is asked for, it
                is still there, and nothing was uploaded or refreshed since.

        Returns:
            Where it is.

        Raises:
            NoFile: It refers to none (a TypeError, too).
            TransferError: It didn't arrive, or not right.
            PangeaGeneralError: The server didn't give another URL for one that has ended.
        """
        from omicsdk.pangea.objects.field_downloads import fetch, temporary_for

        wanted = "" if filename is None else os.fspath(filename)
        if cache and self._downloaded and wanted in ("", self._downloaded) and Path(self._downloaded).is_file():
            return self._downloaded
        self.get_download_url()  # before a folder is made
        wanted = wanted or temporary_for(self)
        fetch(self, wanted)
        if cache:
            self._downloaded = wanted
        return wanted

    def upload_file(
        self,
        filepath: str | os.PathLike[str],
        multipart_thresh: int = CHUNK,
        *,
        chunk_size: int = CHUNK,
        max_retries: int = 3,
        logger: Logger | None = None,
        md5: bool | None = None,
    ) -> Self:
        """Uploads a file into it, in parts where the file is large.

        An upload in parts that was stopped goes on, for a day, when it is called again with the same file.

        Args:
            filepath: The file.
            multipart_thresh: From how many bytes on it goes in parts; S3 takes at most 5 GiB whole.
            chunk_size: The size of parts in bytes; S3 takes at least 5 MiB, at most 5 GiB, and 10,000 parts: larger ones are
                taken where there would be more.
            max_retries: How many failures in a row end it, 0 for none.
            logger: Is told in words how it fares, in another thread.
            md5: Whether each part's MD5 is held against its ETag; by default where nothing else protects the bytes on their
                way, which is over plain http to another machine. The MD5 of a small file is always held against it.

        Returns:
            This object, with the data that the server has of it.

        Raises:
            RemoteObjectError: It isn't on the server yet.
            SourceChanged: The file changed while it was sent.
            TransferError: It can't be read, or what arrived isn't what was sent.
            PangeaGeneralError: The server refused: the field holds data already, or its group has no bucket.
        """
        from omicsdk.pangea.uploads import send

        send(
            self,
            filepath,
            multipart_thresh=multipart_thresh,
            chunk_size=chunk_size,
            retries=max_retries,
            logger=logger,
            md5=md5,
        )
        return self

    def upload_small_file(self, filepath: str | os.PathLike[str]) -> Self:
        """Uploads a file of at most 5 GiB into it, whole; errors as those of `upload_file`.

        Args:
            filepath: The file.

        Returns:
            This object, with the data that the server has of it.
        """
        from omicsdk.pangea.uploads import send

        send(self, filepath, multipart_thresh=1 << 62)
        return self

    def upload_large_file(
        self,
        filepath: str | os.PathLike[str],
        file_size: int | None = None,
        chunk_size: int = CHUNK,
        max_retries: int = 3,
        logger: Logger | None = None,
    ) -> Self:
        """Uploads a file into it, in parts; errors as those of `upload_file`.

        Args:
            filepath: The file.
            file_size: Isn't needed: the file is asked for its size.
            chunk_size: As for `upload_file`.
            max_retries: As for `upload_file`.
            logger: As for `upload_file`.

        Returns:
            This object, with the data that the server has of it.
        """
        from omicsdk.pangea.uploads import send

        del file_size
        send(self, filepath, multipart_thresh=0, chunk_size=chunk_size, retries=max_retries, logger=logger)
        return self

    # -- how it is kept

    def get_cached_blob(self) -> None:
        """Nothing is kept of fields: their data may be large, and have a secret in them."""

    def cache_blob(self, blob: Blob) -> None:
        """Keeps nothing.

        Args:
            blob: What the server said.
        """
        del blob

    def load_blob(self, blob: Blob) -> None:
        """Takes over what the server says of it, as the base does; presigned URLs count for nothing.

        Args:
            blob: What it says.
        """
        here = self.stored_data
        object.__setattr__(self, "stored_data", without_signature(here))
        try:
            super().load_blob(_unsigned(blob))
        except BaseException:
            object.__setattr__(self, "stored_data", here)
            raise
        self._sign(blob)

    def refresh(self) -> Self:
        """Takes over what the server has of it, whatever was set here; gives a presigned URL that has its whole time.

        Returns:
            This object.

        Raises:
            RemoteObjectError: It isn't on the server yet.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self._check_alive("fetched")
        self._downloaded = ""
        return self._fetched(self.knex.get(self.flat_url, url_options=self.inherited_url_options))

    def _take(self, blob: Blob) -> None:
        super()._take(_unsigned(blob))
        self._sign(blob)

    def _sign(self, blob: Blob) -> None:
        object.__setattr__(self, "stored_data", blob.get("stored_data"))

    def _writable(self) -> dict[str, object]:
        return {**super()._writable(), "stored_data": without_signature(self.stored_data)}

    def _creation(self) -> dict[str, object]:
        sent = super()._creation()
        check_json_serialization(sent.get("stored_data"))
        return {**sent, "analysis_result": self.parent._id()}

    def _create(self) -> None:
        check_json_serialization(self.stored_data)  # before anything is created above it
        super()._create()

    def _save(self) -> None:
        check_json_serialization(self.stored_data)
        super()._save()

    def _fetch(self) -> Blob:
        if self._segment() is not None:
            options = {**self.inherited_url_options, "replicate": self.parent.replicate}
            with suppress(PangeaNotFoundError, PangeaInternalError):  # the place by names may be another result's
                blob: Blob = self.knex.get(self.nested_url(), url_options=options)
                if blob.get("name") == self.name and blob.get("analysis_result") == self.parent.uuid:
                    return blob
        for blob in self.parent.list_field_blobs({"name": self.name}):
            if blob.get("name") == self.name:
                return blob
        raise not_there(f"field {self.name!r} in {self.parent}", f"{self.knex.endpoint_url}/{self.route}")


class SampleAnalysisResultField(AnalysisResultField):
    """One of the things that a sample's analysis result holds.

    Args:
        knex: The server, and who asks it.
        parent: The analysis result.
        field_name: Its name.
        data: What it holds; nothing by default.
    """

    route: ClassVar[str] = "sample_ar_fields"

    def __init__(self, knex: Knex, parent: SampleAnalysisResult, field_name: str, data: object = None) -> None:
        super().__init__(knex, parent, field_name, data)


class SampleGroupAnalysisResultField(AnalysisResultField):
    """One of the things that a group's analysis result holds.

    Args:
        knex: The server, and who asks it.
        parent: The analysis result.
        field_name: Its name.
        data: What it holds; nothing by default.
    """

    route: ClassVar[str] = "sample_group_ar_fields"

    def __init__(self, knex: Knex, parent: SampleGroupAnalysisResult, field_name: str, data: object = None) -> None:
        super().__init__(knex, parent, field_name, data)


def _unsigned(blob: Blob) -> Blob:
    if "stored_data" not in blob:
        return blob
    return {**blob, "stored_data": without_signature(blob["stored_data"])}
