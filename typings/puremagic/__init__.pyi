import os
from typing import NamedTuple

class PureMagicWithConfidence(NamedTuple):
    byte_match: bytes | str
    offset: int
    extension: str
    mime_type: str
    name: str
    confidence: float

def magic_file(filename: str | os.PathLike[str]) -> list[PureMagicWithConfidence]: ...
