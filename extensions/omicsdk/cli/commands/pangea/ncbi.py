"""What `omics pangea ncbi` does."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.pangea.lines import as_json, group_line, told
from omicsdk.cli.commands.pangea.places import organization

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.commands.pangea.access import Access
    from omicsdk.cli.console import Console
    from omicsdk.cli.told import Told
    from omicsdk.pangea.ncbi import Entrez

COLUMNS = ("experiment", "filename", "size", "md5", "url")


def link_bioproject(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea ncbi link bioproject`: the library."""
    from omicsdk.pangea.ncbi import link_bioproject

    accession: str = arguments["bioproj_accession"]
    access.need_login()  # before NCBI is asked for anything
    owner = organization(access, arguments["org_name"])
    console.message(f"linking {accession}; NCBI takes few requests a second")
    with _entrez(access) as entrez:
        library = link_bioproject(access.api, owner["uuid"], accession, entrez=entrez)
    facts = {"name": library.name, "uuid": library.uuid}
    return told(group_line(facts), facts, arguments)


def list_bioproject(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea ncbi list bioproject`: the project, and its samples with their experiments."""
    from omicsdk.pangea.ncbi import BioProject

    with _entrez(access) as entrez:
        project = BioProject(arguments["accession"], entrez)
        metadata = project.metadata()
        found: list[dict[str, Any]] = []
        for sample in console.limited(project.biosamples(), arguments["limit"], "samples"):
            sample.fetch()
            found.append(
                {"accession": sample.accession, "experiments": [one.fetch().accession for one in sample.sra()]}
            )
            console.message(f"{sample.accession}: {len(found[-1]['experiments'])} experiments")
    data = {"accession": project.accession, "metadata": metadata, "samples": found}
    return told(as_json(data), data, arguments)


def list_sra(access: Access, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics pangea ncbi list sra`: the runs of an experiment."""
    del console
    from omicsdk.pangea.ncbi import SRARecord

    with _entrez(access) as entrez:
        record = SRARecord(arguments["accession"], entrez=entrez)
        runs = record.runs()
    rows = [
        {**run["full_record"], "experiment": record.accession, "md5": run["md5"], "url": run["url"]} for run in runs
    ]
    return told(_csv(rows), rows, arguments)


def _entrez(access: Access) -> Entrez:
    from omicsdk.pangea.ncbi import Entrez

    return Entrez(email=access.email)


def _csv(rows: Sequence[Mapping[str, str]]) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([row.get(name, "") for name in COLUMNS] for row in rows)
    return written.getvalue().removesuffix("\n")
