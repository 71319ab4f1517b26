"""A commons' discovery page, and its crosswalk of identifiers of other commons."""

import asyncio
import csv
import os
from pathlib import Path

from noted import Noted
from party import Party

STUDIES = (
    ("guid", "study_name", "subjects", "_tag_0", "_tag_1"),
    ("study-1", "First", "12", "DATA:RNA", "KIND:bulk"),
    ("study-2", "Second", "7", "DATA:DNA", ""),
)
IDENTIFIERS = (
    ("https://a.example.org|guid|person", "https://b.example.org|text|participant id"),
    ("a-1", "b-1"),
    ("a-2", "b-2"),
)


def _table(party: Party, name: str, rows: tuple[tuple[str, ...], ...]) -> str:
    between = "," if name.endswith(".csv") else "\t"
    return party.local(name, "".join(f"{between.join(row)}\n" for row in rows))


def _read(path: Path) -> list[dict[str, str]]:
    between = "," if path.suffix == ".csv" else "\t"
    return list(csv.DictReader(path.read_text().splitlines(), delimiter=between))


def discovery(party: Party, note: Noted) -> None:
    tools = party.module("tools.metadata.discovery")
    folder = party.folder / "discovery"
    folder.mkdir()
    file = _table(party, "discovery/studies.tsv", STUDIES)
    asyncio.run(tools.publish_discovery_metadata(party.auth, file))
    note("published", [party.metadata.get(guid) for guid in ("study-1", "study-2")])
    os.chdir(folder)  # tables are written into the present folder
    asyncio.run(tools.output_expanded_discovery_metadata(party.auth, endpoint=party.url))
    [written] = [path for path in folder.glob("*.tsv") if path.name != "studies.tsv"]
    rows = {row["guid"]: row for row in _read(written)}
    note("read", {guid: [row["study_name"], row["subjects"]] for guid, row in sorted(rows.items())})
    more = _table(party, "discovery/more.tsv", (("name", "year"), ("First", "2023"), ("Second", "2024")))
    combined = folder / "combined.tsv"
    tools.combine_discovery_metadata(str(written), more, "study_name", "name", str(combined), "more_", True)
    note("combined", sorted((row["guid"], row["more_year"]) for row in _read(combined)))
    tools.try_delete_discovery_guid(party.auth, "study-1")
    note.outcome("deleted", lambda: party.metadata.get("study-1"))
    os.chdir(party.folder)


def crosswalk(party: Party, note: Noted) -> None:
    tools = party.module("tools.metadata.crosswalk")
    file = _table(party, "crosswalk.csv", IDENTIFIERS)
    about = ("commons_url", "identifier_name", "description"), ("https://a.example.org", "person", "who it is")
    info = _table(party, "info.csv", about)
    asyncio.run(tools.publish_crosswalk_metadata(party.auth, file, info_file=info, mapping_methodologies=["by hand"]))
    note("published", party.metadata.get("a-1"))
    note("by either", party.metadata.get("b-1") == party.metadata.get("a-1"))
    into = party.folder / "crosswalk.out.csv"
    asyncio.run(tools.read_crosswalk_metadata(party.auth, str(into)))
    note("read", sorted(sorted(row.items()) for row in _read(into)))


GROUPS = (discovery, crosswalk)
