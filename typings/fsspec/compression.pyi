from collections.abc import Callable
from typing import Any

compr: dict[str | None, Callable[..., Any]]
