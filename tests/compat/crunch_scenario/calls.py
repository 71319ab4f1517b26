"""Calls of a connection: adding, describing, reading, reporting statuses, and refusals."""

import os
from datetime import UTC, date, datetime

from noted import Noted
from party import Party


def connecting(party: Party, note: Noted) -> None:
    connect = party.name("Connection")
    kept = {name: os.environ.pop(name) for name in ("CRUNCH_URL", "CRUNCH_TOKEN")}
    try:
        note.outcome("no address", lambda: connect(token="x"))
        note.outcome("no token", lambda: connect(base_url=party.url))
        connection = connect(party.url, kept["CRUNCH_TOKEN"])
        note("given", connection.get_json_response("api/next/"))
    finally:
        os.environ.update(kept)
    note("a slash at the end", connect(f"{party.url}/").get_json_response("/api/next/"))
    note("headers", party.connection.get_headers() == {"Authorization": f"Token {kept['CRUNCH_TOKEN']}"})
    note(
        "addresses",
        [party.connection.absolute_url(path) == f"{party.url}/api/next/" for path in ("/api/next/", "api/next/")],
    )


def adding(party: Party, note: Noted) -> None:
    connection = party.connection
    note.response("project", lambda: connection.add_project("My Proj", "a project", "# Details"))
    note.response("project by name alone", lambda: connection.add_project("🧬 genome 🦠"))
    note.response("dataset", lambda: connection.add_dataset("my-proj", "Data Set 1", description="d", details="t"))
    note.response("a second one", lambda: connection.add_dataset(project="my-proj", dataset="data-set-1"))
    note.response("item", lambda: connection.add_item("my-proj:data-set-1", "Item é/1", "d", "t"))
    note.response("item of an item", lambda: connection.add_item(parent="my-proj:data-set-1:item-e1", item="Sub"))
    note("read back", party.ask("GET", "/api/items/"))


def refused(party: Party, note: Noted) -> None:
    connection, connect = party.connection, party.name("Connection")
    note.response("a name that is taken", lambda: connection.add_project("My Proj"))
    note.response("a project that isn't there", lambda: connection.add_dataset("nope", "x"))
    note.response("a long name", lambda: connection.add_item("my-proj", "x" * 1024))
    note.response("a wrong token", lambda: connect(party.url, "0" * 40).add_project("x"))
    reader = connect(party.url, os.environ["READER_TOKEN"])
    note.response("no permission", lambda: reader.add_dataset("my-proj", "x"))
    note.response("a blank value", lambda: connection.add_char_attribute("my-proj", "k", ""))
    note.response("no address of anything", lambda: connection.add_url_attribute("my-proj", "k", "nope"))
    note.response("an item that isn't there", lambda: connection.add_integer_attribute("nope", "k", 1))
    note.outcome("a negative size", lambda: connection.add_filesize_attribute("my-proj", "k", -1).status_code)
    note.outcome("an infinite number", lambda: connection.add_float_attribute("my-proj", "k", float("inf")).status_code)
    note("nothing of it is there", party.ask("GET", "/api/items/my-proj/")["attributes"])


def attributes(party: Party, note: Noted) -> None:
    connection, item = party.connection, "my-proj:data-set-1"
    note.response("char", lambda: connection.add_char_attribute(item, "char", " é🧬 "))
    note.response("float", lambda: connection.add_float_attribute(item, "float", 1.5e-7))
    note.response("int", lambda: connection.add_integer_attribute(item=item, key="int", value=-7))
    note.response("filesize", lambda: connection.add_filesize_attribute(item, "filesize", 2**40))
    note.response("bool", lambda: connection.add_boolean_attribute(item, "bool", True))
    note.response("no", lambda: connection.add_boolean_attribute(item, "no", False))
    note.response("url", lambda: connection.add_url_attribute(item, "url", "https://example.org/?a=b#c"))
    note.response("place", lambda: connection.add_lat_long_attribute(item, "place", "-37.8136", 144.9631))
    note.response("by its address", lambda: connection.add_key_value_attribute("api/attributes/int/", item, "k", "8"))
    moment = datetime(2020, 1, 2, 3, 4, 5, 678)
    note.response("datetime", lambda: connection.add_datetime_attribute(item, "datetime", moment))
    note.response("with a zone", lambda: connection.add_datetime_attribute(item, "zone", moment.replace(tzinfo=UTC)))
    note.response("read", lambda: connection.add_datetime_attribute(item, "read", "2 January 2020 03:04"))
    note.response(
        "by a format", lambda: connection.add_datetime_attribute(item, "format", "31/12/2020 23:59", "%d/%m/%Y %H:%M")
    )
    note.response("date", lambda: connection.add_date_attribute(item, "date", date(2020, 1, 2)))
    note.response("a moment's date", lambda: connection.add_date_attribute(item, "cut", moment))
    note.response(
        "date by a format", lambda: connection.add_date_attribute(item, "day", "31/12/2020", format="%d/%m/%Y")
    )
    note.outcome("no date", lambda: connection.add_date_attribute(item, "x", "nonsense").status_code)
    note("all", connection.get_json_response(f"api/datasets/{item}/")["attributes"])


def inferred(party: Party, note: Noted) -> None:
    item = "my-proj:data-set-1:item-e1"
    values = {
        "link": "https://example.org",
        "text": "example.org",
        "float": 2.5,
        "yes": True,
        "number": 3,
        "moment": datetime(2020, 1, 2, 3, 4, 5),
        "day": date(2020, 1, 2),
        "read length": 150,
    }
    note("nothing is given", party.connection.add_attributes(item, **values))
    note("there", party.connection.get_json_response(f"/api/items/{item}/")["attributes"])
    note.outcome("no kind", lambda: party.connection.add_attributes("my-proj", first="sent", second=[1]))
    note("what was sent before", party.ask("GET", "/api/items/my-proj/")["attributes"])


def reading(party: Party, note: Noted) -> None:
    connection = party.connection
    note("project", connection.get_json_response("api/projects/my-proj/"))
    note("a page", [dataset["slug"] for dataset in connection.get_json_response("/api/datasets/?page=1")["results"]])
    note("a response", connection.get_request("api/next/").json())
    note.outcome("not there", lambda: connection.get_json_response("api/projects/nope/"))
    note.outcome("next of no project", lambda: connection.get_json_response("api/projects/nope/next/"))
    note.outcome("no such address", lambda: connection.get_json_response("api/widgets/"))
    wrong = party.name("Connection")(party.url, "0" * 40)
    note.outcome("a wrong token", lambda: wrong.get_json_response("api/next/"))


def statuses(party: Party, note: Noted) -> None:
    connection, stage, state = party.connection, party.name("Stage"), party.name("State")
    note("members", [[member.name, member.value] for member in (*stage, *state)])
    number = connection.get_json_response("api/datasets/my-proj:data-set-1/")["id"]
    note("before", connection.get_json_response("api/next/"))
    status = connection.send_status(number, stage.SETUP, state.START).json()
    machine = party.name("get_diagnostics")()
    same = ("agent_user", "system", "machine", "hostname", "ip_address", "mac_address", "memory_total", "disk_total")
    note("what is told of the machine", [list(machine), [status[name] == machine[name] for name in same]])
    note("told", [status[name] for name in ("dataset", "stage", "state", "note", "site_user")])
    connection.send_status(number, stage.SETUP, state.FAIL, note='Ünïcode 🧬 "error"\nline 2')
    note("stored", party.statuses("my-proj:data-set-1"))
    note("after", connection.get_json_response("api/next/"))
    note.outcome("no such dataset", lambda: connection.send_status(999, stage.SETUP, state.START))
    failing = party.name("get_diagnostic")
    kept: dict[str, object] = {}
    failing(kept, "good", lambda: 1)
    failing(kept, "bad", lambda: 1 / 0)
    failing(kept, "none", lambda: 1 / 0, default=None)
    note("what fails is left out", kept)


GROUPS = (connecting, adding, refused, attributes, inferred, reading, statuses)
