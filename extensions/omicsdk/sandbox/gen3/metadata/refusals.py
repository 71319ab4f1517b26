"""How the metadata service refuses: JSON with `detail`, a text, or for malformed requests (422) a list of faults."""

from omicsdk.sandbox.problems import Problem


class Refusal(Problem):
    """A refusal with the service's own detail.

    Args:
        status: The HTTP status.
        detail: What `detail` says: a text, an object, or a list of faults.
    """

    def __init__(self, status: int, detail: object) -> None:
        super().__init__(status, "refused", str(detail))
        self.detail = detail


def error_body(problem: Problem) -> dict[str, object]:
    """The JSON that a refusal carries."""
    return {"detail": problem.detail if isinstance(problem, Refusal) else problem.title}


def unknown(guid: str) -> Refusal:
    """A 404 for a document that isn't there."""
    return Refusal(404, f"Not found: {guid}")
