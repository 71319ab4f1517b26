"""What an SDS data set has (SPARC Dataset Structure): its tables, their headers by version, the nodes that they become.

Headers of 1.2.3, 2.0.0, 3.0.0 and 3.0.2 are those of the official templates; 3.0.1 follows the structure's changelog. The
template of 2.1.0 was not available: its headers are those of 3.0.0 without what the changelog lists as added since 2.1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

T = TypeVar("T")
Version = Literal["1.2.3", "2.0.0", "2.1.0", "3.0.0", "3.0.1", "3.0.2"]
VERSIONS: tuple[Version, ...] = ("1.2.3", "2.0.0", "2.1.0", "3.0.0", "3.0.1", "3.0.2")
"""The versions whose headers are known, oldest first."""
DEFAULT_VERSION: Version = "2.0.0"
"""The version of what states none; dtp's default, too."""
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
        headers: By version: the headers of the official template, in its order; without versions that have no such table.
        also: Headers that no template has, or only another edition of it, but data sets do; none of them is misspelt.
        key: The property that names a record; empty where there is one record at most.
        by_element: Whether each row is an element with its values, rather than a record.
        anywhere: Whether folders within the data set may have it, too.
        needed: Whether each data set has it.
        others: By version: headers that aren't called as their property, without blanks and in lower case.
    """

    stem: str
    node: str
    headers: Mapping[Version, tuple[str, ...]]
    also: tuple[str, ...] = ()
    key: str = ""
    by_element: bool = False
    anywhere: bool = False
    needed: bool = False
    others: Mapping[Version, Mapping[str, str]] = field(default_factory=dict[Version, Mapping[str, str]])

    @property
    def first_value(self) -> int:
        """Of a table of elements: the column of the first value, from 0, where no header says so."""
        return 2 if self.stem == "submission" else 3


def squashed(name: str) -> str:
    """A header or property as it is compared: its letters and digits in lower case."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _same(each: T, *versions: Version) -> dict[Version, T]:
    return dict.fromkeys(versions or VERSIONS, each)


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
"""Elements of a data set's description (2.0.0) by their sections; Metadata Version and Type stand before them."""
_DESCRIPTION_3 = {
    "Standards information": ("Data standard", "Data standard version"),
    "Basic information": (
        *("Title", "Subtitle", "Description", "Keywords", "Funding", "Acknowledgments"),
        "License",
    ),
    "Funding information": ("Funding consortium", "Funding agency", "Award number"),
    **{name: _DESCRIPTION[name] for name in list(_DESCRIPTION)[1:4]},
    "Participant information": (
        *_DESCRIPTION["Participant information"],
        *("Number of sites", "Number of performances"),
    ),
    "Data dictionary information": ("Data dictionary path", "Data dictionary type", "Data dictionary description"),
}
"""Likewise, of 3.0.x."""
SECTIONS: Mapping[str, str] = {
    names[0]: section for each in (_DESCRIPTION, _DESCRIPTION_3) for section, names in each.items()
}
"""By the first element of each section of a description (from 2.0.0): what the section is called."""


def _elements(sections: Mapping[str, tuple[str, ...]], version: str = "Metadata Version") -> tuple[str, ...]:
    return (version, "Type", *(name for names in sections.values() for name in names))


_NEWER: Mapping[str, str] = {"type": "dataset_type", "acknowledgements": "acknowledgments"}
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
            "Is Contact Person",
            "Acknowledgements",
            "Funding",
            "Originating Article DOI",
            "Protocol URL or DOI",
            "Additional Links",
            "Link Description",
            "Number of subjects",
            "Number of samples",
            "Completeness of data set",
            "Parent dataset ID",
            "Title for complete data set",
            "Metadata Version DO NOT CHANGE",
        ),
        **_same(_elements(_DESCRIPTION), "2.0.0", "2.1.0"),
        "3.0.0": _elements(_DESCRIPTION_3),
        **_same(_elements(_DESCRIPTION_3, "Metadata version"), "3.0.1", "3.0.2"),
    },
    # Elements of devices (3.0.x) are left out of the default template.
    also=(
        *("Device intended use", "Device intented use", "Device current use", "Device type", "Device application"),
        *("Device target anatomy", "Device target species", "Device target sex", "Device target age category"),
        "Device target disease or disorder",
    ),
    by_element=True,
    needed=True,
    others={
        **_same(_NEWER),
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
    },
)

_SUBJECT = ("subject id", "pool id", "subject experimental group", "age", "sex", "species", "strain", "RRID for strain")
_OF_SUBJECTS = ("age category", "also in dataset", "member of")
_MORE_OF_SUBJECTS = (
    "laboratory internal id",
    "date of birth",
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
_DERIVED = "number of directly derived samples"
#: What 1.2.3 calls otherwise, in subjects and in samples.
_OLD = {"protocoliolocation": "protocol_url_or_doi", "experimentallogfilename": "experimental_log_file_path"}
SUBJECTS = TableKind(
    stem="subjects",
    node=CASE,
    headers={
        "1.2.3": (
            *("subject_id", "pool_id", "experimental group", "age", "sex", "species", "strain", "RRID for strain"),
            *("Additional Fields (e.g. MINDS)", "age category", "age range (min)", "age range (max)", "handedness"),
            *("genotype", "reference atlas", "protocol title", "protocol.io location", "experimental log file name"),
        ),
        **_same((*_SUBJECT, *_OF_SUBJECTS, *_MORE_OF_SUBJECTS), "2.0.0", "2.1.0"),
        **_same((*_SUBJECT, *_OF_SUBJECTS, "metadata only", *_MORE_OF_SUBJECTS), "3.0.0", "3.0.1"),
        "3.0.2": (*_SUBJECT, *_OF_SUBJECTS, "metadata only", _DERIVED, *_MORE_OF_SUBJECTS),
    },
    key="subject_id",
    needed=True,
    others={
        "1.2.3": {**_OLD, "experimentalgroup": "subject_experimental_group", "organismrrid": "rrid_for_strain"},
    },
)

_SAMPLE = ("sample id", "subject id", "was derived from", "pool id", "sample experimental group", "sample type")
_OF_SAMPLES = ("sample anatomical location", "also in dataset", "member of")
_MORE_OF_SAMPLES = (
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
_DERIVED_FROM: Mapping[str, str] = {"wasderivedfrom": "wasDerivedFromSample"}
SAMPLES = TableKind(
    stem="samples",
    node="sample",
    headers={
        "1.2.3": (
            *("subject_id", "sample_id", "wasDerivedFromSample", "pool_id", "experimental group", "specimen type"),
            *("specimen anatomical location", "Additional Fields (e.g. MINDS)", "species", "sex", "age"),
            *("age category", "age range (min)", "age range (max)", "handedness", "strain", "RRID for strain"),
            *("genotype", "reference atlas", "protocol title", "protocol.io location", "experimental log file name"),
        ),
        **_same((*_SAMPLE, *_OF_SAMPLES, *_MORE_OF_SAMPLES), "2.0.0", "2.1.0"),
        **_same((*_SAMPLE, *_OF_SAMPLES, "metadata only", *_MORE_OF_SAMPLES), "3.0.0", "3.0.1"),
        "3.0.2": (*_SAMPLE, *_OF_SAMPLES, "metadata only", _DERIVED, *_MORE_OF_SAMPLES),
    },
    key="sample_id",
    others={
        **_same(_DERIVED_FROM),
        "1.2.3": {
            **_OLD,
            **_DERIVED_FROM,
            "experimentalgroup": "sample_experimental_group",
            "specimentype": "sample_type",
            "specimenanatomicallocation": "sample_anatomical_location",
        },
    },
)

_FILE = ("filename", "timestamp", "description", "file type")
MANIFEST = TableKind(
    stem="manifest",
    node="manifest",
    headers={
        **_same((*_FILE, "Additional Metadata"), "1.2.3", "2.0.0", "2.1.0"),
        **_same(
            (
                *(*_FILE, "entity", "data modality", "also in dataset", "also in dataset path"),
                *("data dictionary path", "entity is transitive", "Additional Metadata"),
            ),
            *("3.0.0", "3.0.1", "3.0.2"),
        ),
    },
    also=(
        *("additional types", "isDescribedBy", "isDerivedFrom", "isSourceOf", "Supplemental JSON Metadata"),
        *("isAboutAnatomicalEntity", "species", "organ", "data type"),
    ),
    key="filename",
    anywhere=True,
    # Manifests of whole folders in 1.2.3's template have a pattern of names in the place of a name.
    others={"1.2.3": {"pattern": "filename"}},
)

_RULES = (
    "Define Context Clearly",
    "Use Appropriate Data",
    "Evaluate Within Context",
    "List Limitations Explicitly",
    "Use Version Control",
    "Document Adequately",
    "Disseminate Broadly",
    "Get Independent Reviews",
    "Test Competing Implementations",
)
_CODE = (
    *("RRID Term", "RRID Identifier", "Ontological term", "Ontological Identifier"),
    *(f"TSR{n}: {rule} {of}" for n, rule in enumerate(_RULES, 1) for of in ("Rating (0-4)", "Reference")),
    *("TSR10a: Conform to Standards Rating (0-4)", "TSR10a: Conform to Standards Reference"),
    "TSR10b: Relevant standards",
    *("Ann1: Code Verification Status", "Ann1: Reference to Code Verification"),
    *("Ann2: Code Validation Status", "Ann2: Reference to Code Validation"),
    *("Ann3: Certification Status", "Ann3: Reference to Certification"),
    *("Ann4: Onboarded to o²S²PARC Status", "Ann4: Reference to onboarded MSoP submission on o²S²PARC"),
    *("Ann5: Testing on o²S²PARC Status", "Ann5: Testing on o²S²PARC Reference"),
    *("Number of Inputs", "Number of Outputs", "Representation in CellML"),
)
_CODE_3 = (
    *("RRID Term", "RRID Identifier", "Ontology Term", "Ontology Identifier", "TSR Column Type"),
    *("TSR1: Clearly Defined Context", "TSR2: Use of Appropriate Data", "TSR3a: Verification"),
    *("TSR3b: Verification Results", "TSR3c: Evaluation Within Context", "TSR4: Explicitly Listed Limitations"),
    *("TSR5: Version Control", "TSR6: Adequate Documentation", "TSR7a: Broad Dissemination: Releases"),
    *("TSR7b: Broad Dissemination: Issues", "TSR7c: Broad Dissemination: License"),
    *("TSR7d: Broad Dissemination: Packages", "TSR7e: Broad Dissemination: Interactive"),
    *("TSR8a: Independent Reviews", "TSR8b: External Certification", "TSR9: Competing Implementation Testing"),
    *("TSR10a: Relevant Standards", "TSR10b: Standards Adherence", "Number of Inputs", "Input Parameter Name"),
    *("Input Parameter Type", "Input Parameter Description", "Input Units", "Input Default Value"),
    *("Input Constraints", "Number of Outputs", "Output Parameter Name", "Output Parameter Type"),
    *("Output Parameter Description", "Output Units", "Output Constraints"),
)
_PERFORMANCE = ("performance id", "protocol url or doi", "date", "start datetime", "end datetime")

KINDS: tuple[TableKind, ...] = (
    DATASET_DESCRIPTION,
    SUBJECTS,
    SAMPLES,
    MANIFEST,
    TableKind(
        stem="submission",
        node="submission",
        headers={
            "1.2.3": ("SPARC Award number", "Milestone achieved", "Milestone completion date"),
            "2.0.0": ("SPARC award number", "Milestone achieved", "Milestone completion date"),
            **_same(
                (
                    *("Consortium data standard", "Funding consortium", "Award number"),
                    *("Milestone achieved", "Milestone completion date"),
                ),
                *("2.1.0", "3.0.0", "3.0.1", "3.0.2"),
            ),
        },
        by_element=True,
        others=_same({"awardnumber": "sparc_award_number"}, "2.1.0", "3.0.0", "3.0.1", "3.0.2"),
    ),
    TableKind(
        stem="performances",
        node="performance",
        headers={
            **_same((*_PERFORMANCE, "Additional Metadata"), "2.0.0", "2.1.0"),
            **_same((*_PERFORMANCE, "participants", "Additional Metadata"), "3.0.0", "3.0.1", "3.0.2"),
        },
        key="performance_id",
    ),
    TableKind(
        stem="sites",
        node="site",
        headers=_same(
            (
                *("site id", "specimen id", "site type", "laboratory internal id"),
                *("coordinate system", "coordinate system position"),
            ),
            *("3.0.0", "3.0.1", "3.0.2"),
        ),
        key="site_id",
    ),
    TableKind(
        stem="resources",
        node="resource",
        headers={
            **_same(("RRID", "URL", "Vendor", "Version", "Additional Metadata"), "2.0.0", "2.1.0"),
            **_same(
                ("RRID", "Type", "Name", "URL", "Vendor", "Version", "ID in protocol", "Additional Metadata"),
                *("3.0.0", "3.0.1", "3.0.2"),
            ),
        },
        key="rrid",
    ),
    TableKind(
        stem="code_description",
        node="code_description",
        headers={**_same(_CODE, "2.0.0", "2.1.0"), **_same(_CODE_3, "3.0.0", "3.0.1", "3.0.2")},
        also=("Name", "Description", "Version", "URL", "RRID", "License"),
        by_element=True,
        others=_same({"rrididentifier": "rrid"}),
    ),
    TableKind(
        stem="code_parameters",
        node="code_parameter",
        headers=_same(
            (
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
            *("2.0.0", "2.1.0"),
        ),
        key="name",
        others=_same({"type": "parameter_type", "servicealiasusergivenname": "service_alias"}),
    ),
)
"""All tables that become records, in the order in which messages speak of them."""
