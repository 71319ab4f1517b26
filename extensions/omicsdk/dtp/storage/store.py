"""What every store of data sets does: it lists the files of a data set, and fetches some of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from omicsdk.core.errors import OmicsError
from omicsdk.dtp.storage.datasets import Dataset, Landed, StoredFile, Unlisted

if TYPE_CHECKING:
    from omicsdk.dtp.storage.landing import Landing

F = TypeVar("F", bound=StoredFile)


class DataStore(Protocol[F]):
    """A store of data sets. Closing it ends its connections."""

    @property
    def title(self) -> str:
        """What messages call it."""
        ...

    @property
    def by_subject(self) -> bool:
        """Whether files are found by a data set's subjects, whom only a commons knows."""
        ...

    def files(self, dataset: Dataset) -> Iterator[F | Unlisted]:
        """Lists the files of a data set, with sizes and checksums where the store has them.

        Args:
            dataset: The data set.

        Yields:
            Its files, and what couldn't be listed.

        Raises:
            UnknownDataset: The store has no such data set.
            AuthError: The store doesn't let this user in.
            TransportError: It can't be reached.
        """
        ...

    def fetch(
        self,
        files: Sequence[F],
        landing: Landing,
        tell: Callable[[F, Landed | OmicsError], None],
        stop: threading.Event,
    ) -> None:
        """Fetches files. One that fails doesn't keep the others from being fetched.

        Args:
            files: Which ones; those that are there already are left out by the caller.
            landing: Where they go.
            tell: Is called for each file when it is there or has failed, by any thread; not for those that were never begun
                because `stop` was set.
            stop: Ends it when it is set.
        """
        ...

    def close(self) -> None:
        """Ends the connections."""
        ...
