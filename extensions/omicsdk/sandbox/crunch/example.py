"""A small project to try a workflow on."""

from pathlib import Path

from omicsdk.core.files import in_place_of
from omicsdk.sandbox.crunch.attribute_store import Attributes
from omicsdk.sandbox.crunch.tree import DATASET, PROJECT, Tree

_WORKFLOW = """#!/bin/sh
set -eu
for reads in *.fastq; do
    echo "$reads $(( $(wc -l < "$reads") / 4 ))"
done > counts.txt
"""
_READS = "".join(f"@read{number}\n{'ACGT' * 4}\n+\n{'I' * 16}\n" for number in range(1, 26))


def add_example(tree: Tree, attributes: Attributes, storage: Path) -> None:
    """Adds a project whose script counts reads, and a dataset with a file of them.

    Args:
        tree: Where things are kept.
        attributes: Where their attributes are kept.
        storage: The folder of the datasets' files.
    """
    project = tree.add(
        PROJECT,
        None,
        {"name": "Sandbox", "description": "Counts the reads of FASTQ files", "workflow": _WORKFLOW.strip()},
    )
    dataset = tree.add(DATASET, project, {"name": "Example Reads", "description": "25 reads of 16 bases"})
    attributes.add("int", dataset.id, "reads", {"value": 25})
    path = storage / dataset.base_file_path / "reads.fastq"
    path.parent.mkdir(parents=True, exist_ok=True)
    with in_place_of(path) as file:
        file.write(_READS.encode())
