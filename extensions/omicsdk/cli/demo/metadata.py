"""Metadata documents of a sample, of the kinds that bundles of the Human Cell Atlas hold."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_SCHEMAS = "https://schema.humancellatlas.org"
_SUBMITTED = "2026-01-15T09:00:00.000Z"
_NAMESPACE = uuid5(NAMESPACE_URL, "https://www.ncbi.nlm.nih.gov/nuccore/NC_001416.1")

Document = dict[str, Any]


def documents(sample: str, description: str, minutes: int, reads: Sequence[str]) -> Mapping[str, Document]:
    """The metadata files of a sample.

    Args:
        sample: Its identifier.
        description: What it is, in a line.
        minutes: Minutes after induction at which it was taken.
        reads: File names of its reads, mate 1 first.

    Returns:
        File name to document; the names are those under which the Data Store's search finds them
        (`files.cell_suspension_json` for cell_suspension_0.json).
    """
    found = {
        "project_0.json": _document(
            "project",
            "type/project/14.1.0/project",
            sample="all",
            project_core={
                "project_short_name": "Lambda induction",
                "project_title": "Phage lambda leaves its host",
                "project_description": "Reads drawn from the genome of phage lambda, to try the Data Store's tools with.",
            },
        ),
        "donor_organism_0.json": _document(
            "biomaterial",
            "type/biomaterial/15.4.0/donor_organism",
            sample=sample,
            biomaterial_core={"biomaterial_id": f"{sample}_donor", "ncbi_taxon_id": [562]},
            genus_species=[{"text": "Escherichia coli"}],
            is_living="no",
        ),
        "specimen_from_organism_0.json": _document(
            "biomaterial",
            "type/biomaterial/10.2.4/specimen_from_organism",
            sample=sample,
            biomaterial_core={
                "biomaterial_id": f"{sample}_specimen",
                "biomaterial_description": description,
                "ncbi_taxon_id": [562, 10710],
            },
            organ={"text": "culture"},
            collection_time=f"{minutes} min after induction",
        ),
        "cell_suspension_0.json": _document(
            "biomaterial",
            "type/biomaterial/13.1.1/cell_suspension",
            sample=sample,
            biomaterial_core={"biomaterial_id": sample, "ncbi_taxon_id": [562, 10710]},
            genus_species=[{"text": "Escherichia coli"}, {"text": "Lambdavirus lambda"}],
            minutes_after_induction=minutes,
        ),
        **{
            f"sequence_file_{index}.json": _document(
                "file",
                "type/file/9.2.2/sequence_file",
                sample=f"{sample} {name}",
                file_core={"file_name": name, "file_format": "fastq.gz"},
                read_index=f"read{index + 1}",
            )
            for index, name in enumerate(reads)
        },
    }
    return {**found, "links.json": _links(sample, found)}


def _document(kind: str, schema: str, *, sample: str, **fields: object) -> Document:
    return {
        "describedBy": f"{_SCHEMAS}/{schema}",
        "schema_type": kind,
        **fields,
        "provenance": {"document_id": _uuid(schema, sample), "submission_date": _SUBMITTED, "update_date": _SUBMITTED},
    }


def _uuid(*what: str) -> str:
    return str(uuid5(_NAMESPACE, " ".join(what)))


def _links(sample: str, found: Mapping[str, Document]) -> Document:
    """Which document came of which, by a process each."""
    ids = {name: document["provenance"]["document_id"] for name, document in found.items()}
    chain = ["donor_organism_0.json", "specimen_from_organism_0.json", "cell_suspension_0.json"]
    steps = [([before], [after], "biomaterial") for before, after in pairwise(chain)]
    steps.append((chain[-1:], [name for name in found if name.startswith("sequence_file_")], "file"))
    return {
        "describedBy": f"{_SCHEMAS}/system/1.1.4/links",
        "schema_type": "link_bundle",
        "schema_version": "1.1.4",
        "links": [
            {
                "process": _uuid("process", sample, *outputs),
                "inputs": [ids[name] for name in inputs],
                "input_type": "biomaterial",
                "outputs": [ids[name] for name in outputs],
                "output_type": kind,
                "protocols": [],
            }
            for inputs, outputs, kind in steps
        ],
    }


def encoded(document: Document) -> bytes:
    """A document as its file's bytes."""
    return (json.dumps(document, indent=2) + "\n").encode()
