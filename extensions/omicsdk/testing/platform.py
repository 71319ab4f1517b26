"""One platform of the sandbox as a test sees it."""

from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox
    from omicsdk.sandbox.state.clock import Clock
    from omicsdk.sandbox.traffic.faults import Action

Client = TypeVar("Client")


@dataclass(frozen=True)  # slots and Generic don't go together in Python 3.11
class Platform(Generic[Client]):
    """A platform, empty at the start of the test, and a client of it.

    Attributes:
        client: The client; it is closed when the test ends.
        sandbox: The whole sandbox.
        service: What the sandbox calls the platform, such as dss.
        paths: The pattern of its requests' paths.
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
        """Puts a folder's files into the platform, without requests.

        Args:
            folder: The folder; what becomes of it stands with `Sandbox.seed_service`.

        Returns:
            What was made.

        Raises:
            ValueError: The folder isn't one, has nothing for the platform, or a name is taken.
        """
        return self.sandbox.seed_service(self.service, str(folder))

    def fault(self, action: "Action", *, path: str = "", **rule: Any) -> int:
        """Makes the platform misbehave until the test ends.

        Args:
            action: What happens, such as `status`, `cut`, `reset` or `delay`.
            path: Pattern of the paths that it happens at; by default all of the platform. Downloads have addresses of their
                own: `/_objects/*` those of the Data Store, `/sb/_storage/*`, `/gen3/_storage/*`.
            rule: The other fields of `omicsdk.sandbox.Rule`, such as status, times, at, seconds.

        Returns:
            The fault's number.

        Raises:
            ValueError: It isn't a fault.
            TypeError: A field isn't one.
        """
        from omicsdk.sandbox.traffic.faults import Rule

        return self.sandbox.add_faults(Rule(action, path=path or self.paths, **rule))[0]

    def requests(self) -> list[dict[str, Any]]:
        """The requests that came to the platform since the test began, with what came of them."""
        from fnmatch import fnmatchcase

        return [each for each in self.sandbox.requests() if fnmatchcase(each["path"], self.paths)]
