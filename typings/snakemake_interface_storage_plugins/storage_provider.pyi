from enum import Enum
from pathlib import Path

class Operation(Enum): ...

class QueryType(Enum):
    INPUT = 0
    OUTPUT = 1
    ANY = 2

class ExampleQuery:
    def __init__(self, query: str, description: str, type: QueryType) -> None: ...

class StorageQueryValidationResult:
    def __init__(self, query: str, valid: bool, reason: str | None = None) -> None: ...

class StorageProviderBase:
    local_prefix: Path
    def __post_init__(self) -> None: ...
