from typing import Any

from s3transfer.manager import TransferManager

class TransferConfig:
    def __init__(
        self, multipart_threshold: int = ..., max_concurrency: int = ..., multipart_chunksize: int = ...
    ) -> None: ...

def create_transfer_manager(client: Any, config: TransferConfig) -> TransferManager: ...
