"""`Downloader`: a data set with its files from a PACS or iRODS and its metadata from a commons, laid out as SDS."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Sequence
from logging import getLogger
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import ConfigError
from omicsdk.dtp.config import DtpConfig, Gen3Config, Given, read_config, storage_of
from omicsdk.dtp.storage.datasets import Dataset, DatasetReport, Written

if TYPE_CHECKING:
    from omicsdk.dtp.layout import DatasetRecords
    from omicsdk.dtp.sds.layout import Version
    from omicsdk.dtp.storage.datasets import DataStore
    from omicsdk.dtp.storage.fetching import Landing
    from omicsdk.gen3.login import Gen3Login
    from omicsdk.transfer import Progress

#: What `data_storage_type` is when nothing else is said: the settings decide.
DEFAULT = "pacs"

_log = getLogger("omicsdk.dtp")


class Downloader:
    """Downloads data sets: files from a PACS or iRODS, metadata from a Gen3 commons, laid out as SDS.

    The files of iRODS lie as they do there, in the collection of the data set's name. Those of a PACS are found by the
    commons' subjects, whose `subject_id` without `sub-` is the StudyInstanceUID, and lie at
    primary/sub-STUDY/sam-SERIES/INSTANCE.dcm.

    No real iRODS server was tried, only python-irodsclient's documented interface on a stand-in.

    Args:
        data_storage_config: Settings of the store, and of the commons, too, where they have them: the path of a JSON or INI
            file, or what stands in a JSON file.
        gen3_config: Settings of the commons, likewise. Without a commons only iRODS can be downloaded from, and metadata is
            left out.
        data_storage_type: "pacs" or "irods". "pacs", the default, gives way to the settings where they say `storage`, or have
            the other store only.
        version: The version of SDS in which metadata is written; by default the one that the records state, else 2.0.0.
        store: Takes the place of the store of the settings.
        auth: Who asks the commons, in place of the login of the settings.

    Attributes:
        report: What became of the data set that was downloaded last; None before.

    Raises:
        ConfigError: The settings can't be read, or lack what is needed.
        MissingExtra: python-irodsclient or pynetdicom isn't installed.
    """

    def __init__(
        self,
        data_storage_config: Given,
        gen3_config: Given | None = None,
        data_storage_type: str = DEFAULT,
        *,
        version: Version | None = None,
        store: DataStore[Any] | None = None,
        auth: Gen3Login | None = None,
    ) -> None:
        stated = read_config(data_storage_config)
        self._gen3 = stated.gen3 if gen3_config is None else read_config(gen3_config).gen3
        if gen3_config is not None and self._gen3 is None:
            raise ConfigError(
                "gen3_config has no settings of a commons", remedy="Add gen3_endpoint and gen3_cred_file."
            )
        self._version: Version | None = version
        self._auth = auth
        self.report: DatasetReport | None = None
        self._store = store or _store(stated, data_storage_type)
        if self._gen3 is None and auth is None and self._store.by_subject:
            raise ConfigError(
                "A commons is needed to know which studies of the PACS belong to a data set",
                remedy="Give gen3_config, the settings of the commons.",
            )

    def download_dataset(
        self,
        dataset_id: str,
        dest: str | os.PathLike[str],
        *,
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
        require_checksum: bool = False,
    ) -> DatasetReport:
        """Downloads a data set into DEST/DATASET_ID.

        What is there and unchanged isn't fetched again, so that after any failure the same call goes on. A file that fails doesn't
        keep the others from being fetched; the error comes at the end.

        Args:
            dataset_id: The data set's name: the experiment's submitter_id in the commons.
            dest: The folder in which the data set's folder is made.
            progress: Is called for each file that has come to its end, and once at the end.
            stop: Ends it when it is set; it can be gone on with later.
            require_checksum: Whether a file fails that the store states no checksum for, instead of being fetched.

        Returns:
            What became of each file; also in `report`, where an error is raised.

        Raises:
            UnknownDataset: The commons or the store has no such data set; nothing was written.
            SomeFailed: Some files failed, or some metadata; all others are there.
            AuthError: The store or the commons doesn't let this user in.
            ConfigError: The archive is set up otherwise than the settings say.
            TransportError: The store or the commons can't be reached.
            OmicsError: The error of the only file that failed.
        """
        report = self.fetch(dataset_id, dest, progress=progress, stop=stop, require_checksum=require_checksum)
        report.raise_if_failed()
        return report

    def fetch(
        self,
        dataset_id: str,
        dest: str | os.PathLike[str],
        *,
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
        require_checksum: bool = False,
    ) -> DatasetReport:
        """Downloads a data set as `download_dataset` does, without an error for files that failed; the report has them."""
        from omicsdk.dtp.storage.fetching import fetch_dataset

        records = self._records(dataset_id)
        dataset = Dataset(dataset_id, () if records is None else records.cases)
        self.report = fetch_dataset(
            self._store,
            dataset,
            dest,
            metadata=None if records is None else self._metadata(records),
            progress=progress,
            stop=stop,
            require_checksum=require_checksum,
        )
        if records is None:
            _log.warning("%s: no commons is set, so metadata is left out", dataset_id)
        return self.report

    def close(self) -> None:
        """Ends the connections to the store."""
        self._store.close()

    def __enter__(self) -> Downloader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Downloader {self._store.title}>"

    def _records(self, dataset_id: str) -> DatasetRecords | None:
        if self._gen3 is None and self._auth is None:
            return None
        from omicsdk.dtp.client import CommonsClient
        from omicsdk.dtp.layout import records_of

        gen3 = self._gen3 or Gen3Config()
        with CommonsClient(self._auth or _login(gen3)) as client:
            return records_of(client.commons, dataset_id, gen3.program, gen3.project)

    def _metadata(self, records: DatasetRecords) -> Callable[[Landing, Collection[str]], Sequence[Written]]:
        from omicsdk.dtp.layout import write_metadata

        return lambda landing, own: tuple(write_metadata(landing, records, self._version, own))


def _login(gen3: Gen3Config) -> Gen3Login:
    from omicsdk.dtp.auth import Auth
    from omicsdk.dtp.login import login_to

    if gen3.cred_file is not None:
        return login_to(gen3.endpoint, gen3.cred_file)
    if gen3.api_key is not None:
        key = {"api_key": gen3.api_key} | ({"key_id": gen3.api_key_id} if gen3.api_key_id else {})
        return login_to(gen3.endpoint, key)
    return Auth(endpoint=gen3.endpoint)


def _store(config: DtpConfig, stated: str) -> DataStore[Any]:
    """The store of the settings."""
    if stated == DEFAULT and (config.storage is not None or config.pacs is None):
        chosen = storage_of(config, None)
    else:
        chosen = storage_of(config, stated)
    if chosen == "irods":
        from omicsdk.dtp.storage.irods import IrodsStore

        assert config.irods is not None  # storage_of has looked
        return IrodsStore(config.irods)
    assert config.pacs is not None
    if config.pacs.method == "dicomweb":
        from omicsdk.dtp.storage.dicomweb import DicomWebStore

        return DicomWebStore(config.pacs)
    from omicsdk.dtp.storage.dimse import DimseStore

    return DimseStore(config.pacs)
