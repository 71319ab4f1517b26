"""What the sandbox's pages list of Fusillade."""

from omicsdk.sandbox.state.shelf import Collection, Shelf


def _principals(kind: str, plural: str, title: str, held: str) -> Shelf:
    return Shelf(
        plural,
        title,
        ("Name", "State", held),
        "SELECT p.name, CASE WHEN p.enabled THEN 'enabled' ELSE 'disabled' END, (SELECT group_concat(l.to_kind || ' ' ||"  # noqa: S608 - our own words
        " l.to_name, ', ') FROM auth_links l WHERE l.kind = p.kind AND l.name = p.name) FROM auth_principals p"
        f" WHERE p.kind = '{kind}' ORDER BY p.name",
    )


FUSILLADE = Collection(
    "auth",
    "Fusillade",
    "/auth",
    (
        _principals("user", "users", "Users", "Groups and roles"),
        _principals("group", "groups", "Groups", "Roles"),
        _principals("role", "roles", "Roles", "Belongs to"),
        Shelf(
            "resources",
            "Resources",
            ("Resource", "Made by"),
            "SELECT type || ' ' || id, creator FROM auth_things ORDER BY type, id",
        ),
    ),
)
