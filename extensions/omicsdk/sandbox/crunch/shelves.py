"""What the sandbox's pages list of the django-crunch site."""

from omicsdk.sandbox.state.shelf import Collection, Shelf


def _items(kind: str, plural: str, title: str, *, opens: str = "") -> Shelf:
    query = (
        "SELECT i.slug, i.name, (SELECT name FROM crunch_items p WHERE p.id = i.parent), CASE WHEN i.locked THEN 'locked'"  # noqa: S608 - our own words
        f" ELSE 'free' END FROM crunch_items i WHERE i.kind = '{kind}' ORDER BY i.place"
    )
    return Shelf(plural, title, ("Slug", "Name", "In", "State"), query, opens=opens)


CRUNCH = Collection(
    "crunch",
    "django-crunch",
    "/crunch",
    (
        _items("project", "projects", "Projects", opens="children"),
        Shelf(
            "children",
            "What is in a project",
            ("Slug", "Name", "Kind"),
            "SELECT i.slug, i.name, i.kind, p.slug AS above FROM crunch_items i JOIN crunch_items p ON p.id = i.parent"
            " ORDER BY i.place",
            inside="above",
        ),
        _items("dataset", "datasets", "Datasets"),
        _items("item", "items", "Items"),
        Shelf(
            "attributes",
            "Attributes",
            ("Key", "Kind", "Of"),
            "SELECT a.key, a.kind, i.slug FROM crunch_attributes a JOIN crunch_items i ON i.id = a.item ORDER BY a.id",
        ),
        Shelf(
            "statuses",
            "Statuses",
            ("Dataset", "Stage", "State"),
            "SELECT i.slug, s.stage, s.state FROM crunch_statuses s JOIN crunch_items i ON i.id = s.dataset ORDER BY s.id",
        ),
        Shelf("users", "Users", ("Name",), "SELECT name FROM crunch_users ORDER BY id"),
    ),
)
