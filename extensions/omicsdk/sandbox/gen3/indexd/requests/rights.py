"""Who may write in the index: services by name and password, people by the policies of their tokens."""

import base64
import binascii
import secrets
from collections.abc import Iterable, Mapping

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.indexd.refusals import refuse

SERVICE_NAME = "sandbox-service"
"""A service of the commons that may do everything, as Fence and Sheepdog do it in a real one; its password is the sandbox's."""

SERVICE = "indexd"
BUNDLES = "/services/indexd/bundles"
"""Whoever may create or delete this resource may do so with bundles."""
UPLOADS = "/data_file"
EVERYTHING = "/"


class Sender:
    """Who sent a request, as far as writing goes.

    Args:
        access: Knows the people.
        headers: The request's headers, names in lower case.
    """

    def __init__(self, access: Access, headers: Mapping[str, str]) -> None:
        self._access = access
        self._headers = headers

    def needs(self, method: str, resources: Iterable[str]) -> None:
        """Refuses unless the sender may do something with all resources.

        Args:
            method: What: create, update or delete.
            resources: Their paths. Records without any belong to nobody: whoever may do it everywhere may do it with them.

        Raises:
            Problem: 401 for a token that isn't good, 403 without credentials or permission.
        """
        if not self._may(method, [*resources] or [EVERYTHING]):
            raise refuse(403, "Permission denied.")

    def needs_or_uploads(self, method: str, resources: Iterable[str]) -> None:
        """The same, but being allowed to upload files is enough; with no resources it is what is asked for."""
        stated = [*resources]
        if not (stated and self._may(method, stated)):
            self._needs_upload()

    def _needs_upload(self) -> None:
        # Lists of users give this policy for Fence, for which Indexd keeps the records of uploads.
        if not any(self._may("file_upload", [UPLOADS], service) for service in (SERVICE, "fence")):
            raise refuse(403, "Permission denied.")

    def _may(self, method: str, resources: list[str], service: str = SERVICE) -> bool:
        kind, _, word = self._headers.get("authorization", "").partition(" ")
        if kind.lower() == "basic":
            self._check_password(word)
            return True
        person = self._access.bearer(self._headers)
        if person is None:
            raise refuse(403, "missing credentials: send an access token, or the name and password of a service")
        return all(person.may(method, resource, service) for resource in resources)

    def _check_password(self, word: str) -> None:
        try:
            sent = base64.b64decode(word, validate=True)
        except (binascii.Error, ValueError):
            sent = b""
        if not secrets.compare_digest(sent, f"{SERVICE_NAME}:{self._access.secrets.password}".encode()):
            raise refuse(403, "username / password mismatch")
