"""The Data Store's workflow commands, with the names and arguments that its published client documents."""

from __future__ import annotations

from omicsdk.cli.options import LIMITS, REPORT, SHARED, TRANSFER
from omicsdk.cli.workflows.login import login_commands
from omicsdk.cli.workflows.words import exemplified

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument, Command

_REPLICA: Argument = {
    "name": "replica",
    "type": "string",
    "required": True,
    "choices": ["aws", "gcp"],
    "help": "The replica to use: aws (Amazon Web Services) or gcp (Google Cloud Platform).",
}
_FOLDER: Argument = {
    "name": "download_dir",
    "type": "string",
    "default": "",
    "help": "Folder to download into; by default the current one.",
}
_NO_METADATA: Argument = {
    "name": "no_metadata",
    "type": "boolean",
    "default": False,
    "help": "Leave out metadata files (those that are indexed). Excludes --metadata-filter.",
}
_NO_DATA: Argument = {
    "name": "no_data",
    "type": "boolean",
    "default": False,
    "help": "Leave out data files (those that aren't indexed). Excludes --data-filter.",
}
_RETRIES: list[Argument] = [
    {
        "name": "num_retries",
        "type": "integer",
        "convert": "omicsdk.cli.commands.numbers:at_least_0",
        "default": 10,
        "help": "Failures that a file may meet; the quota falls with each failure and rises with each block that arrives. "
        "0 means that the first failure is the last.",
    },
    {
        "name": "min_delay_seconds",
        "type": "number",
        "convert": "omicsdk.cli.commands.numbers:at_least_0",
        "default": 0.25,
        "help": "Seconds to wait before trying again, at least; it doubles with each failure.",
    },
]

_COMMANDS: list[Command] = [
    *login_commands("dss"),
    {
        "command": "upload",
        "summary": "Upload a folder and create a bundle of its files.",
        "description": "The files are staged in your own S3 bucket, with their checksums as tags, then registered with the "
        "Data Store under one version, and bound together in a new bundle. Files whose names end in .json are indexed "
        "as metadata. Run the same command again to resume an upload that was interrupted or failed. Needs credentials "
        "for the bucket (as the AWS command line has them) and for the Data Store.",
        "run": "omicsdk.cli.commands.dss.bundles:upload",
        "parameters": [
            {
                "name": "src_dir",
                "type": "string",
                "convert": "omicsdk.cli.commands.texts:not_empty",
                "required": True,
                "help": "The folder to upload, with all that is in it.",
            },
            _REPLICA,
            {
                "name": "staging_bucket",
                "type": "string",
                "required": True,
                "help": "Name of an S3 bucket that you may write to and that the Data Store may read.",
            },
            {
                "name": "timeout_seconds",
                "type": "integer",
                "convert": "omicsdk.cli.commands.numbers:at_least_0",
                "default": 1200,
                "help": "Seconds to wait for the Data Store to take over each file.",
            },
            {"name": "no_progress", "type": "boolean", "default": False, "help": "Show no progress."},
            {
                "name": "bundle_uuid",
                "type": "string",
                "default": None,
                "help": "UUID of the bundle; by default a new one is made.",
            },
            {
                "name": "resume",
                "type": "boolean",
                "default": True,
                "help": "Resume an unfinished upload of the same folder to the same bucket; false restarts it.",
            },
            *LIMITS,
            {
                "name": "dry_run",
                "type": "boolean",
                "default": False,
                "help": "Only print what would be sent; nothing is sent.",
            },
            REPORT,
        ],
    },
    {
        "command": "download",
        "summary": "Download a bundle as a folder.",
        "description": "Files go to the store .hca in the download folder and are linked into <uuid>.<version>/ with the bundle's "
        "manifest as bundle.json. Existing files are verified, not fetched again; run the command again to resume a "
        "download that was stopped. Prints the bundle's manifest.",
        "run": "omicsdk.cli.commands.dss.bundles:download",
        "parameters": [
            {
                "name": "bundle_uuid",
                "type": "string",
                "convert": "omicsdk.cli.commands.texts:not_empty",
                "required": True,
                "help": "UUID of the bundle.",
            },
            _REPLICA,
            {
                "name": "version",
                "type": "string",
                "default": "",
                "help": "Version of the bundle, such as 2019-08-01T200147.836832Z; by default the latest.",
            },
            _FOLDER,
            {
                "name": "metadata_filter",
                "type": "array",
                "items": "string",
                "default": ["*"],
                "help": "Case-sensitive shell patterns; a metadata file is fetched when its name fits any of them.",
            },
            {
                "name": "data_filter",
                "type": "array",
                "items": "string",
                "default": ["*"],
                "help": "Case-sensitive shell patterns; a data file is fetched when its name fits any of them.",
            },
            _NO_METADATA,
            _NO_DATA,
            *_RETRIES,
            *TRANSFER,
            REPORT,
        ],
    },
    {
        "command": "download-manifest",
        "summary": "Download the files that a manifest lists.",
        "description": "A manifest is a tab-separated file with a header row and a file a row. It needs the columns bundle_uuid, "
        "bundle_version, file_name, file_uuid, file_sha256 and file_size, in any order; file_version is used when it is there, "
        "other columns are kept. The files go to the store .hca in the download folder, and a copy of the manifest with "
        "their paths in the column file_path goes to the current folder.",
        "run": "omicsdk.cli.commands.dss.bundles:download_manifest",
        "parameters": [
            {
                "name": "manifest",
                "type": "string",
                "convert": "omicsdk.cli.commands.texts:not_empty",
                "required": True,
                "help": "Path of the manifest.",
            },
            _REPLICA,
            {
                "name": "layout",
                "type": "string",
                "choices": ["none", "bundle"],
                "default": "none",
                "help": "none: files stay in the store; bundle: they are also linked into a folder for each bundle, with all "
                "its metadata.",
            },
            _NO_METADATA,
            _NO_DATA,
            *_RETRIES,
            _FOLDER,
            *TRANSFER,
            *SHARED,
            REPORT,
        ],
    },
    {
        "command": "create-version",
        "summary": "Print the present time as a version for a new file, bundle or collection.",
        "run": "omicsdk.cli.commands.dss.bundles:create_version",
        "bare": True,
        "parameters": [],
    },
    {
        "command": "refresh-swagger",
        "summary": "Nothing to do: no definitions of services are cached.",
        "run": "omicsdk.cli.commands.documented:nothing_cached",
        "bare": True,
        "parameters": [],
    },
    {
        "command": "download-collection",
        "summary": "Download all that a collection links to, and the collections in it.",
        "description": "Bundles become folders, as by download. Files that the collection links to by themselves go to "
        "files/<uuid>.<version>; a link to a part of a metadata file brings the whole file, and the command says so. A manifest of "
        "all files of bundles, with their paths, goes to the current folder.",
        "run": "omicsdk.cli.commands.dss.bundles:download_collection",
        "parameters": [
            {
                "name": "uuid",
                "type": "string",
                "convert": "omicsdk.cli.commands.texts:not_empty",
                "required": True,
                "help": "UUID of the collection.",
            },
            _REPLICA,
            {
                "name": "version",
                "type": "string",
                "default": None,
                "help": "Version of the collection; by default the latest.",
            },
            _FOLDER,
            *TRANSFER,
            REPORT,
        ],
    },
    {
        "command": "listen",
        "summary": "Receive notifications of subscriptions and print them, a JSON line each.",
        "description": "A small web server for the callback URL of a subscription. Requests are only taken when they are signed "
        "with the secret that was given as hmac_secret_key; without --hmac-key everything is taken. The Data Store hears that "
        "a notification arrived when its line is printed (or --exec has ended well); else it sends it again later. Listens "
        "at this machine only, unless --host says otherwise: let a web server that speaks TLS pass requests on to it. Ends by "
        "Ctrl-C.",
        "run": "omicsdk.cli.commands.dss.listening:listen",
        "bare": True,
        "parameters": [
            {
                "name": "port",
                "type": "integer",
                "convert": "omicsdk.cli.commands.numbers:port",
                "default": 8080,
                "help": "TCP port to listen at; 0 takes a free one and says which.",
            },
            {"name": "host", "type": "string", "default": "127.0.0.1", "help": "Address to listen at."},
            {
                "name": "path",
                "type": "string",
                "default": None,
                "help": "Path of the callback URL; others are answered with 404. By default any is taken.",
            },
            {
                "name": "hmac_key",
                "type": "string",
                "default": None,
                "help": "The subscription's hmac_secret_key, or @ and the name of a file that holds it; by default that of "
                "OMICS_DSS_HMAC_KEY. All users of a machine can see its command lines.",
            },
            {
                "name": "hmac_key_id",
                "type": "string",
                "default": None,
                "help": "The subscription's hmac_key_id; by default requests signed under any id are taken.",
            },
            {
                "name": "payload_form_field",
                "type": "string",
                "default": "payload",
                "help": "Field of a form that holds the message, for subscriptions with the encoding multipart/form-data.",
            },
            {
                "name": "max",
                "type": "integer",
                "convert": "omicsdk.cli.commands.numbers:at_least_1",
                "default": None,
                "help": "How many notifications to take before it ends; by default it continues until Ctrl-C.",
            },
            {"name": "once", "type": "boolean", "default": False, "help": "End after the first notification."},
            {
                "name": "timeout",
                "type": "number",
                "convert": "omicsdk.cli.commands.numbers:above_0",
                "default": None,
                "help": "Seconds to wait for each notification; when none comes the command ends with 1. As long as it takes when omitted.",
            },
            {
                "name": "exec",
                "type": "string",
                "default": None,
                "help": "Command to run for each notification, which it gets on stdin; its words are split as a shell does, but "
                "no shell runs it. When it fails, the notification comes again later.",
            },
        ],
    },
    {
        "command": "post-bundles-checkout",
        "extends": True,
        "run": "omicsdk.cli.commands.dss.writing:checkout",
        "parameters": [
            {
                "name": "wait",
                "type": "boolean",
                "default": False,
                "help": "Wait until the bundle is copied, and print where it is; a job that fails ends the command with 1.",
            },
            {
                "name": "timeout_seconds",
                "type": "number",
                "convert": "omicsdk.cli.commands.numbers:at_least_0",
                "default": 3600,
                "help": "Seconds to wait for the job with --wait.",
            },
        ],
    },
    {
        "command": "get-events",
        "extends": True,
        "parameters": [
            {
                "name": "from_date",
                "convert": "omicsdk.hca.dss.bundles:version_of",
                "help": "Earliest time: a date such as 2019-08-01, a time such as 2019-08-01T20:01:47Z, or a DSS_VERSION. The "
                "beginning of all events when omitted.",
            },
            {
                "name": "to_date",
                "convert": "omicsdk.hca.dss.bundles:version_of",
                "help": "The time before which events are listed, written likewise; now when omitted.",
            },
        ],
    },
    {
        "command": "put-file",
        "extends": True,
        "run": "omicsdk.cli.commands.dss.writing:put_file",
        "parameters": [
            {
                "name": "wait",
                "type": "boolean",
                "default": False,
                "help": "Wait until the service has the file: large ones are copied after its answer.",
            },
            {
                "name": "timeout_seconds",
                "type": "number",
                "convert": "omicsdk.cli.commands.numbers:at_least_0",
                "default": 1200,
                "help": "Seconds to wait for the copy with --wait.",
            },
        ],
    },
    {"command": "put-collection", "extends": True, "run": "omicsdk.cli.commands.dss.writing:put_collection"},
    {
        "command": "patch-collection",
        "extends": True,
        "run": "omicsdk.cli.commands.dss.writing:patch_collection",
    },
    {"command": "patch-bundle", "extends": True, "run": "omicsdk.cli.commands.dss.writing:patch_bundle"},
]

_EXAMPLES = {
    "login": (
        "",
        "--remote",
    ),
    "logout": ("",),
    "upload": ("--src-dir bundle/ --replica aws --staging-bucket my-staging-bucket",),
    "download": (
        "--bundle-uuid ffffffff-0000-4000-8000-000000000001 --replica aws --download-dir data",
        "--bundle-uuid ffffffff-0000-4000-8000-000000000001 --replica aws --data-filter '*.fastq.gz'",
    ),
    "download-manifest": (
        "--manifest manifest.tsv --replica aws",
        "--manifest manifest.tsv --replica aws --layout bundle --download-dir data",
    ),
    "create-version": ("",),
    "refresh-swagger": ("",),
    "download-collection": ("--uuid ffffffff-0000-4000-8000-000000000001 --replica aws --download-dir data",),
    "listen": (
        "--port 8080 --once",
        "--port 8080 --exec ./arrived.sh",
    ),
    "put-file": (
        "--uuid ffffffff-0000-4000-8000-000000000001 --creator-uid 0 --source-url s3://my-staging-bucket/reads.fastq.gz --version 2026-01-31T120000.000000Z",
    ),
    "put-collection": (
        "--uuid ffffffff-0000-4000-8000-000000000001 --replica aws --version 2026-01-31T120000.000000Z --name atlas --description 'First release' --details '{}' --contents @contents.json",
    ),
    "patch-collection": (
        "--uuid ffffffff-0000-4000-8000-000000000001 --replica aws --version 2026-01-31T120000.000000Z --name atlas-2",
    ),
    "patch-bundle": (
        "--uuid ffffffff-0000-4000-8000-000000000001 --replica aws --version 2026-01-31T120000.000000Z --add-files @files.json",
    ),
    "post-bundles-checkout": ("--uuid ffffffff-0000-4000-8000-000000000001 --replica aws --wait",),
}

COMMANDS = exemplified("dss", _COMMANDS, _EXAMPLES)
