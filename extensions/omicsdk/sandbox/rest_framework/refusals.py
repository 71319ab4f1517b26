"""Refusals in the words of the framework."""

from collections.abc import Mapping, Sequence

from omicsdk.sandbox.problems import Problem

Complaints = Mapping[str, Sequence[str]]
"""Fields, each with what is wrong about it."""

NO_FIELD = "non_field_errors"
"""What stands for the name of a field where a complaint is about all of them."""


class Invalid(Problem):
    """A 400 that says what is wrong about which field.

    Args:
        complaints: Fields, each with its complaints.
    """

    def __init__(self, complaints: Complaints) -> None:
        super().__init__(
            400, "invalid", "; ".join(f"{name}: {text}" for name, all in complaints.items() for text in all)
        )
        self.complaints = {name: list(texts) for name, texts in complaints.items()}

    def body(self) -> dict[str, object]:
        """The fields with their complaints."""
        return {**self.complaints}


class Refused(Problem):
    """A refusal that has one sentence, under `detail`.

    Args:
        status: HTTP status.
        detail: The sentence.
        headers: Further headers.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, "refused", detail, headers)

    def body(self) -> dict[str, object]:
        """The sentence."""
        return {"detail": self.title}


def not_found() -> Refused:
    """404 for a thing that isn't there, or that may not be seen."""
    return Refused(404, "Not found.")


def forbidden(detail: str = "You do not have permission to perform this action.") -> Refused:
    """403 for what somebody may not do."""
    return Refused(403, detail)


def invalid(field: str, *texts: str) -> Invalid:
    """400 about one field."""
    return Invalid({field: texts})


def error_body(problem: Problem) -> Mapping[str, object]:
    """The JSON that a refusal carries; one of the sandbox's own is a sentence, too."""
    return problem.body() if isinstance(problem, Invalid | Refused) else {"detail": problem.title}
