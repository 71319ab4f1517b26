"""Edge cases, which run last because the packages behave differently."""

from noted import Noted
from party import Party


def at_the_edges(party: Party, note: Noted) -> None:
    before = party.ask("GET", "/api/projects/")["count"]
    note.outcome("without a slash", lambda: party.connection.post("api/projects", name="No Slash").status_code)
    note("made", party.ask("GET", "/api/projects/")["count"] - before)
    item = party.ask("POST", "/api/items/", {"parent": "my-proj", "name": "Edges"})["slug"]
    note.response("a key like an address", lambda: party.connection.add_char_attribute(item, 'a b/c:"d" &=?#', "v"))
    note.response("many digits", lambda: party.connection.add_integer_attribute(item, "k", 2**63 - 1))
    note("there", party.ask("GET", f"/api/items/{item}/")["attributes"])


GROUPS = (at_the_edges,)
