"""A project for the sandbox's Azul: a bundle with the metadata that facets are read from, and four data files."""

import json
from pathlib import Path
from typing import Any

PROJECT = "74b6d569-3b11-42ef-b6b1-a0454522b4a0"
CONTENTS = {
    "counts.h5ad": b"counts" * 300,
    "reads/r_1.fastq.gz": b"forward" * 500,
    "reads/r_2.fastq.gz": b"reverse" * 500,
    "notes #1.txt": b"",
}
METADATA: dict[str, Any] = {
    "project_0": {
        "provenance": {"document_id": PROJECT},
        "project_core": {"project_short_name": "Eye", "project_title": "An atlas of the eye"},
        "contributors": [{"name": "Ada", "laboratory": "Optics", "institution": "Sandbox"}],
    },
    "donor_organism_0": {
        "genus_species": [{"text": "Homo sapiens"}],
        "sex": "female",
        "organism_age": "20",
        "organism_age_unit": {"text": "year"},
        "development_stage": {"text": "adult"},
    },
    "donor_organism_1": {"genus_species": [{"text": "Mus musculus"}], "development_stage": {"text": "adult"}},
    "specimen_from_organism_0": {"organ": {"text": "eye"}, "organ_parts": [{"text": "retina"}, {"text": "cornea"}]},
    "library_preparation_protocol_0": {"library_construction_method": {"text": "10x 3' v2"}},
}


def write_project(folder: Path, project: str = PROJECT, contents: dict[str, bytes] | None = None) -> Path:
    """Write the files of a bundle.

    Args:
        folder: Where; it is made.
        project: UUID of the project.
        contents: Data files by name.
    """
    folder.mkdir(parents=True)
    for name, content in (CONTENTS if contents is None else contents).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    metadata = METADATA | {"project_0": METADATA["project_0"] | {"provenance": {"document_id": project}}}
    for name, document in metadata.items():
        (folder / f"{name}.json").write_text(json.dumps(document))
    return folder
