from collections.abc import Mapping, Sequence
from typing import Self

from s3transfer.futures import TransferFuture
from s3transfer.subscribers import BaseSubscriber

class TransferManager:
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def upload(
        self, fileobj: str, bucket: str, key: str, extra_args: Mapping[str, str], subscribers: Sequence[BaseSubscriber]
    ) -> TransferFuture: ...
