"""Programs and projects of a commons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.bodies import json_body
from omicsdk.core.request import request
from omicsdk.gen3.service import plain
from omicsdk.gen3.submission.services import BATCH, Json, SubmissionServices, response_of

if TYPE_CHECKING:
    from omicsdk.core.documented.client import DocumentedResponse


class ProjectMethods(SubmissionServices):
    """What `Gen3Submission` has for programs and projects."""

    def get_programs(self) -> Json:
        """Lists the programs that this login may see, as `links`: the last part of each is a program's name."""
        return plain(self._records.client.get_programs.raw())

    def create_program(self, json: Mapping[str, Any]) -> Json:
        """Creates a program, or updates the one of that name.

        Args:
            json: The program: `type` is program, with `name` and `dbgap_accession_number`.

        Returns:
            Its `id` and `name`, and a `message`.

        Raises:
            BadRequest: It isn't accepted.
            Forbidden: This login may not create programs.
        """
        creating = self._records.client.create_program
        return plain(next(creating.answers(request(creating.facts, creating.facts.path, body=json_body(json)))))

    def delete_program(self, program: str) -> DocumentedResponse:
        """Deletes a program without projects.

        Args:
            program: Its name.

        Raises:
            BadRequest: It has projects.
            NotFound: There is no such program.
        """
        return response_of(self._records.client.delete_program.raw(program=program))

    def get_projects(self, program: str) -> Json:
        """Lists the projects of a program, as `links`: the last part of each is a project's code.

        Args:
            program: The program's name.

        Raises:
            NotFound: There is no such program.
        """
        return plain(self._records.client.get_projects.raw(program=program))

    def create_project(self, program: str, json: Mapping[str, Any]) -> Json:
        """Creates a project, or updates the one of that code.

        Args:
            program: The program's name.
            json: The project: `type` is project, with `code`, `name`, `dbgap_accession_number` and what else it has.

        Returns:
            What became of it, as of a document of records.

        Raises:
            BadRequest: It isn't accepted.
            NotFound: There is no such program.
        """
        creating = self._records.client.create_project
        return plain(next(creating.answers(creating.build(program=program, body=cast("Any", dict(json))))))

    def delete_project(self, program: str, project: str) -> DocumentedResponse:
        """Deletes a project without records.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            BadRequest: It has records.
            NotFound: There is no such project.
        """
        return response_of(self._records.client.delete_project.raw(program=program, project=project))

    def open_project(self, program: str, project: str) -> Json:
        """Opens a project that is in review, so that records can be submitted to it again.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            BadRequest: It is open.
            NotFound: There is no such project.
        """
        return plain(self._records.client.open_project.raw(program=program, project=project))

    def get_project_dictionary(self, program: str, project: str) -> Json:
        """Lists the nodes that a project may have records of, as `links` to their schemas.

        Args:
            program: The program's name.
            project: The project's code.
        """
        return plain(self._records.client.get_project_dictionary.raw(program=program, project=project))

    def get_project_manifest(self, program: str, project: str) -> DocumentedResponse:
        """Gives the manifest of all files of a project, as YAML in its `text`.

        Args:
            program: The program's name.
            project: The project's code.

        Raises:
            NotFound: There is no such project.
        """
        import httpx

        found = self._ids("datanode", f"{program}-{project}", 0)
        asking = self._records.client.get_project_manifest
        if not found:
            url = f"{self._records.url}/v0/submission/{program}/{project}/manifest"
            return response_of(httpx.Response(200, text="files: []\n", request=httpx.Request("GET", url)))
        parts = [
            asking.raw(program=program, project=project, ids=found[begin : begin + BATCH])
            for begin in range(0, len(found), BATCH)
        ]
        # Each part is a list below the same first line.
        text = parts[0].text + "".join(each.text.removeprefix("files:\n") for each in parts[1:])
        headers = {"content-type": parts[0].headers.get("content-type", "text/yaml")}
        return response_of(httpx.Response(200, headers=headers, content=text.encode(), request=parts[0].request))
