"""What an SDS data set has (SPARC Dataset Structure 1.2.3 and 2.0.0): its tables, their headers, the nodes that they become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

T = TypeVar("T")
Version = Literal["1.2.3", "2.0.0"]
VERSIONS: tuple[Version, ...] = ("1.2.3", "2.0.0")
EXPERIMENT = "experiment"
"""The node that stands for the data set itself."""
CASE = "case"
"""The node of subjects."""
OWN = frozenset({"type", "id", "project_id", "submitter_id", "state", "created_datetime", "updated_datetime"})
"""What records state that no table does."""


@dataclass(frozen=True, slots=True, eq=False)  # each is what it is, and a key
class TableKind:
    """A table of a data set.

    Attributes:
        stem: Its file's name without the suffix; of what is made of it, too.
        node: The node of its records.
        headers: By version: its headers in the template's order.
        key: The property that names a record; empty where there is one record at most.
        by_element: Whether each row is an element with its values, rather than a record.
        anywhere: Whether folders within the data set may have it, too.
        needed: Whether each data set has it.
        others: By version: headers that aren't called as their property, without blanks and in lower case.
        without: By version: headers of the template that no node has a property for, as `others` writes them.
        sections: Rows that only divide others, as `others` writes them.
    """

    stem: str
    node: str
    headers: Mapping[Version, tuple[str, ...]]
    key: str = ""
    by_element: bool = False
    anywhere: bool = False
    needed: bool = False
    others: Mapping[Version, Mapping[str, str]] = field(default_factory=dict[Version, Mapping[str, str]])
    without: Mapping[Version, frozenset[str]] = field(default_factory=dict[Version, frozenset[str]])
    sections: frozenset[str] = frozenset()

    @property
    def first_value(self) -> int:
        """Of a table of elements: the column of the first value, from 0, where no header says so."""
        return 2 if self.stem == "submission" else 3


def squashed(name: str) -> str:
    """A header or property as it is compared: its letters and digits in lower case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _squashed(*names: str) -> frozenset[str]:
    return frozenset(squashed(name) for name in names)


def _same(each: T) -> Mapping[Version, T]:
    return dict.fromkeys(VERSIONS, each)


def _both(*headers: str) -> Mapping[Version, tuple[str, ...]]:
    return _same(headers)


_DESCRIPTION = {
    "Basic information": ("Title", "Subtitle", "Keywords", "Funding", "Acknowledgments"),
    "Study information": (
        "Study purpose",
        "Study data collection",
        "Study primary conclusion",
        "Study organ system",
        "Study approach",
        "Study technique",
        "Study collection title",
    ),
    "Contributor information": (
        "Contributor name",
        "Contributor ORCiD",
        "Contributor affiliation",
        "Contributor role",
    ),
    "Related protocol, paper, dataset, etc.": (
        "Identifier description",
        "Relation type",
        "Identifier",
        "Identifier type",
    ),
    "Participant information": ("Number of subjects", "Number of samples"),
}
"""Elements of a data set's description by their sections; Metadata Version and Type stand before them."""
SECTIONS: Mapping[str, str] = {names[0]: section for section, names in _DESCRIPTION.items()}
"""By the first element of each section of a description (2.0.0): what the section is called."""

DATASET_DESCRIPTION = TableKind(
    stem="dataset_description",
    node="dataset_description",
    headers={
        "1.2.3": (
            "Name",
            "Description",
            "Keywords",
            "Contributors",
            "Contributor ORCID ID",
            "Contributor Affiliation",
            "Contributor Role",
            "Acknowledgements",
            "Funding",
            "Number of subjects",
            "Number of samples",
            "Title for complete data set",
            "Metadata Version DO NOT CHANGE",
        ),
        "2.0.0": ("Metadata Version", "Type", *(name for names in _DESCRIPTION.values() for name in names)),
    },
    by_element=True,
    needed=True,
    others={
        "1.2.3": {
            "type": "dataset_type",
            "name": "title",
            "description": "subtitle",
            "contributors": "contributor_name",
            "contributororcidid": "contributor_orcid",
            "acknowledgements": "acknowledgments",
            "titleforcompletedataset": "study_collection_title",
            "metadataversiondonotchange": "metadata_version",
        },
        "2.0.0": {"type": "dataset_type", "acknowledgements": "acknowledgments"},
    },
    without={
        "1.2.3": _squashed(
            *("Is Contact Person", "Originating Article DOI", "Protocol URL or DOI", "Additional Links"),
            *("Link Description", "Completeness of data set", "Parent dataset ID"),
        )
    },
    sections=_squashed(*_DESCRIPTION),
)

_OF_SUBJECTS = ("also in dataset", "member of", "laboratory internal id", "date of birth")
_MORE_OF_SUBJECTS = (
    "age range (min)",
    "age range (max)",
    "body mass",
    "genotype",
    "phenotype",
    "handedness",
    "reference atlas",
    "experimental log file path",
    "experiment date",
    "disease or disorder",
    "intervention",
    "disease model",
    "protocol title",
    "protocol url or doi",
)
SUBJECTS = TableKind(
    stem="subjects",
    node=CASE,
    headers={
        "1.2.3": (
            *("subject id", "pool id", "experimental group", "age", "sex", "species", "strain", "Organism RRID"),
            *("age category", *_OF_SUBJECTS, *_MORE_OF_SUBJECTS),
        ),
        "2.0.0": (
            *("subject id", "pool id", "subject experimental group", "age", "sex", "species", "strain"),
            *("RRID for strain", "age category", *_OF_SUBJECTS, *_MORE_OF_SUBJECTS),
        ),
    },
    key="subject_id",
    needed=True,
    others={"1.2.3": {"experimentalgroup": "subject_experimental_group", "organismrrid": "rrid_for_strain"}},
)

_OF_SAMPLES = (
    "also in dataset",
    "member of",
    "laboratory internal id",
    "date of derivation",
    "experimental log file path",
    "reference atlas",
    "pathology",
    "laterality",
    "cell type",
    "plane of section",
    "protocol title",
    "protocol url or doi",
)
SAMPLES = TableKind(
    stem="samples",
    node="sample",
    headers={
        "1.2.3": (
            *("subject id", "sample id", "wasDerivedFromSample", "pool id", "experimental group", "specimen type"),
            *("specimen anatomical location", *_OF_SAMPLES),
        ),
        "2.0.0": (
            *("sample id", "subject id", "was derived from", "pool id", "sample experimental group", "sample type"),
            *("sample anatomical location", *_OF_SAMPLES),
        ),
    },
    key="sample_id",
    others={
        "1.2.3": {
            "experimentalgroup": "sample_experimental_group",
            "specimentype": "sample_type",
            "specimenanatomicallocation": "sample_anatomical_location",
            "wasderivedfrom": "wasDerivedFromSample",
        },
        "2.0.0": {"wasderivedfrom": "wasDerivedFromSample"},
    },
)

MANIFEST = TableKind(
    stem="manifest",
    node="manifest",
    headers=_both(
        "filename",
        "timestamp",
        "description",
        "file type",
        "additional types",
        "isDescribedBy",
        "isDerivedFrom",
        "isSourceOf",
        "Additional Metadata",
        "Supplemental JSON Metadata",
    ),
    key="filename",
    anywhere=True,
    without=_same(_squashed("isAboutAnatomicalEntity", "species", "organ")),
)

KINDS: tuple[TableKind, ...] = (
    DATASET_DESCRIPTION,
    SUBJECTS,
    SAMPLES,
    MANIFEST,
    TableKind(
        stem="submission",
        node="submission",
        headers=_both("SPARC award number", "Milestone achieved", "Milestone completion date"),
        by_element=True,
    ),
    TableKind(
        stem="performances",
        node="performance",
        headers=_both(
            "performance id", "protocol url or doi", "date", "start datetime", "end datetime", "Additional Metadata"
        ),
        key="performance_id",
    ),
    TableKind(
        stem="resources",
        node="resource",
        headers=_both("RRID", "URL", "Vendor", "Version", "Additional Metadata"),
        key="rrid",
    ),
    TableKind(
        stem="code_description",
        node="code_description",
        headers=_both("Name", "Description", "Version", "URL", "RRID", "License"),
        by_element=True,
        others=_same({"rrididentifier": "rrid"}),
    ),
    TableKind(
        stem="code_parameters",
        node="code_parameter",
        headers=_both(
            "Type",
            "Service Alias (User-given name)",
            "Service name",
            "Service version",
            "Name",
            "Data Ontology Identifier",
            "Data Type",
            "Data Units",
            "Data Default Value",
        ),
        key="name",
        others=_same({"type": "parameter_type", "servicealiasusergivenname": "service_alias"}),
    ),
)
"""All tables that become records, in the order in which messages speak of them."""
