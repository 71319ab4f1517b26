"""The data of the three services, from examples and from folders of files."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from omicsdk.sandbox.ga4gh.htsget import PREFIX as HTSGET_PREFIX
from omicsdk.sandbox.ga4gh.htsget import Htsget, htsget_service
from omicsdk.sandbox.ga4gh.refget import PREFIX as REFGET_PREFIX
from omicsdk.sandbox.ga4gh.refget import Refget, refget_service
from omicsdk.sandbox.ga4gh.trs import PREFIX as TRS_PREFIX
from omicsdk.sandbox.ga4gh.trs import Trs, trs_service
from omicsdk.sandbox.service import Call, SandboxContext, Service

PREFIXES = (HTSGET_PREFIX, REFGET_PREFIX, TRS_PREFIX)
EXAMPLE_READS = "sample-1"
EXAMPLE_TOOL = "#workflow/sandbox/example/count"

# The files of the tool that exists from the start, its primary descriptor first.
_FILES = ("main.cwl", "tools/count.cwl", "tests/reads.json", "Dockerfile")


class Ga4gh:
    """The GA4GH services that are read from.

    Args:
        context: State and settings that all services share.

    Attributes:
        htsget: Files of reads and variants.
        refget: Reference sequences.
        trs: Tools.
    """

    def __init__(self, context: SandboxContext) -> None:
        self._context = context
        self._lock = threading.RLock()
        self._is_seeded = False
        self.htsget = Htsget(context)
        self.refget = Refget(context)
        self.trs = Trs(context)

    def clear(self) -> None:
        """Have the examples made again, once something is requested."""
        self._is_seeded = False

    def seed(self) -> "Ga4gh":
        """Make the examples, unless there is any data, when something is first looked at: most sandboxes never need them."""
        with self._lock:
            is_first, self._is_seeded = not self._is_seeded, True
            tables = (self.htsget.sets, self.refget.sequences, self.trs.described)
            if is_first and not any(table.count() for table in tables):
                self._make_examples()
        return self

    def _make_examples(self) -> None:
        folder = files("omicsdk.sandbox.ga4gh").joinpath("example")
        texts = {name: folder.joinpath(name).read_text("utf-8") for name in _FILES}
        with self._context.database.transaction():
            for format, suffix in (("BAM", "bam"), ("VCF", "vcf")):
                self.htsget.add(EXAMPLE_READS, format, folder.joinpath(f"{EXAMPLE_READS}.{suffix}").read_bytes())
            for name, circular in (("chromosomes.fa", False), ("plasmid.fa", True)):
                self.refget.add_fasta(folder.joinpath(name).read_text("ascii"), circular=circular)
            for version in ("v1.0", "v1.1"):
                self.trs.add(EXAMPLE_TOOL, version, "CWL", texts, "Counts reads", name=f"release {version[1:]}")

    def services(self, document: Callable[[str], Mapping[str, Any]]) -> list[Service]:
        """The services that the sandbox mounts.

        Args:
            document: Gives the OpenAPI 3.1 document of a service.
        """
        services = (
            htsget_service(self.htsget, document("htsget")),
            refget_service(self.refget, document("refget")),
            trs_service(self.trs, document("trs")),
        )

        def before(_call: Call) -> None:
            self.seed()

        return [replace(service, before=before) for service in services]

    def add_folder(self, service: str, folder: Path) -> dict[str, Any]:
        """Add the files of a folder to a service.

        Args:
            service: htsget (BAM, CRAM, VCF and BCF files), refget (FASTA files) or trs (VERSION/TYPE/files of one tool).
            folder: The folder.

        Returns:
            What was added, and in `left` which files were not.

        Raises:
            ValueError: The folder has nothing for the service, or a file that cannot be read; nothing was added.
        """
        self.seed()
        with self._context.database.transaction():
            if service == "trs":
                return {"tool": f"#workflow/sandbox/{folder.name}", "versions": self.trs.add_folder(folder)}
            added, left = list[str](), list[str]()
            for path in sorted(entry for entry in folder.rglob("*") if entry.is_file()):
                name = path.relative_to(folder).as_posix()
                if service == "refget" and path.suffix in (".fa", ".fasta", ".fna"):
                    added += self.refget.add_fasta(path.read_text("ascii"))
                elif service == "htsget" and self.htsget.add_file(path, name):
                    added.append(name)
                else:
                    left.append(name)
            if not added:
                raise ValueError(f"{folder} has no files for {service}")
            return {"added": added, "left": left}
