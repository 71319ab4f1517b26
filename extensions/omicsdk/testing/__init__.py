"""Fixtures for tests of programs that use the platforms: clients of the sandbox, ready for use.

pytest finds them automatically where omicsdk is installed; docs/testing-with-the-sandbox.md has recipes.
"""

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox
    from omicsdk.sandbox.state.clock import Clock
    from omicsdk.sandbox.traffic.faults import Action

__all__ = ["Platform"]

Client = TypeVar("Client")


@dataclass(frozen=True)  # slots and Generic do not go together in Python 3.11
class Platform(Generic[Client]):
    """A platform, empty at the start of the test, and a client of it.

    Attributes:
        client: The client; it is closed when the test ends.
        sandbox: The whole sandbox.
        service: The sandbox's name of the platform, such as dss.
        paths: Pattern of its requests' paths.
    """

    client: Client
    sandbox: "Sandbox"
    service: str
    paths: str

    @property
    def clock(self) -> "Clock":
        """The sandbox's time: `advance(seconds)`, `freeze()`, `resume()`."""
        return self.sandbox.clock

    def seed(self, folder: str | PathLike[str]) -> dict[str, Any]:
        """Add a folder's files to the platform, without requests.

        Args:
            folder: The folder; `Sandbox.seed` describes the result.

        Returns:
            What was made.

        Raises:
            ValueError: The folder is not one, has nothing for the platform, or a name is taken.
        """
        return self.sandbox.seed(str(folder), service=self.service)

    def fault(self, action: "Action", *, path: str = "", **rule: Any) -> int:
        """Inject a fault into the platform until the test ends.

        Args:
            action: The fault, such as `status`, `cut`, `reset` or `delay`.
            path: Pattern of the paths that it applies to; by default all of the platform. Downloads have other
                paths: `/_objects/*` for the Data Store, `/sb/_storage/*`, `/gen3/_storage/*`.
            rule: The other fields of `omicsdk.sandbox.Rule`, such as status, times, at, seconds.

        Returns:
            The fault's number.

        Raises:
            ValueError: The action or a value is invalid.
            TypeError: A field is unknown.
        """
        from omicsdk.sandbox.traffic.faults import Rule

        return self.sandbox.add_faults(Rule(action, path=path or self.paths, **rule))[0]

    def requests(self) -> list[dict[str, Any]]:
        """The requests to the platform since the test began, with their results."""
        from fnmatch import fnmatchcase

        return [request for request in self.sandbox.requests() if fnmatchcase(request["path"], self.paths)]
