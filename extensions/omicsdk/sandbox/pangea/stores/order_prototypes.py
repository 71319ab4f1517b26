"""Prototypes of orders: which jobs an order consists of, and who works them off. They are made inside the server only."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.pangea.stores.people import People
from omicsdk.sandbox.pangea.stores.things import Store

PROTOTYPE = "work_order_proto"
JOB_PROTOTYPE = "job_order_proto"
GROUP_PROTOTYPE = "group_work_order_proto"
PARTS = "group_work_order_proto_part"
"""The link between a prototype for groups and those for their samples."""
PRIVILEGED = "privileged_user"
"""The link between a prototype of orders and those who work its orders off."""


class Prototypes:
    """Makes prototypes.

    Args:
        store: Where things are kept.
        people: The accounts.
    """

    def __init__(self, store: Store, people: People) -> None:
        self._store = store
        self._people = people

    def add(self, name: str, jobs: Mapping[str, str], privileged: Sequence[str], description: str = "") -> str:
        """Makes a prototype of orders of samples: see `Pangea.add_work_order_prototype`."""
        with self._store.database.transaction():
            prototype = self._store.add(PROTOTYPE, name, {"description": description})["uuid"]
            for job, module in jobs.items():
                fields: dict[str, Any] = {
                    "pipeline_module": module or None,
                    "resources_needed": {},
                    "work_order_proto": prototype,
                    "description": "",
                }
                self._store.add(JOB_PROTOTYPE, job, fields, parent=prototype)
            self._trust(prototype, privileged)
        return prototype

    def add_for_groups(self, name: str, parts: Sequence[str], privileged: Sequence[str], description: str = "") -> str:
        """Makes a prototype of orders of groups: see `Pangea.add_group_work_order_prototype`."""
        with self._store.database.transaction():
            prototype = self._store.add(GROUP_PROTOTYPE, name, {"description": description})["uuid"]
            for part in parts:
                if self._store.find(PROTOTYPE, part) is None:
                    raise LookupError(f"there is no prototype {part}")
                self._store.link(PARTS, prototype, part)
            self._trust(prototype, privileged)
        return prototype

    def _trust(self, prototype: str, privileged: Sequence[str]) -> None:
        for email in privileged:
            person = self._people.by_email(email)
            if person is None:
                raise LookupError(f"nobody has the address {email}")
            self._store.link(PRIVILEGED, prototype, person.uuid)
