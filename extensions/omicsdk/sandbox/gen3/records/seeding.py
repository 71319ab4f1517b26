"""Records that are put into a commons without a request."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from omicsdk.sandbox.gen3.records.store import Store
from omicsdk.sandbox.gen3.records.submission import UPDATE, Submission


class Records(Store):
    """The records of a commons, with a way in that asks nobody."""

    def seed(self, program: str, project: str, records: Iterable[Mapping[str, Any]] = ()) -> list[str]:
        """Puts records into a project without asking anybody; program and project are made where they aren't there.

        Args:
            program: The program's name.
            project: The project's code.
            records: The records as they are submitted.

        Returns:
            The ids of the records, in their order.

        Raises:
            ValueError: One of the records is refused; nothing is stored of any.
        """
        with self.writing():
            if self.program(program) is None:
                self.store([self.new_program(program, {"dbgap_accession_number": program})])
            if self.project(program, project) is None:
                self.store([self.new_project(program, project, {"name": project, "dbgap_accession_number": project})])
            found = Submission(self, program, project, UPDATE)
            found.add(list(records))
            if records and not found.success:
                raise ValueError(f"records for {program}-{project} are refused: {json.dumps(found.complaints())}")
            self.store(found.changed())
            return [str(entity.id) for entity in found.entities]
