"""Members of volumes: who may do what with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.compat.sevenbridges.meta.owned import owned
from omicsdk.compat.sevenbridges.models.member.membership import MemberRequests, Membership

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient


def volume_path(volume: object) -> dict[str, Any]:
    """What the path of a volume is made of, as generated operations take it.

    Args:
        volume: The volume, or its id.

    Raises:
        SbgError: That is no id of a volume.
    """
    owner, name = owned(volume, "volume")
    return {"owner": owner, "volume": name}


class VolumeMembers(Membership):
    """What a volume has to do with its members."""

    def _member_requests(self, api: HttpClient) -> MemberRequests:
        client = api.client
        return MemberRequests(
            client.list_volume_members.build,
            client.get_volume_member.build,
            client.add_volume_member.build,
            client.remove_volume_member.build,
        ).of(volume_path(self))

    def _rights(self, permissions: Mapping[str, bool]) -> dict[str, bool]:
        return {right: has for right, has in super()._rights(permissions).items() if right != "execute"}
