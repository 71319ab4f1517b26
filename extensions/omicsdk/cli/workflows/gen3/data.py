"""The commands of `omics gen3` that move files, as data."""

from __future__ import annotations

from omicsdk.cli.workflows.gen3.words import (
    DOWNLOADS,
    DRY_RUN,
    SHARED,
    TRANSFERS,
    choice,
    command,
    flag,
    option,
    output_file,
    several,
    with_examples,
    word,
    words,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_IDS = "GUIDs, DRS URIs (drs://HOST/ID or drs://PREFIX:ID)"
_INFILE = word("infile", "Manifest: a JSON list of objects with object_id, or a table with a column of GUIDs.")
_UNPACK = flag("unpack_packages", "Unpack files that are zip archives beside themselves, never over what is there.")
_DELETE = flag("delete_unpacked_packages", "Delete archives that were unpacked.")
_OUTPUT_DIR: Argument = option("output_dir", "Folder to put files into; made when it isn't there.", ".")
_PULLED: list[Argument] = [
    flag("no_progress", "Show no progress."),
    flag("no_unpack_packages", "Leave archives as they are."),
    _DELETE,
]
_PULLS = "The same as `omics gen3 download`, with the names and defaults of gen3's command: packages are unpacked."

OF_DATA: list[Command] = [
    command(
        "download",
        "gen3.downloads:download",
        "Download files by their GUIDs, DRS URIs or a manifest, verified and from several commons.",
        words("ids", f"{_IDS}; none with --manifest alone.", required=False),
        {
            **several("manifest", "Manifests: JSON lists of drs-pull, or tables (.tsv, .csv) with a column of GUIDs."),
            "short": "-m",
        },
        {**option("download_dir", "Folder to put files into; the current one when omitted."), "short": "-d"},
        choice(
            "layout",
            "Where files go: under their names, or each in a folder called like its GUID, for names that come twice.",
            ["name", "id"],
            "name",
        ),
        several("prefer", "Storage that is wanted most, where a file has several copies: s3, gs, aws, a region."),
        _UNPACK,
        _DELETE,
        *DOWNLOADS,
        *SHARED,
        {**DRY_RUN, "help": "Only print what would be fetched, and whether the disk has room; nothing is written."},
        description=with_examples(
            "Files come in parallel and are verified by every checksum that their record or the manifest states. Complete "
            "files aren't fetched again; run the command again to resume. A file that fails doesn't stop the others.",
            "download dg.1234/0d8b4c1e-8f0e-4a7c-9a0a-6f6f3a1c2b3d -d reads",
            "download drs://data.example.org/0d8b4c1e drs://dg.4503:9a0a6f6f",
            "download --manifest cohort.json -d reads --report reads.html",
        ),
    ),
    command(
        "upload",
        "gen3.uploads:upload",
        "Upload files and folders; each gets a GUID.",
        words("paths", "Files, and folders with all that is in them."),
        several("authz", "Resources that say who may read the files, such as /programs/P/projects/Q."),
        option("bucket", "The bucket; that of the commons' choice when omitted."),
        flag("subfolders", "Have the commons know a folder's files by their paths in it, not by their names alone."),
        option("part_size", "Size of the parts of large files, from 5M; with K, M or G.", "16M"),
        output_file(
            "manifest_out",
            "File (.tsv) to write the GUIDs, sizes and checksums of what was uploaded into.",
            stdout=".tsv",
        ),
        {
            **option(
                "wait", "Seconds to wait for the commons to fill in the records' sizes and checksums.", 60, "number"
            ),
            "convert": "omicsdk.cli.commands.gen3.uploads:seconds",
        },
        *TRANSFERS,
        DRY_RUN,
        description=with_examples(
            "Run the same command again to resume what was stopped or failed: nothing is sent twice, and no file gets a "
            "second GUID. Once all files are stored with their records filled, it sends all again.",
            "upload reads/ --authz /programs/P/projects/Q --manifest-out uploaded.tsv",
        ),
    ),
    command(
        "file download-single",
        "gen3.downloads:download_single",
        "Download a file by its GUID.",
        word("object_id", "Its GUID."),
        option("path", "Folder to put it into.", "."),
        *DOWNLOADS,
        description=with_examples("", "file download-single dg.1234/0d8b4c1e --path reads"),
    ),
    command(
        "drs-pull manifest",
        "gen3.drs_pull:manifest",
        "Download all objects that a manifest names.",
        _INFILE,
        word("output_dir", "Folder to put files into; made when it isn't there.", required=False, default="."),
        *_PULLED,
        *DOWNLOADS[1:],
        *SHARED,
        description=_PULLS,
    ),
    command(
        "drs-pull object",
        "gen3.drs_pull:one_object",
        "Download an object by its identifier.",
        word("object_id", "A GUID or DRS URI."),
        _OUTPUT_DIR,
        *_PULLED,
        *DOWNLOADS[1:],
        description=_PULLS,
    ),
    command(
        "drs-pull objects",
        "gen3.drs_pull:objects",
        "Download objects by their identifiers.",
        words("object_ids", f"{_IDS}."),
        _OUTPUT_DIR,
        *_PULLED,
        *DOWNLOADS[1:],
        description=_PULLS,
    ),
    command(
        "drs-pull ls",
        "gen3.drs_pull:ls",
        "List the files that a manifest names, or what you may do in the commons that have them.",
        _INFILE,
        flag("access", "List access rights instead of files."),
        flag("object", "INFILE is the identifier of an object, not a manifest."),
        description=with_examples(
            "", "drs-pull ls cohort.json", "drs-pull ls --object drs://dg.4503:9a0a6f6f --access"
        ),
    ),
    command(
        "wss ls",
        "gen3.wss:ls",
        "List the files of a workspace.",
        word("path", "ws:///WORKSPACE/KEY.", required=False, default="ws:///@user"),
        description=with_examples("", "wss ls", "wss ls ws:///@user/results/"),
    ),
    command(
        "wss cp",
        "gen3.wss:cp",
        "Copy a file into a workspace, out of one, or from one to another.",
        word("src", "A file, or ws:///WORKSPACE/KEY."),
        {**word("dest", "Where to, likewise; - is stdout."), "stdout": ""},
        description=with_examples("", "wss cp a.txt ws:///@user/a.txt", "wss cp ws:///@user/a.txt b.txt"),
    ),
    command("wss rm", "gen3.wss:rm", "Delete a file of a workspace.", word("path", "ws:///WORKSPACE/KEY."), DRY_RUN),
    command(
        "wss download-url",
        "gen3.wss:download_url",
        "Print a URL that a file of a workspace can be fetched from, for a while and by anybody.",
        word("path", "ws:///WORKSPACE/KEY."),
    ),
    command(
        "wss upload-url",
        "gen3.wss:upload_url",
        "Print a URL that a file of a workspace can be sent to by PUT, for a while and by anybody.",
        word("path", "ws:///WORKSPACE/KEY."),
    ),
]
