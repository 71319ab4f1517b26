"""What the sandbox's pages list of Pangea."""

from omicsdk.sandbox.state.shelf import Collection, Shelf


def _things(kind: str, plural: str, title: str, *, opens: str = "") -> Shelf:
    query = (
        "SELECT t.uuid, t.name, coalesce((SELECT p.name FROM pangea_things p WHERE p.uuid = t.parent), '')"  # noqa: S608 - our own words
        f" FROM pangea_things t WHERE t.kind = '{kind}' ORDER BY t.seq"
    )
    return Shelf(plural, title, ("UUID", "Name", "In"), query, opens=opens)


PANGEA = Collection(
    "pangea",
    "Pangea",
    "/pangea",
    (
        _things("organization", "organizations", "Organizations", opens="inside"),
        _things("sample_group", "groups", "Sample groups", opens="inside"),
        _things("sample", "samples", "Samples", opens="inside"),
        Shelf(
            "inside",
            "What is in it",
            ("UUID", "Name", "Kind"),
            # Keys of buckets are things as well, and have no name to show.
            "SELECT uuid, name, replace(kind, '_', ' '), parent FROM pangea_things ORDER BY seq",
            opens="inside",
            inside="parent",
        ),
        _things("project", "projects", "Projects"),
        _things("pipeline", "pipelines", "Pipelines"),
        _things("tag", "tags", "Tags"),
        _things("work_order", "work-orders", "Work orders"),
        Shelf("users", "Users", ("Account",), "SELECT email FROM pangea_people ORDER BY id"),
    ),
)
