"""Help on what commands have in common, and on archives that have no commands of their own."""

from __future__ import annotations

from omicsdk.cli.help import filled, prose

# By name: a line about it, and the text.
TOPICS: dict[str, tuple[str, str]] = {
    "credentials": (
        "Where each platform's credentials come from",
        "omics init shows the credentials of each platform and how to get missing ones. For every service --access-token takes "
        "precedence, then OMICS_<SERVICE>_TOKEN, then the platform's own sources:\n\n"
        "- dss, auth: omics dss login, or GOOGLE_APPLICATION_CREDENTIALS\n"
        "- upload: omics upload select URI; deployments have a key, OMICS_UPLOAD_TOKEN\n"
        "- sb: SB_API_ENDPOINT and SB_AUTH_TOKEN, else a section of ~/.sevenbridges/credentials (--profile, SB_PROFILE)\n"
        "- gen3, dtp: --access-token with a token or a credentials file, GEN3_API_KEY, else ~/.gen3/credentials.json\n"
        "- gdc: omics login gdc, or GDC_TOKEN; other archives need none for open data\n"
        "- crunch: CRUNCH_URL and CRUNCH_TOKEN\n"
        "- pangea: PANGEA_USER and PANGEA_PASS\n\n"
        "A token goes to the service that it was issued for and to no other, and over http to this machine only.",
    ),
    "settings": (
        "Settings files and variables",
        "omics config list shows each value with its origin, omics config path the files. Defaults of a command's arguments are "
        "settings too:\n\n    omics config set dss.download.replica aws\n\n"
        "The command line takes precedence over variables, and variables over files; of the files that omics config path lists, "
        "the last takes precedence.",
    ),
    "output": (
        "How results are printed",
        "JSON to a pipe or file, a table to a terminal. --output json, jsonl, table or tsv selects the form; with jsonl items "
        "are printed as pages arrive. --query selects by JMESPath:\n\n"
        "    omics sb files ls sb://me/project --output tsv\n    omics dss get-subscriptions --replica aws --query 'subscriptions[].uuid'"
        "\n\nResults go to stdout alone; messages, progress and questions to stderr. Colours are for terminals: NO_COLOR and "
        "TERM=dumb turn them off, FORCE_COLOR and CLICOLOR_FORCE on.",
    ),
    "logs": (
        "Messages on stderr",
        "--log-level sets the least level; --quiet prints results and errors only; --debug prints requests, responses and tracebacks. "
        "--log-format json prints each message as an object on one line: time, level, logger, message, and further fields.\n"
        "A transfer prints its progress so, each minute or as --progress-every states; SIGUSR1 prints it at once.\n\n"
        "    omics --log-format json dss download-manifest --manifest manifest.tsv --replica aws 2> log.jsonl\n\n"
        "Secrets are masked.",
    ),
    "exit-codes": (
        "Exit codes of commands",
        "- 0: done\n- 1: the service or the system refused, or the only file failed\n- 2: usage or settings\n"
        "- 3: some or all of several items failed, --time-budget is over, or --limit left items out\n- 4: credentials\n- 130: interrupted\n"
        "- 129: ended by SIGHUP: the terminal was closed\n- 143: ended by SIGTERM\n\nIn a script, repeat the command after 1, 3, 129 and 143; 2 and 4 would fail again.",
    ),
    "files": (
        "Names of files",
        "A path names a file of this machine: reads/a.fastq, C:\\data\\a.fastq, \\\\server\\share\\a.fastq. A URI, which begins with "
        "a scheme of two letters or more and ://, names a file of a platform:\n\n"
        "- azul://CATALOG/projects/UUID/NAME (AnVIL: datasets in the place of projects)\n"
        "- dss://REPLICA/UUID.VERSION/NAME, the latest version without .VERSION\n- sb://OWNER/PROJECT/FOLDER/NAME\n"
        "- gen3://HOST/GUID, or gen3://GUID of your commons\n- drs://HOST/ID, or drs://PREFIX:ID\n"
        "- pangea://ORGANIZATION/GROUP/SAMPLE/MODULE/FIELD\n- crunch://PROJECT/DATASET/NAME\n- s3://BUCKET/KEY\n- gs://BUCKET/KEY\n\n"
        "A URL, https:// or http://, names a file of a web server, or a folder that it lists. A URI that ends in a slash names a "
        "folder, never a file of its name. omics get takes accessions as well: omics help downloads.\n\n"
        "An argument that takes JSON takes @FILE, and @- for stdin.",
    ),
    "lists": (
        "Lists of files that omics get reads",
        "A list is a text: UTF-8, UTF-16 or Windows-1252, as it is or compressed with gzip. Tables are separated by tabs, commas or "
        "semicolons; save a workbook of Excel as CSV. Where headings do not show it, --map states what a column has; --base is the "
        "URL of the folder of names without addresses; --format chooses one of:",
    ),
    "downloads": (
        "Resume, verify and share downloads",
        "Run the same command again to resume: what is complete is skipped, a damaged file is fetched again.\n\n"
        "    omics get PRJNA257197 --to reads\n    omics verify reads\n    omics get reads.manifest.tsv --to reads\n\n"
        "omics verify reads each file again and compares it with the checksum that its download recorded, also in a copy of "
        "the folder with its hidden files. The result manifest beside the folder downloads the same data elsewhere. For a list of "
        "checksums, use a lock:\n\n    omics add PRJNA257197\n    omics lock\n    omics pull\n    omics lock --export md5sum",
    ),
}

# Archives by their usual names, as `TOPICS`: they have no commands of their own.
ARCHIVES: dict[str, tuple[str, str]] = {
    "gdc": (
        "The Genomic Data Commons (GDC) of the NCI: TCGA, TARGET, CPTAC and others",
        "Files of projects, barcodes and UUIDs, or of the manifest that the portal's cart downloads:\n\n"
        "    omics search glioma --portal gdc\n    omics get TCGA-LUAD --to data --where data_format=BAM --dry-run\n"
        "    omics get gdc_manifest.txt --to data\n\nControlled files require the token of your profile page: run omics login gdc, or set GDC_TOKEN.",
    ),
    "ena": (
        "Sequence archives: the ENA, the SRA, GEO and ArrayExpress",
        "Runs, experiments, samples and studies by their accessions; reads are taken from the ENA, with --sra from the SRA:\n\n"
        "    omics search ebola --portal ena\n    omics get PRJNA257197 --to reads --where library_strategy=RNA-Seq --dry-run\n"
        "    omics get SRR1553607 --to archives --sra\n    omics get GSE147507 --to tables --suppl\n\nNone requires a login.",
    ),
    "hca": (
        "The Human Cell Atlas",
        "Projects, files and manifests of its data explorer, as those of LungMAP and AnVIL, are in Azul; no login is required:\n\n"
        "    omics azul projects ls\n    omics azul download --help\n    omics get manifest.tsv --to data\n\n"
        "The Data Store that the published client `hca` was for is closed. Its commands are those of dss, auth and upload; "
        "omics alias hca defines `hca` as a word for them.",
    ),
    "terra": (
        "Terra, AnVIL and their workspaces",
        "Files of a table that a workspace exports, by their DRS URIs or gs:// URLs:\n\n"
        "    omics get participant.tsv --to data --dry-run\n    omics get drs://dg.4503:0d8b4c1e --to data\n    omics azul datasets ls --catalog anvil8\n\n"
        "Log in with `gcloud auth application-default login`; --google-project names the project that pays.",
    ),
    "cgc": (
        "The Cancer Genomics Cloud, CAVATICA and other deployments of Seven Bridges",
        "Their commands are those of sb; the deployment is chosen by its address:\n\n"
        "    omics login sb --base-url https://cgc-api.sbgenomics.com/v2\n    omics ls sb://me/project/",
    ),
    "zenodo": (
        "Records of Zenodo, Figshare, Dataverse and Dryad; studies of PRIDE, MetaboLights and BioStudies",
        "Files of a record by its DOI or page, and of a study by its accession:\n\n"
        "    omics get 10.5281/zenodo.3357167 --to data --dry-run\n    omics get PXD000001 --to spectra --dry-run",
    ),
}

# Other words for them.
SYNONYMS = {
    **dict.fromkeys(("tcga", "target", "cptac", "nci"), "gdc"),
    **dict.fromkeys(("sra", "geo", "ddbj", "ncbi", "arrayexpress"), "ena"),
    **dict.fromkeys(("anvil", "broad"), "terra"),
    **dict.fromkeys(("cavatica", "sevenbridges", "sbg"), "cgc"),
    **dict.fromkeys(("figshare", "dataverse", "dryad", "pride", "metabolights", "biostudies"), "zenodo"),
    **dict.fromkeys(("humancellatlas", "lungmap"), "hca"),
}

TOPIC_SYNONYMS = {
    **dict.fromkeys(
        ("resume", "share", "checksum", "checksums", "download", "transfers", "accession", "accessions"), "downloads"
    ),
    **dict.fromkeys(("uri", "uris", "url", "urls", "path", "paths", "scheme", "schemes", "file", "names"), "files"),
    **dict.fromkeys(("exit", "exit-code", "codes"), "exit-codes"),
    **dict.fromkeys(("list", "format", "formats", "manifest", "manifests", "excel", "csv", "tsv"), "lists"),
}


def archive(word: str) -> str:
    """The archive that a word names; empty for none.

    Args:
        word: The word, in any case.
    """
    name = word.lower()
    return name if name in ARCHIVES else SYNONYMS.get(name, "")


def topic_help(name: str, width: int) -> str:
    """The help of a topic; empty if no topic has the name.

    Args:
        name: The name of the topic or archive; `topics` lists all.
        width: Characters of a line.
    """
    name = TOPIC_SYNONYMS.get(name, name)
    if name == "topics":
        topics = "\n".join(f"- {topic}: {title[0].lower()}{title[1:]}" for topic, (title, _) in TOPICS.items())
        archives = "\n".join(f"- {topic}: {title}" for topic, (title, _) in ARCHIVES.items())
        title, text = "Topics", f"omics help TOPIC, with one of:\n\n{topics}\n\nAnd on archives:\n\n{archives}"
    elif name in TOPICS:
        title, text = TOPICS[name]
        if name == "lists":
            from omicsdk.portals.formats import FORMATS

            text += "\n\n" + "\n".join(f"- {entry.name}: {entry.title}" for entry in FORMATS)
    elif name := archive(name):
        title, text = ARCHIVES[name]
    else:
        return ""
    return "\n\n".join([filled(title.split(), width, ""), *prose(text, width)]) + "\n"
