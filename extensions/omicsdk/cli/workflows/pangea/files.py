"""The commands of `omics pangea` that move tables and files, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.pangea.words import (
    DOWNLOADS,
    DRY_RUN,
    GROUP,
    LIBRARY,
    MANIFEST,
    MOVING,
    NAMES,
    ORG,
    OUTFILE,
    command,
    flag,
    option,
    short,
    with_examples,
    word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_FILE_LIST = word("file_list", "File with the paths of FASTQ files, one a line; - is stdin.")
_TAGS: Argument = {
    **short("-t", option("tag", "Name of a tag for the samples; may be given several times.")),
    "type": "array",
    "items": "string",
    "repeated": True,
}
_KEEPING = [
    flag("overwrite", "Upload files again that are there."),
    flag("no_overwrite", "Leave what is there as it is; the default."),
    flag("private", "Only members of the organization may see the reads; the default."),
    flag("public", "Everybody who sees the samples may see the reads."),
]
_DRY_RUN: Argument = {**flag("dry_run", "Only print which files would become which samples."), "also": ["--dryrun"]}
_EMAIL = option("email", "Your login; its short spelling is taken by --ext here.")

OF_FILES: list[Command] = [
    command(
        "download metadata",
        "pangea.metadata:download",
        "Write the metadata of a group's samples as a table, CSV with the names in the first column.",
        ORG,
        GROUP,
        {**NAMES, "help": "Names of samples; all of the group when omitted."},
        MANIFEST,
        OUTFILE,
        description=with_examples(
            "Lists and objects within metadata are written as JSON.",
            'download metadata "My Lab" Gut -o gut.csv',
            'download metadata "My Lab" Gut s1 s2 --output json',
        ),
    ),
    command(
        "download sample-results",
        "pangea.results:download",
        "Download the analysis results of a group's samples: what each field holds, and the file that it points at.",
        ORG,
        GROUP,
        {**NAMES, "help": "Names of samples; all of the group when omitted."},
        MANIFEST,
        option("module_name", "Only results of this module."),
        option("field_name", "Only fields of this name."),
        option("target_dir", "Folder to write into.", "."),
        flag("download", "Download the files; the default."),
        flag("urls_only", "Only print the addresses of the files, each with the name that it would get."),
        {**DRY_RUN, "help": "Only print what would be fetched; nothing is written."},
        OUTFILE,
        *DOWNLOADS,
        description=with_examples(
            "Prints the path of each field's file, or of its content where it has none. A field that holds no file has its content alone written. What is there already isn't fetched again.",
            'download sample-results "My Lab" Gut --module-name raw::paired_short_reads --target-dir reads',
            'download sample-results "My Lab" Gut s1 --urls-only',
        ),
    ),
    command(
        "upload reads",
        "pangea.reads:paired",
        "Upload paired-end reads: samples are named after the files.",
        ORG,
        LIBRARY,
        _FILE_LIST,
        *_KEEPING,
        _DRY_RUN,
        _TAGS,
        short("-m", option("module_name", "Module that the reads become a result of.", "raw::paired_short_reads")),
        short("-d", option("delim", "A sample's name ends before this text.")),
        short("-1", option("ext_1", "What the names of first reads end with.", ".R1.fastq.gz")),
        short("-2", option("ext_2", "What the names of second reads end with.", ".R2.fastq.gz")),
        OUTFILE,
        *MOVING,
        description=with_examples(
            "A sample that lacks one of its two files is reported before anything is sent.",
            'upload reads "My Lab" Gut files.txt --dry-run',
            'upload reads "My Lab" Gut - -d _L001 < files.txt',
        ),
    ),
    command(
        "upload single-ended-reads",
        "pangea.reads:single",
        "Upload single-ended or nanopore reads: samples are named after the files.",
        ORG,
        LIBRARY,
        _FILE_LIST,
        *_KEEPING,
        _DRY_RUN,
        {**flag("wetrun", "Upload them; the default.")},
        _TAGS,
        short("-m", option("module_name", "Module that the reads become a result of.", "raw::single_short_reads")),
        short("-f", option("field_name", "Field that the reads become.", "reads")),
        short("-e", option("ext", "What the files' names end with.", ".fastq.gz")),
        _EMAIL,
        OUTFILE,
        *MOVING,
        description=with_examples(
            "", 'upload single-ended-reads "My Lab" Gut files.txt -m raw::basecalled_nanopore_reads'
        ),
    ),
    command(
        "upload metadata",
        "pangea.metadata:upload",
        "Give samples the metadata of a table.",
        ORG,
        LIBRARY,
        word("table", "CSV file with a row a sample and a header; - is stdin."),
        flag("overwrite", "Replace the metadata of samples that have some."),
        flag("no_overwrite", "Leave samples alone that have metadata; the default."),
        flag("create", "Create samples that aren't there."),
        flag("no_create", "Report samples that do not exist; the default."),
        flag("update", "Keep what samples have, and add to it; the table wins."),
        flag("no_update", "Leave samples alone that have metadata; the default."),
        option("index_col", "Column that has the names: its number, from 0, or its name.", "0"),
        option("encoding", "How the file's text is encoded, such as utf_8 or latin_1.", "utf_8"),
        OUTFILE,
        description=with_examples(
            "A column whose cells all are whole numbers, numbers, or True and False is sent as such; numbers with zeros in front "
            "stay text. Empty cells, and what pandas takes for missing (NA, NaN, null ...), are left out.",
            'upload metadata "My Lab" Gut gut.csv --create --update',
            'upload metadata "My Lab" Gut gut.csv --overwrite --index-col sample_id',
        ),
    ),
    command(
        "upload group-field",
        "pangea.fields:of_group",
        "Upload a file as a field of a group's analysis result.",
        ORG,
        GROUP,
        word("module_name", "Module of the result; the result is created where there is none."),
        word("field_name", "Name of the field."),
        word("file_path", "The file."),
        OUTFILE,
        *MOVING,
        description=with_examples("", 'upload group-field "My Lab" Gut multiqc report multiqc.html'),
    ),
]
