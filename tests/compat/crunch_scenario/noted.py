"""What is noted of a scenario on a crunch site."""

from collections.abc import Callable
from typing import Any

from scenario_results import ScenarioResults


class Noted(ScenarioResults):
    """Values as they are: a site numbers its objects, so that two runs have the same."""

    def response(self, label: str, call: Callable[[], Any]) -> Any:
        """Record the site's response to a call, and whether the call raised it.

        Returns:
            The body as JSON.
        """
        try:
            response, raised = call(), False
        except Exception as error:
            response, raised = getattr(error, "response", None), True
            if response is None:
                self(label, self.raised(error))
                return None
        self(label, {"status": response.status_code, "said": response.json(), "raised": raised})
        return response.json()

    def words(self, text: str) -> str:
        for part, word in self._texts.items():
            text = text.replace(part, word)
        return text
