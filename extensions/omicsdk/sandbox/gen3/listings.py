"""The listings of the Gen3 commons."""

from omicsdk.sandbox.state.listings import Collection, Listing

GEN3 = Collection(
    "gen3",
    "Gen3 data commons",
    "/",
    (
        Listing(
            "programs",
            "Programs",
            ("Program", "Projects"),
            "SELECT p.name, (SELECT count(*) FROM gen3_records q WHERE q.type = 'project' AND substr(q.project_id, 1,"
            " length(p.name) + 1) = p.name || '-') FROM gen3_records p WHERE p.type = 'program' ORDER BY p.name",
        ),
        Listing(
            "projects",
            "Projects",
            ("Project", "Records"),
            "SELECT p.project_id, (SELECT count(*) FROM gen3_records r WHERE r.project_id = p.project_id AND r.type <>"
            " 'project') FROM gen3_records p WHERE p.type = 'project' ORDER BY p.project_id",
            opens="project-records",
        ),
        Listing(
            "project-records",
            "Records of a project",
            ("Id", "Node", "Submitter's id"),
            "SELECT id, type, name, project_id FROM gen3_records WHERE type NOT IN ('program', 'project')"
            " ORDER BY type, rowid",
            inside="project_id",
        ),
        Listing(
            "records",
            "Records",
            ("Id", "Node", "Submitter's id", "Project"),
            "SELECT id, type, name, project_id FROM gen3_records WHERE type NOT IN ('program', 'project') ORDER BY rowid",
        ),
        Listing(
            "index",
            "Index records",
            ("GUID", "File name", "Bytes", "Uploader"),
            "SELECT did, file_name, size, uploader FROM gen3_index_records ORDER BY rowid",
        ),
        Listing(
            "metadata",
            "Metadata documents",
            ("GUID", "Characters"),
            "SELECT guid, length(data) FROM gen3_metadata ORDER BY guid",
        ),
        Listing("types", "Guppy's types", ("Type", "Access"), "SELECT type, level FROM gen3_guppy ORDER BY type"),
        Listing("jobs", "Jobs", ("Job", "Name", "State", "Owner"), "SELECT uid, name, status, owner FROM gen3_jobs"),
        Listing("users", "Users", ("Name", "Permissions"), "SELECT name, rules FROM gen3_users ORDER BY number"),
    ),
)
