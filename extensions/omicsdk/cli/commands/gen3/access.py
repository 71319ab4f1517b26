"""From what was typed to a Gen3 commons: which one, and who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.errors import DecodeError, UsageError
from omicsdk.gen3.access import ENDPOINT_VARIABLE, PROFILE_PAGE
from omicsdk.gen3.access import Access as FoundAccess

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command


def token(text: str) -> str:
    """What --access-token gives, for `connect`: a login of its own is made of it."""
    return text


def connect(
    base_url: str | None, *, credentials: str | None = None, auth: str | None = None, endpoint: str | None = None
) -> Access:
    """The commons behind `omics gen3`; nothing is asked of it yet.

    Args:
        base_url: What --base-url or OMICS_GEN3_URL says.
        credentials: The token that --access-token or OMICS_GEN3_TOKEN says.
        auth: What --auth says.
        endpoint: What --endpoint says.

    Raises:
        UsageError: Both a token and a credentials file were given, or the connection wouldn't be encrypted.
        ConfigError: The endpoint isn't one.
    """
    if auth is not None and credentials is not None:
        raise UsageError(
            "--auth and --access-token (or OMICS_GEN3_TOKEN) both say who asks", remedy="Give one of them."
        )
    return Access(endpoint or base_url, auth, credentials)


class Access(FoundAccess):
    """A commons with its login, both found when they are first needed.

    Args: as those of `omicsdk.gen3.access.Access`.
    """

    how_to_log_in = f"Give --auth FILE, or set GEN3_API_KEY: {PROFILE_PAGE}"
    how_to_name = f"Give --endpoint HOST, or set {ENDPOINT_VARIABLE}. A credentials file says it as well: --auth FILE."

    def generated(self, package: str, command: Command) -> Any:
        """The generated client of an operation.

        Args:
            package: Its package, such as gen3.fence.
            command: The operation.
        """
        part = package.rpartition(".")[2]
        if part == "manifest":
            return self.commons.manifests
        if part == "metadata" and _is_of_administrators(command):
            return self.commons.metadata_admin
        return getattr(self.commons, part)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DecodeError) and self._endpoint is not None:
            # A commons answers with its page for people wherever it has no service.
            error.remedy = f"{self._endpoint} doesn't answer as a Gen3 commons does: give its host alone, without the path of a page."
        self.close()


def _is_of_administrators(command: Command) -> bool:
    """Whether an operation of the metadata service changes metadata, which has another address than reading it."""
    return command.get("method") != "GET" and not (command.get("path") or "").startswith("/objects")
