"""The services behind records of projects: Sheepdog, which keeps them, and Peregrine, which answers queries over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.gen3.queries.paging import answer
from omicsdk.gen3.queries.query import arguments, name_of
from omicsdk.gen3.service import Documented, Service, parties, settings

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.gen3.peregrine import AsyncPeregrineApi, PeregrineApi
    from omicsdk_api.gen3.sheepdog import AsyncSheepdogApi, SheepdogApi

    from omicsdk.core.documented.client import DocumentedResponse
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network

Json = dict[str, Any]
#: Records that are asked for or deleted at once; their ids are part of an address.
BATCH = 100


def _sheepdog() -> tuple[type[SheepdogApi], type[AsyncSheepdogApi]]:
    from omicsdk_api.gen3.sheepdog import AsyncSheepdogApi, SheepdogApi

    return SheepdogApi, AsyncSheepdogApi


def _peregrine() -> tuple[type[PeregrineApi], type[AsyncPeregrineApi]]:
    from omicsdk_api.gen3.peregrine import AsyncPeregrineApi, PeregrineApi

    return PeregrineApi, AsyncPeregrineApi


class SubmissionServices(Documented):
    """What asks both; arguments and errors as those of `Gen3Submission`."""

    def __init__(
        self,
        endpoint: str | Auth | None,
        auth_provider: Auth | None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        commons, credentials = parties(endpoint, auth_provider)
        options = settings(timeout, retry, transport)
        self._records: Service[SheepdogApi, AsyncSheepdogApi] = Service(
            f"{commons}/api", credentials, _sheepdog, options
        )
        self._queries: Service[PeregrineApi, AsyncPeregrineApi] = Service(commons, credentials, _peregrine, options)
        super().__init__(self._records, self._queries)

    def _ids(self, node: str, project_id: str, first: int) -> list[str]:
        """The ids of records of a node; `first` 0 is all of them."""
        chosen = arguments({"first": first, "project_id": project_id})
        told = answer(self._queries.client, f"{{ {name_of(node)}{chosen} {{ id }} }}")
        return [each["id"] for each in told["data"][node]]


def response_of(found: httpx.Response) -> DocumentedResponse:
    """An answer, as requests has answers."""
    from omicsdk.core.documented.client import DocumentedResponse

    return DocumentedResponse(found)
