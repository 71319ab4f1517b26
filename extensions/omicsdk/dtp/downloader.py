"""`Downloader`: a data set with its files from a PACS or iRODS and its metadata from a commons, laid out as SDS."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from omicsdk.core.closing import Closing
from omicsdk.core.errors import ConfigError
from omicsdk.core.logs import logger
from omicsdk.dtp.config import DtpConfig, Gen3Config, PathOrMapping, read_config, storage_of
from omicsdk.dtp.storage.datasets import Dataset, DatasetReport, DataStore
from omicsdk.transfer import TransferOptionsDict

if TYPE_CHECKING:
    from omicsdk.dtp.sds.layout import Version
    from omicsdk.gen3.login import Gen3Login

#: The default of `data_storage_type`: the settings decide.
DEFAULT = "pacs"

_log = logger("omicsdk.dtp")


class Downloader(Closing):
    """Downloads data sets: files from a PACS or iRODS, metadata from a Gen3 commons, laid out as SDS.

    The files of iRODS have the paths that they have in the collection of the data set's name. Those of a PACS are found by
    the commons' subjects, whose `subject_id` without `sub-` is the StudyInstanceUID, and are stored at
    primary/sub-STUDY/sam-SERIES/INSTANCE.dcm.

    Not tested against a real iRODS server, only against a replacement of python-irodsclient's documented interface.

    Args:
        data_storage_config: Settings of the store, and of the commons, too, where they have them: the path of a JSON or INI
            file, or the content of a JSON file.
        gen3_config: Settings of the commons, in the same forms. Without a commons only iRODS can be downloaded from, and metadata is
            left out.
        data_storage_type: "pacs" or "irods". The settings override "pacs", the default, where they state `storage`, or have
            the other store only.
        version: The version of SDS in which metadata is written: 1.2.3, 2.0.0, 2.1.0, 3.0.0, 3.0.1 or 3.0.2. By default the one that
            the records state, else 2.0.0.
        store: Replaces the store of the settings.
        auth: The login to the commons, in place of that of the settings.

    Attributes:
        report: The result of the last download; None before.

    Raises:
        ConfigError: The settings cannot be read, or are incomplete.
        MissingExtra: python-irodsclient or pynetdicom is not installed.
        SdsError: The version is not supported.
    """

    def __init__(
        self,
        data_storage_config: PathOrMapping,
        gen3_config: PathOrMapping | None = None,
        data_storage_type: str = DEFAULT,
        *,
        version: Version | None = None,
        store: DataStore[Any] | None = None,
        auth: Gen3Login | None = None,
    ) -> None:
        config = read_config(data_storage_config)
        self._gen3 = config.gen3 if gen3_config is None else read_config(gen3_config).gen3
        if gen3_config is not None and self._gen3 is None:
            raise ConfigError(
                "gen3_config has no settings of a commons", remedy="Add gen3_endpoint and gen3_cred_file."
            )
        if version is not None:
            from omicsdk.dtp.sds.conversion import version_of  # few name one

            version = version_of(version)
        self._version: Version | None = version
        self._auth = auth
        self.report: DatasetReport | None = None
        self._store = store or _store(config, data_storage_type)
        if self._gen3 is None and auth is None and self._store.by_subject:
            raise ConfigError(
                "A commons is needed to determine which studies of the PACS belong to a data set",
                remedy="Pass gen3_config, the settings of the commons.",
            )

    def download_dataset(
        self,
        dataset_id: str,
        dest: str | os.PathLike[str],
        **options: Unpack[TransferOptionsDict],
    ) -> DatasetReport:
        """Download a data set into DEST/DATASET_ID.

        Complete and unchanged files are not fetched again: after any failure the same call resumes. A file that fails
        does not stop the others; the error is raised at the end.

        Args:
            dataset_id: The data set's name: the experiment's submitter_id in the commons.
            dest: The folder in which the data set's folder is created.
            **options: See `omicsdk.transfer.TransferOptions`. Those of single connections and requests are refused: PACS and iRODS are
                read by libraries. A dry run lists the files of the store.

        Returns:
            The result for each file; also in `report`, where an error is raised.

        Raises:
            UnknownDataset: The commons or the store has no such data set; nothing was written.
            UnsafePath: The data set's name cannot be that of a folder.
            FolderBusy: Another process downloads into the same folder.
            TransferFailed: Some files failed, or some metadata; all others are complete.
            InvalidOption: An option cannot be followed.
            AuthError: The store or the commons refuses this user.
            ConfigError: The archive is configured otherwise than the settings say.
            Gen3UserError: The login is to another commons than that of the settings.
            TransportError: The store or the commons cannot be reached.
        """
        from omicsdk.dtp.storage.fetching import REFUSED, fetch_dataset
        from omicsdk.transfer import TransferOptions

        chosen = TransferOptions.of(options)
        chosen.refuse(*REFUSED, why="libraries read files from PACS and iRODS")
        records = metadata = None
        if self._gen3 is not None or self._auth is not None:
            from omicsdk.dtp.commons import CommonsClient, login_to
            from omicsdk.dtp.metadata import records_of, write_metadata

            gen3 = self._gen3 or Gen3Config()
            with CommonsClient(login_to(gen3.endpoint, self._auth or gen3.credentials)) as client:
                records = records_of(client.commons, dataset_id, gen3.program, gen3.project)
            metadata = partial(write_metadata, records, self._version)
        self.report = fetch_dataset(
            self._store,
            Dataset(dataset_id, () if records is None else records.subjects),
            dest,
            options=chosen,
            metadata=metadata,
        )
        if records is None:
            _log.warning("%s: no commons is set, so metadata is left out", dataset_id)
        return chosen.checked(self.report)

    def close(self) -> None:
        """End the connections to the store."""
        self._store.close()

    def __repr__(self) -> str:
        return f"<Downloader {self._store.title}>"


def _store(config: DtpConfig, name: str) -> DataStore[Any]:
    """The store of the settings."""
    by_settings = name == DEFAULT and (config.storage is not None or config.pacs is None)
    chosen = storage_of(config, None if by_settings else name)
    if chosen == "irods":
        from omicsdk.dtp.storage.irods import IrodsStore

        assert config.irods is not None  # storage_of has checked it
        return IrodsStore(config.irods)
    assert config.pacs is not None
    if config.pacs.method == "dicomweb":
        from omicsdk.dtp.storage.dicomweb import DicomWebStore

        return DicomWebStore(config.pacs)
    from omicsdk.dtp.storage.dimse import DimseStore

    return DimseStore(config.pacs)
