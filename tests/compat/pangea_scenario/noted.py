"""What is noted of a scenario on Pangea."""

import re
from collections.abc import Callable
from typing import Any

from scenario_results import ScenarioResults


class Noted(ScenarioResults):
    """Values, with words in place of hosts and signatures."""

    REPLACED = (
        (re.compile(r"http://127\.0\.0\.1:\d+"), "http://host"),
        (re.compile(r"\?[^\s\"']*Signature=[^\s\"']*"), "?signed"),
    )

    def outcome(self, label: str, call: Callable[[], object]) -> Any:
        """Record the result of a call, or its exception; of the packages' own objects only that there is one."""
        results: list[object] = []

        def shown() -> object:
            results.append(value := call())
            return value if value is None or isinstance(value, bool | int | str | list | dict) else "an object"

        super().outcome(label, shown)
        return next(iter(results), None)
