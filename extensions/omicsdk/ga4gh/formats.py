"""Checks of files of reads and variants while they are written: BAM, CRAM, VCF and BCF, by their first, inner and last
bytes.

A file that was joined from blocks can lack one, have a truncated one, or contain an error page. BGZF (BAM, BCF, and
usually VCF) shows all of these: its blocks state their lengths, and an empty block ends the file (SAM specification,
4.1). CRAM ends with a special container (CRAM specification, 9).
"""

from __future__ import annotations

import zlib
from typing import Literal

from omicsdk.core.errors import TransferError

Format = Literal["BAM", "CRAM", "VCF", "BCF"]
"""Formats that htsget serves."""
READS: tuple[Format, ...] = ("BAM", "CRAM")
VARIANTS: tuple[Format, ...] = ("VCF", "BCF")

BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block that ends a file (SAM specification, 4.1.2)."""
CRAM_ENDS = {
    2: bytes.fromhex("0b000000ffffffff0fe0454f460000000001000001000606010001000100"),
    3: bytes.fromhex("0f000000ffffffff0fe0454f4600000000010005bdd94f0001000606010001000100ee63014b"),
}
"""The container that ends a file, by major version (CRAM specification, 9)."""

#: First bytes by format; those of BAM, BCF and mostly VCF are found within BGZF.
_BEGINNINGS: dict[Format, bytes] = {"BAM": b"BAM\x01", "BCF": b"BCF\x02", "VCF": b"##fileformat=VCF", "CRAM": b"CRAM"}
_GZIP = b"\x1f\x8b"
_BGZF = b"\x1f\x8b\x08\x04"  # gzip with extra fields
_FIXED = 12  # bytes of a BGZF block's header before its extra fields (RFC 1952)
_HEAD = 4096  # bytes in which the contents of the first block reveal their format
_TAIL = max(map(len, (BGZF_END, *CRAM_ENDS.values())))


class InvalidFormat(TransferError):
    """Joined blocks that are not a complete file of the promised format.

    Args:
        message: What is wrong with them.
        name: The file.
    """

    default_remedy = "Nothing was kept. Try again; if it persists, report it to the server's operators."


class FileCheck:
    """Compares a file with its format, piece by piece.

    Args:
        kind: The format.
        name: Its name in messages.
        complete: Whether the file must have an end marker; the header alone need not.
        compressed: Whether its name states that it is compressed; None if it states neither.
    """

    def __init__(self, kind: Format, name: str, *, complete: bool = True, compressed: bool | None = None) -> None:
        self._kind = kind
        self._name = name
        self._complete = complete
        self._compressed = compressed
        self._head = b""
        self._tail = b""
        self._size = 0
        self._blocks: BgzfBlocks | None = None

    @property
    def verifies(self) -> bool:
        """Whether all bytes are compared with the format: only BGZF shows bytes that are missing within."""
        return self._blocks is not None

    def feed(self, data: bytes) -> None:
        """Check the next bytes; return whether each block begins where the previous one ends.

        Raises:
            InvalidFormat: They cannot be part of such a file, or of one of its name.
        """
        # The first byte is enough: a piece may end behind it, and no plain format begins with it.
        if not self._size and data.startswith(_GZIP[:1]):
            self._blocks = BgzfBlocks()
        if not self._size and self._compressed is not None and data[:1] in (_GZIP[:1], b"#"):
            self._check_name()
        self._size += len(data)
        if len(self._head) < _HEAD:
            self._head += data[: _HEAD - len(self._head)]
        # With what came before: the last piece may be shorter than an end marker.
        self._tail = (self._tail + data[-_TAIL:])[-_TAIL:]
        if self._blocks is not None and not self._blocks.feed(data):
            self._refuse(
                f"byte {self._blocks.at:,} is not the beginning of a BGZF block: a block is missing or damaged"
            )

    def finish(self) -> None:
        """Check the beginning and the end, once all bytes have arrived.

        Raises:
            InvalidFormat: The file is of another format, or is not complete.
        """
        kind = format_of(self._head)
        if kind != self._kind:
            self._refuse(f"it is {kind or _description(self._head)}")
        if self._blocks is not None:
            if not self._blocks.is_between:
                self._refuse("its last BGZF block is truncated")
            if self._complete and not self._tail.endswith(BGZF_END):
                self._refuse("the end marker of BGZF is missing: the last block was not sent, or is truncated")
        elif kind == "CRAM":
            end = CRAM_ENDS.get(int.from_bytes(self._head[4:5]))  # versions after 3 are not checked
            if self._complete and end is not None and not self._tail.endswith(end):
                self._refuse("the end container of CRAM is missing: the last block was not sent, or is truncated")
        elif not self._tail.endswith(b"\n"):
            self._refuse("its last line is truncated")

    def _check_name(self) -> None:
        if self._compressed == self.verifies:
            return
        sent, suffix = ("a compressed file", ".vcf.gz") if self.verifies else ("plain text", ".vcf")
        raise InvalidFormat(
            f"{self._name}: the server sends {sent}, which the name contradicts",
            name=self._name,
            remedy=f"Use a name that ends in {suffix}.",
        )

    def _refuse(self, why: str) -> None:
        raise InvalidFormat(f"{self._name} is not a valid {self._kind} file: {why}", name=self._name)


class BgzfBlocks:
    """Follows the blocks of BGZF by the lengths that they state.

    Attributes:
        at: Where the block begins that is being read.
    """

    def __init__(self) -> None:
        self.at = 0
        self._header = b""
        self._left = 0  # remaining bytes of the present block

    @property
    def is_between(self) -> bool:
        """Whether all bytes so far are whole blocks."""
        return not self._left and not self._header

    def feed(self, data: bytes) -> bool:
        """Take the bytes that follow; return whether blocks begin where the ones before them end."""
        offset = 0
        while offset < len(data):
            if self._left:
                step = min(self._left, len(data) - offset)
                self._left -= step
                offset += step
                continue
            header_size = _header_size(self._header)
            chunk = data[offset : offset + header_size - len(self._header)]
            self._header += chunk
            offset += len(chunk)
            # As far as the header has arrived: an error page is refused by its first bytes.
            if not _BGZF.startswith(self._header[: len(_BGZF)]):
                return False
            if len(self._header) < _header_size(self._header):
                continue
            size = _block_size(self._header)
            # 0 without the field BC: ordinary gzip, whose blocks state no length.
            if size < len(self._header):
                return False
            self._left = size - len(self._header)
            self.at += size
            self._header = b""
        return True


def _header_size(header: bytes) -> int:
    """The size of a block's header, as far as its bytes so far show."""
    return _FIXED if len(header) < _FIXED else _FIXED + int.from_bytes(header[10:12], "little")


def _block_size(header: bytes) -> int:
    """The size of a block by its extra field BC; 0 if it has none."""
    fields = header[_FIXED:]
    while len(fields) >= 4:
        length = int.from_bytes(fields[2:4], "little")
        if fields[:2] == b"BC" and length == 2:
            return int.from_bytes(fields[4:6], "little") + 1
        fields = fields[4 + length :]
    return 0


def format_of(head: bytes) -> Format | None:
    """The format of a file by its first bytes; None for any other.

    Args:
        head: The first 4 KiB, or all.
    """
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, 64)
        except zlib.error:
            return None
    elif not head.startswith((_BEGINNINGS["CRAM"], _BEGINNINGS["VCF"])):
        return None
    return next((kind for kind, beginning in _BEGINNINGS.items() if head.startswith(beginning)), None)


def _description(head: bytes) -> str:
    """Describe a file of unknown format, for a message."""
    if not head:
        return "empty"
    if head.lstrip()[:1] == b"<":
        return "a web page or XML"
    return "JSON" if head.lstrip()[:1] == b"{" else f"unknown data that begins with {head[:8].hex(' ')}"
