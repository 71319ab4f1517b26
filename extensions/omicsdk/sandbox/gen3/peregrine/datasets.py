"""Counts by project, and the projects themselves, for pages that show what a commons has."""

from omicsdk.sandbox.gen3.peregrine.queries import reader_of
from omicsdk.sandbox.gen3.peregrine.state import Commons
from omicsdk.sandbox.gen3.sheepdog.gate import refuse
from omicsdk.sandbox.service import Call, Reply


def count_nodes(commons: Commons, call: Call) -> Reply:
    """GET /api/v0/datasets."""
    reader = reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    wanted = [part for key, value in call.query if key == "nodes" for part in value.split(",") if part]
    if not wanted:
        raise refuse(400, "Need to provide target nodes in query param")
    unknown = [name for name in wanted if name not in commons.records.dictionary.nodes]
    if unknown:
        errors = [f'Cannot query field "_{name}_count" on type "Root".' for name in unknown]
        return Reply({"data": None, "errors": errors}, 400)
    return Reply(
        {project: {name: len(reader.of_type(name, project)) for name in wanted} for project in sorted(reader.projects)}
    )


def list_projects(commons: Commons, call: Call) -> Reply:
    """GET /api/v0/datasets/projects."""
    reader = reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    names = ("code", "dbgap_accession_number", "name")
    found = [project for project in commons.records.projects() if project.project_id in reader.projects]
    return Reply({"projects": [{name: project.properties.get(name) for name in names} for project in found]})
