"""What the sandbox's pages list of the Seven Bridges Platform."""

from omicsdk.sandbox.state.shelf import Collection, Shelf


def _documents(kind: str, plural: str, title: str, *, opens: str = "", **fields: str) -> Shelf:
    # Fields that a document hasn't are empty cells.
    columns = "".join(f", json_extract(data, '$.{field}')" for field in fields.values())
    query = f"SELECT id{columns} FROM sb_documents WHERE kind = '{kind}' ORDER BY number"  # noqa: S608 - our own words
    return Shelf(plural, title, ("Id", *(name.replace("_", " ") for name in fields)), query, opens=opens)


SB = Collection(
    "sb",
    "Seven Bridges Platform",
    "/sb/v2",
    (
        _documents("project", "projects", "Projects", opens="project-files", Name="name", Made_by="created_by"),
        Shelf(
            "project-files",
            "Files and folders of a project",
            ("Id", "Name", "Kind", "Bytes"),
            "SELECT id, name, type, CASE type WHEN 'folder' THEN '' ELSE size END, project FROM sb_files"
            " WHERE parent <> '' ORDER BY name",
            inside="project",
        ),
        Shelf(
            "files",
            "Files and folders",
            ("Id", "Name", "Kind", "Bytes", "Project"),
            "SELECT id, name, type, CASE type WHEN 'folder' THEN '' ELSE size END, project FROM sb_files"
            " WHERE parent <> '' ORDER BY project, name",
        ),
        _documents("task", "tasks", "Tasks", Name="name", State="status", Project="project", App="app"),
        _documents("app", "apps", "Apps", Name="name", Project="project"),
        _documents("volume", "volumes", "Volumes", Name="name", Access="access_mode"),
        _documents("user", "users", "Users", First_name="first_name", Last_name="last_name", Email="email"),
        _documents("division", "divisions", "Divisions", Name="name"),
        _documents("billing-group", "billing-groups", "Billing groups", Name="name", Owner="owner"),
    ),
)
