"""An ordinary user's rights for root: modes of files count then."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

# From <linux/capability.h>.
_VERSION_3 = 0x20080522
_DAC_OVERRIDE, _DAC_READ_SEARCH = 1, 2


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Drop root's right to ignore modes for a while, in this thread and those that it starts."""
    if os.geteuid() != 0:
        yield
        return
    effective, permitted, inheritable = _capabilities()
    kept = effective & ~(1 << _DAC_OVERRIDE | 1 << _DAC_READ_SEARCH)
    _set_capabilities(kept, permitted, inheritable)
    try:
        yield
    finally:
        _set_capabilities(effective, permitted, inheritable)


def _capabilities() -> tuple[int, int, int]:
    data = (ctypes.c_uint32 * 6)()
    _call("capget", data)
    return data[0] | data[3] << 32, data[1] | data[4] << 32, data[2] | data[5] << 32


def _set_capabilities(*sets: int) -> None:
    low, high = [value & 0xFFFFFFFF for value in sets], [value >> 32 for value in sets]
    _call("capset", (ctypes.c_uint32 * 6)(*low, *high))


def _call(name: str, data: object) -> None:
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    if getattr(ctypes.CDLL(None, use_errno=True), name)(header, data):
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")
