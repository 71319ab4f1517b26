"""Write a manifest of all files in all bundles that a query finds: python -m omicsdk.cli.demo.write_manifest FILE QUERY

The Data Store's address comes from the user's configuration, as everywhere.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omicsdk.hca.dss import Dss
from omicsdk.hca.dss.tsv import DictWriter

COLUMNS = (
    "bundle_uuid",
    "bundle_version",
    "file_name",
    "file_uuid",
    "file_version",
    "file_sha256",
    "file_size",
)


def write_manifest(path: Path, query: dict[str, Any]) -> int:
    """Write the manifest.

    Args:
        path: Where to.
        query: The query; {} finds every bundle.

    Returns:
        How many files it lists.
    """
    rows = 0
    with Dss() as dss, path.open("w", newline="", encoding="utf-8") as file:
        table = DictWriter(file, COLUMNS)
        table.writeheader()
        for hit in dss.post_search.iterate(es_query=query, replica="aws"):
            uuid, _, version = hit.bundle_fqid.partition(".")
            for entry in dss.get_bundle.iterate(uuid=uuid, version=version, replica="aws"):
                what = (entry.name, entry.uuid, entry.version, entry.sha256, entry.size)
                table.writerow(dict(zip(COLUMNS, (uuid, version, *what), strict=True)))
                rows += 1
    return rows


def main(arguments: Sequence[str]) -> None:
    """Write the manifest that the command line asks for."""
    rows = write_manifest(Path(arguments[0]), json.loads(arguments[1]))
    sys.stdout.write(f"{rows} files\n")


if __name__ == "__main__":
    main(sys.argv[1:])
