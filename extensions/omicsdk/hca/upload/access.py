"""The way into an upload area's bucket: keys from the service, and what they open."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from omicsdk.core.documented.client import translating
from omicsdk.core.errors import Conflict, Locked, NotFound
from omicsdk.hca.aws_settings import reading_aws_settings
from omicsdk.hca.upload.exceptions import documented_error
from omicsdk.hca.upload.keys import AreaKeys, Keys, life_of
from omicsdk.hca.upload.storage import AreaStorage, signing_client
from omicsdk.transfer.s3_errors import refusing_cut_heads

if TYPE_CHECKING:
    from omicsdk_api.upload import UploadApi

    from omicsdk.core.clock import Clock
    from omicsdk.hca.upload.upload_area_uri import UploadAreaURI


def ask_for_keys(api: UploadApi, area_uuid: str, clock: Clock) -> Keys:
    """Asks for temporary keys that open an area.

    Args:
        api: The service.
        area_uuid: The area.
        clock: Tells the time.

    Raises:
        UploadApiException: There is no such area, it takes no more files, or the service can't be reached.
    """
    try:
        with translating(documented_error):
            answer = api.get_credentials.raw(upload_area_uuid=area_uuid)
    except NotFound as error:
        error.remedy = "Check the area's URI: it may have been deleted, or never made."
        raise
    except (Locked, Conflict) as error:
        error.remedy = "The area takes no more files: its submission is being processed, or it is being deleted."
        raise
    found = answer.json()
    life = life_of(found["Expiration"], answer.headers.get("date"), clock.now())
    return Keys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], found["Expiration"], life)


def area_storage(
    api: UploadApi, uri: UploadAreaURI, clock: Clock, *, accelerate: bool, connections: int
) -> AreaStorage:
    """Opens an area's part of its bucket; the caller closes its client.

    Args:
        api: The service.
        uri: The area.
        clock: Tells the time.
        accelerate: Use transfer acceleration where there is one.
        connections: How many connections to keep.

    Raises:
        UploadApiException: The service gives no keys, which is told here and not for each file.
        ConfigError: The user's own AWS settings can't be read.
    """
    keys = AreaKeys(lambda: ask_for_keys(api, uri.area_uuid, clock), clock)
    keys.current()
    with reading_aws_settings():
        client = signing_client(keys, accelerate=accelerate, connections=connections)
    return AreaStorage(client, keys, uri.bucket_name, uri.area_uuid)


class OwnClient:
    """A boto3 client for S3 with the user's own credentials, made when it is first called for. Thread-safe."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._client: Any = None

    def __call__(self) -> Any:
        with self._guard:
            if self._client is None:
                with reading_aws_settings():
                    session = import_module("boto3").Session()
                    client = session.client("s3", region_name=session.region_name or "us-east-1")
                    self._client = refusing_cut_heads(client)
            return self._client

    def close(self) -> None:
        """Closes its connections, if it has any."""
        if self._client is not None:
            self._client.close()
