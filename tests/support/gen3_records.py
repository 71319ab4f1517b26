"""Records of the dictionary that a sandbox's commons begins with, and that dictionary."""

from functools import cache
from typing import Any

from omicsdk.gen3.dictionary import Dictionary
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.records.dictionary import sds_document

FILLED = dict.fromkeys(
    (
        "subject_id", "pool_id", "subject_experimental_group", "age", "sex", "species", "strain", "rrid_for_strain",
        "age_category", "also_in_dataset", "member_of",
    ),
    "NA",
)  # fmt: skip
"""What a case has to have, besides its name and its experiment."""


def dictionary(**more: Any) -> Dictionary:
    """The dictionary, with more nodes or others in their place."""
    return Dictionary({**sds_document(), **more}) if more else _plain_dictionary()


@cache
def _plain_dictionary() -> Dictionary:
    return Dictionary(sds_document())


def experiment(name: str = "e1", **more: Any) -> dict[str, Any]:
    return {"type": "experiment", "submitter_id": name, "projects": [{"code": "one"}], **more}


def case(name: str, experiment: str = "e1", **more: Any) -> dict[str, Any]:
    return {"type": "case", "submitter_id": name, "experiments": [{"submitter_id": experiment}], **FILLED, **more}


def names_of(sandbox: Sandbox, node_type: str) -> list[str]:
    """The names of a sandbox's records of a node type."""
    return sorted(record["submitter_id"] for record in sandbox.gen3.records.listed(node_type))


def relatives() -> dict[str, Any]:
    """A node whose records link to others of it: subjects and their relatives."""
    link = {"label": "related_to", "multiplicity": "many_to_many", "required": False, "backref": "relatives_of"}
    return {
        "id": "subject",
        "title": "Subject",
        "type": "object",
        "category": "clinical",
        "submittable": True,
        "additionalProperties": False,
        "links": [
            {**link, "name": "projects", "backref": "subjects", "target_type": "project", "required": True},
            {**link, "name": "relatives", "target_type": "subject"},
        ],
        "required": ["submitter_id", "type", "projects"],
        "uniqueKeys": [["id"], ["project_id", "submitter_id"]],
        "systemProperties": ["id", "project_id", "created_datetime", "updated_datetime", "state"],
        "properties": {
            "$ref": "_definitions.yaml#/ubiquitous_properties",
            "weight": {"type": "number", "minimum": 0, "maximum": 500},
            "projects": {"$ref": "_definitions.yaml#/to_one_project"},
            "relatives": {"$ref": "_definitions.yaml#/to_many"},
        },
    }
