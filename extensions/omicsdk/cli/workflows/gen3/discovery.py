"""The commands of `omics gen3 discovery` and `omics gen3 objects crosswalk`, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3.words import (
    DRY_RUN,
    LIMIT,
    command,
    flag,
    option,
    output_file,
    spelled,
    with_examples,
    word,
    words,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_GUID_TYPE: Argument = {
    **option("guid_type", "What the documents are about, their _guid_type.", "discovery_metadata"),
    "also": ["--guid_type"],
}
_AGG = flag("agg", "Read what the commons gathers of others, too.")
_TABLE = word("file", "Studies: a table (.tsv, .csv) or JSON, as `discovery read` writes it.")


def _at_most(name: str, what: str) -> Argument:
    return {
        **LIMIT,
        "name": name,
        "help": f"How many {what}, at most; all when omitted. It ends with 3 where there are more.",
    }


OF_DISCOVERY: list[Command] = [
    command(
        "discovery read",
        "gen3.discovery:read",
        "Write what the commons shows on its discovery page into a file.",
        _at_most("limit", "documents to read"),
        _AGG,
        _GUID_TYPE,
        spelled(
            {
                **option("output_format", "What the file is.", "tsv"),
                "choices": ["tsv", "json"],
            }
        ),
        spelled(option("output_filename_suffix", "Text after the file's name.")),
        output_file("output_file", "The file; named after the commons and the type when omitted.", stdout=""),
        description=with_examples("", "discovery read --limit 10000", "discovery read --output-file studies.tsv"),
    ),
    command(
        "discovery combine",
        "gen3.discovery:combine",
        "Add the columns of a table to what the commons shows of the same studies, and write that.",
        word("file", "Table with what is added, separated by tabs (.tsv) or commas."),
        output_file("output_filename", "File that is written.", "combined_discovery_metadata.tsv", stdout=".tsv"),
        _at_most("max_number_discovery_records", "documents to read"),
        option("discovery_column_to_map_on", "Column of the studies that identifies them.", "guid"),
        option("metadata_column_to_map", "Column of the file that identifies the study of a row.", "guid"),
        option("metadata_prefix", "What is put before the names of the columns that are added."),
        flag("exact", "Take cells for the same only when they are; else that of the study has the other one in it."),
        _AGG,
        description=with_examples("", "discovery combine further.tsv --metadata-column-to-map study"),
    ),
    command(
        "discovery publish",
        "gen3.discovery:publish",
        "Publish the studies of a file on the discovery page, in place of those that are there.",
        {**_TABLE, "required": False},
        flag("default_file", "Take the file that `discovery read` writes by default."),
        flag("omit_empty", "Leave out fields that are empty."),
        _GUID_TYPE,
        spelled(option("guid_field", "Field that is the GUID; guid when omitted. Studies without one are left out.")),
        description=with_examples(
            "It ends with 3 where some studies failed.", "discovery publish studies.tsv --omit-empty"
        ),
    ),
    command(
        "discovery delete",
        "gen3.discovery:delete",
        "Delete all metadata of a study of the discovery page.",
        word("guid", "Its GUID."),
        DRY_RUN,
    ),
    command(
        "discovery objects read",
        "gen3.discovery:read_objects",
        "Write the data objects of studies into a file.",
        words("dataset_guids", "GUIDs of studies; all when omitted.", required=False),
        flag("only_object_guids", "Print the GUIDs of the objects instead, one a line."),
        flag("template", "Write the columns that `publish` wants, without rows."),
        spelled({**option("output_format", "What the file is.", "tsv"), "choices": ["tsv", "json"]}),
        output_file("output_file", "The file; named after the commons when omitted.", stdout=""),
        _at_most("limit", "studies to look at, where none are named"),
        description=with_examples(
            "",
            "discovery objects read phs000001 phs000002",
            "discovery objects read --only-object-guids | xargs omics gen3 download",
        ),
    ),
    command(
        "discovery objects publish",
        "gen3.discovery:publish_object_table",
        "Publish the data objects of a table; studies that aren't there are made.",
        word("file", "Table (.tsv) with the columns dataset_guid, guid and display_name, and any others."),
        flag("overwrite", "Put these in the place of all objects that a study has."),
        description=with_examples("", "discovery objects publish objects.tsv"),
    ),
    command(
        "discovery objects delete",
        "gen3.discovery:delete_object_lists",
        "Take data objects from studies; the files themselves stay.",
        words("guids", "GUIDs of studies, which lose all of their objects.", required=False),
        option("file", "Table of single objects, as `publish` takes it."),
        DRY_RUN,
    ),
]
