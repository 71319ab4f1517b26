from collections.abc import Callable
from typing import ClassVar

Fetcher = Callable[[int, int], bytes]

class BaseCache:
    name: ClassVar[str]
    blocksize: int
    size: int
    fetcher: Fetcher
    hit_count: int
    miss_count: int
    total_requested_bytes: int
    def __init__(self, blocksize: int, fetcher: Fetcher, size: int) -> None: ...
    def _fetch(self, start: int | None, stop: int | None) -> bytes: ...

def register_cache(cls: type[BaseCache], clobber: bool = False) -> None: ...
