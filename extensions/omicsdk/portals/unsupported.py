"""What a list is that has no known format, with a remedy."""

from __future__ import annotations

import re

from omicsdk.portals.headings import is_heading_of_addresses
from omicsdk.portals.lists import WITHOUT_SCHEME, ZIP, Head, scheme_of
from omicsdk.portals.rows import text_of

# A line of HuBMAP's manifests: the identifier of a dataset, and a path in it. md5sum has two blanks before a path.
ID_AND_PATH = re.compile(r"(?:HBM[0-9]{3}\.[A-Z]{4}\.[0-9]{3}[ \t]+|[0-9a-f]{32}(?: |\t+))/")
_RUN = re.compile(r"[sed]rr[0-9]{6,}")
# A file of a disk, of Unix or of Windows.
_LOCAL_FILE = re.compile(r"\s*(?:file://)?(?:~?/|[A-Za-z]:[\\/])[^|<>*?:;,]*\.[A-Za-z]\w{0,9}\s*\Z")
_WORKBOOK = (
    "a workbook of Excel, not a text",
    "Save its sheet as CSV (UTF-8), or as text with tabs; omicsdk[gen3] reads .xlsx.",
)
_SPREADSHEET = ("a spreadsheet, not a text", "Save its sheet as CSV (UTF-8).")
_DOCUMENT = ("a document, not a list of files", "Copy the names of data in it into the command.")
_SYNAPSE = ("a manifest of Synapse", "Use its own client: synapse get ID, or synapse get -q QUERY.")
_DNANEXUS = ("a list of files of DNAnexus", "Download them by its own client: dx download.")
_EGA = ("a list of files of the EGA", "Download each by its own client: pyega3 fetch EGAF…")
_ICGC = ("a manifest of the ICGC's repositories", "Download its files by the ICGC's own client, score.")
# Kinds of unsupported lists with a remedy, by what they, or one of their lines, begin with.
_BY_TEXT = {
    r"\APK(?s:.{28})mimetypeapplication/vnd\.oasis\.opendocument\.spreadsheet": _SPREADSHEET,
    r"\APK(?s:.{28})mimetypeapplication/vnd\.oasis\.opendocument\.text": _DOCUMENT,
    r"\A\xd0\xcf\x11\xe0": _WORKBOOK,
    r"\A%PDF": _DOCUMENT,
    r"\AObj\x01": ("a PFB or other Avro file", "Export the files as a TSV or JSON manifest."),
    r"\A/\* DATA DESCRIPTION:": ("a table of PANGAEA that names no files", "It is the data: it needs no download."),
    r"\A(?:ncbikart|ncbi_gap|eyJ[\w-]+\.eyJ)": (
        "a cart or key of dbGaP",
        "Use prefetch --ngc KEY, with --cart for a .jwt.",
    ),
    rf"\A{ID_AND_PATH.pattern}": ("a manifest of HuBMAP, for Globus", "Download it by its own client, hubmap-clt."),
    r"^(?:(?:--recursive|-r) +\S*/\S* +\S*/|\S*/\S* +\S*/\S* +(?:--recursive|-r)$|[\"']?/.+ [\"']?/~/)": (
        "a batch of globus transfer, with paths at endpoints",
        "Use globus transfer --batch, or list the HTTPS addresses of its files.",
    ),
    r'\A\{"omics_lock"': ("a lock of files, not a list", "Download its files by omics pull in its folder."),
    r"\Aversion https://git-lfs": ("a pointer of Git LFS, not the file itself", "Get the file by git lfs pull."),
    r"\A\{\\rtf": ("a document in RTF, not a text", "Save it as plain text."),
    r"\A\{%": ("a template, such as a recipe of conda", "List the addresses in it, one per line."),
    r"\A\s*<": (
        "a page of HTML or XML, not a list of files",
        "Download the list itself, where it is a login page; else list the addresses in it, one per line.",
    ),
    r"^[ \t]*params(?:\s*\{|\.\w+\s*=)": (
        "a configuration of Nextflow, whose values may have others in them",
        "List the addresses in it, one per line; for iGenomes: omics cp -r s3://ngi-igenomes/igenomes/PATH .",
    ),
    r"^(?:genomesFile|trackDb)\s+\S": (
        "a part of a hub, without tracks",
        "Use the trackDb.txt that its genomes.txt names.",
    ),
    r'"\$dnanexus_link"|"(?:file|project)-\w{24}"|\((?:file|project)-\w{24}\)$': _DNANEXUS,
    r"^  C- /|^ +\S+ +\d+ \S+ +\d+ \d{4}-\d\d-\d\d\.\d\d:\d\d ": (
        "a listing of iRODS",
        "Download its collection by its own client: iget -r COLLECTION.",
    ),
    r"\A\.:$|^[├└|`]── ": (
        "a list of names that does not tell files from folders",
        "Write find . -type f, ls -lR or tree -J.",
    ),
    r'\A(?:"[^"\n]*",)+"(?:STANDARD|GLACIER|INTELLIGENT_TIERING)': (
        "a list of an inventory of S3, without its columns",
        "Use the manifest.json of the inventory, with this list beside it.",
    ),
    r"\Ad\d+:(?:announce|created|creation|comment|encoding|info|url-list)": (
        "a torrent",
        "Use a client of BitTorrent, or a list of its web seeds.",
    ),
    r'\barchive_(?:digest|checksum)"?\s*:|/file_seek_key/': (
        "a response or configuration of refgenie, without the address of an archive",
        "Download it: omics cp https://SERVER/v3/assets/archive/GENOME/ASSET .",
    ),
    r"^(?:\S*/)?ascp +-": (
        "commands of ascp, whose protocol Aspera is not spoken",
        "List the runs of the SRA, or the addresses by FTP: of era-fasp@fasp.sra.ebi.ac.uk:/PATH ftp.sra.ebi.ac.uk/PATH.",
    ),
    r'"synapse_?[Ii]d"\s*:\s*"syn\d+"': _SYNAPSE,
    r"\A\s*\{\w+\}[^\s{]*/\S*$": (
        "a list of paths with a placeholder, such as {name}",
        "Write what it stands for in its place.",
    ),
    r"\A\s*(?:/\*(?s:.*?)\*/|//[^\n]*\n)\s*[\[{]": ("JSON with comments, which it cannot have", "Delete them."),
    r'"keep:[0-9a-f]{32}\+\d+/': (
        "a document with files in collections of Arvados",
        "Download them by its own client: arv-get COLLECTION/PATH .",
    ),
    r"\A(?:docker://)?[a-z0-9][\w.-]*/[\w./-]+@sha256:[0-9a-f]{64}$": (
        "a list of images of containers, not of files",
        "Pull them by docker pull or apptainer pull.",
    ),
    r"^(?:\[[^]\n]*\] )?(?:pyega3 - EGA|File ID +Status +Bytes)": _EGA,
    r'"analysisId"\s*:': _ICGC,
    r'\A\s*\{\s*"htsget"': (
        "a ticket of htsget, whose parts are joined to one file",
        "Download it by an htsget client, such as samtools with the URL of the ticket.",
    ),
    r'"stac_version"\s*:': (
        "a catalog or collection of STAC without items",
        "Use its items, or the response of its server for them, COLLECTION/items.",
    ),
    r'\A\s*\{\s*"EMPIAR-\d+"': (
        "an entry of EMPIAR, which names no files",
        "Download its folder: omics cp -r https://ftp.ebi.ac.uk/empiar/world_availability/NUMBER/ .",
    ),
}
# Those by some of their columns.
_BY_COLUMNS = {
    ("path", "parent", "synapsestore"): _SYNAPSE,
    ("synapseurl",): _SYNAPSE,
    ("id", "datafilehandleid"): _SYNAPSE,
    ("component", "entityid"): _SYNAPSE,
    ("uuid", "bundle_uuid", "sha256"): ("a table of omics azul files ls", "Write a manifest: omics azul manifest."),
    ("uuid", "species", "organ", "cells"): ("a table of omics azul projects ls", "Name each: omics get azul:UUID."),
    ("object_id", "repo_code"): _ICGC,
    ("object_id", "repository_code"): _ICGC,
    ("analysisid", "objectid"): _ICGC,
    ("ega_file_id",): _EGA,
    # Its MD5 are those of sketches.
    ("internal_location", "md5short"): ("a manifest of sourmash, for its database", "Download the database."),
    ("guid", "_tag_0"): (
        "a Gen3 discovery export of studies without the column __manifest, which names their files",
        "Export the manifest of the selected studies from the discovery page.",
    ),
}


def what_it_is(head: Head) -> tuple[str, str]:
    """Return the kind of an unsupported list, and a remedy; empty if it is none of these.

    Args:
        head: Its beginning.
    """
    if head.path.is_dir():
        return "a folder that is neither a bag nor a data set", "Name the list of files in it."
    if "workbook.xml" in head.members:
        return _WORKBOOK
    if "Document.iwa" in head.members:
        return "a document of Numbers, Pages or Keynote", "Export its table as CSV (UTF-8)."
    if "document.xml" in head.members:
        return _DOCUMENT
    text = head.data.decode("latin-1") if head.is_binary else head.text
    for pattern, meaning in _BY_TEXT.items():
        if re.search(pattern, text, re.MULTILINE):
            return meaning
    for columns, meaning in _BY_COLUMNS.items():
        if {*columns} <= {*head.columns}:
            return meaning
    runs = sum(_RUN.fullmatch(name) is not None for name in head.columns)  # those of a matrix of counts are headings
    if runs == 1 or any(scheme_of(name) or WITHOUT_SCHEME.match(name) for name in head.columns):
        return (
            "a table without a heading",
            "Name its columns in a first line, such as sample and url, or sample and run.",
        )
    if len(head.columns) > 1 and not head.sample and any(map(is_heading_of_addresses, head.columns)):
        return "a heading without rows", "Export the list again, with files selected."
    if head.is_script:
        return "a script whose commands download from no stated address", "Run it, or list the addresses, one per line."
    if head.is_object and head.document is None:
        return (
            "invalid JSON, or JSON of more than 64 MiB",
            "Correct it, such as its comments, or download it again.",
        )
    if head.columns[:1] == ("file name",):
        return (
            "a manifest for uploads, which names local files",
            "Export the manifest of files that are on the platform.",
        )
    if head.is_binary:
        if head.data.startswith(ZIP) or head.data[257:262] == b"ustar":
            return (
                "an archive, not a list of files",
                "Unpack it, and use the list, or the folder of the bag, that is in it.",
            )
        return "binary data, not a list of files", "Use the list that names the files."
    return "", ""


def names_local_files(head: Head) -> bool:
    """Whether a table has a column of paths on a disk.

    Args:
        head: Its beginning.
    """
    for column in dict.fromkeys(name for row in head.sample for name in row):
        cells = [cell for row in head.sample if (cell := text_of(row.get(column, "")))]
        if sum(_LOCAL_FILE.match(cell) is not None for cell in cells) * 2 > len(cells):
            return True
    return False
