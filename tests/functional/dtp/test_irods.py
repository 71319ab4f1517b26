"""Data sets in iRODS, on a stand-in of python-irodsclient's documented API; no real server was tried."""

from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip("irods", reason="python-irodsclient is not installed: pip install 'omicsdk[dtp]'")

from claimed_ports import free_port
from irods_stand_in import config
from omicsdk.core import ConnectFailed
from omicsdk.dtp.storage.datasets import Dataset
from omicsdk.dtp.storage.fetching import fetch_dataset
from omicsdk.dtp.storage.irods import IrodsStore


def test_the_client_itself_is_queried(tmp_path: Path):
    """Without a server only the error for a closed port can be tested."""
    message = r"The iRODS server 127\.0\.0\.1:\d+ does not respond"
    there = config(host="127.0.0.1", port=free_port())
    with closing(IrodsStore(there)) as store, pytest.raises(ConnectFailed, match=message):
        fetch_dataset(store, Dataset("ds"), tmp_path)
