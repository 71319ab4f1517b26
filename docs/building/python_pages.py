"""The pages of the Python packages: each public name, from its docstring, by mkdocstrings."""

import sys
from importlib import import_module
from typing import NamedTuple

FOLDER = "reference/python"


class Package(NamedTuple):
    """A page of the reference.

    Attributes:
        module: What is imported.
        about: What it is for, in a few words.
        further: Modules below it whose public names stand on the same page.
        only: The public names, where the module has no `__all__`.
        whole: Classes whose page has what they inherit, too.
        first: Names that most programs begin with, in the order of the page; of a platform its clients are.
    """

    module: str
    about: str
    further: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    first: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The path of its page in the manual."""
        return f"{FOLDER}/{self.module.removeprefix('omicsdk.').removeprefix('omicsdk_')}.md"


PACKAGES = (
    Package("omicsdk", "the most used names; each is documented on the page of its package"),
    Package(
        "omicsdk.core",
        "requests, retries, credentials, paging, settings",
        ("omicsdk.core.checksums",),
        first=("ANONYMOUS", "BearerToken", "ApiKey", "Basic", "Retry", "Timeout"),
    ),
    Package(
        "omicsdk.transfer",
        "downloads and uploads: parallel, verified, resumable",
        first=(
            "download", "upload", "verify", "Item", "Location", "Upload", "TransferOptions", "TransferReport", "TransferFailed",
            "Transfer", "Control",
        ),
    ),
    Package("omicsdk.hca.dss", "the Data Store of the Human Cell Atlas", ("omicsdk.hca.dss.tsv",)),
    Package("omicsdk.hca.azul", "projects, files and manifests of the Human Cell Atlas, LungMAP and AnVIL (Azul)"),
    Package("omicsdk.hca.fusillade", "users, groups, roles and policies of the Human Cell Atlas (Fusillade)"),
    Package("omicsdk.hca.upload", "upload areas of the Human Cell Atlas"),
    Package("omicsdk.hca", "the services of the Human Cell Atlas"),
    Package("omicsdk.compat", "runs programs for the platforms' published clients unchanged"),
    Package(
        "omicsdk.compat.hca",
        "the Human Cell Atlas, with the interface of the published client hca",
        (
            "omicsdk.compat.hca.dss", "omicsdk.compat.hca.auth", "omicsdk.compat.hca.util",
            "omicsdk.compat.hca.util.exceptions",
        ),
    ),
    Package("omicsdk.sb", "Seven Bridges and the Cancer Genomics Cloud"),
    Package(
        "omicsdk.compat.sevenbridges",
        "Seven Bridges, with the interface of sevenbridges-python",
        (),
    ),
    Package(
        "omicsdk.gen3",
        "Gen3 data commons",
        (
            "omicsdk.gen3.downloads", "omicsdk.gen3.uploads", "omicsdk.gen3.records", "omicsdk.gen3.jobs",
            "omicsdk.gen3.workspaces", "omicsdk.gen3.manifests", "omicsdk.gen3.queries", "omicsdk.gen3.dictionary",
        ),
    ),
    Package(
        "omicsdk.compat.gen3",
        "Gen3 data commons, with the interface of gen3sdk",
        tuple(
            f"omicsdk.compat.gen3.{name}"
            for name in ("auth", "file", "index", "jobs", "metadata", "object", "query", "submission", "wss")
        ),
    ),
    Package(
        "omicsdk.compat.gen3.tools",
        "manifests, metadata and downloads, with the interface of gen3sdk",
        tuple(
            f"omicsdk.compat.gen3.tools.{name}"
            for name in (
                "indexing.index_manifest", "indexing.download_manifest", "indexing.verify_manifest",
                "indexing.validate_manifest_format", "indexing.merge_manifests", "metadata.ingest_manifest",
                "metadata.verify_manifest", "metadata.crosswalk", "metadata.discovery", "metadata.discovery_objects",
                "bundle.ingest_manifest", "diff", "merge", "download.drs_download",
            )
        ),
    ),
    Package("omicsdk.drs", "GA4GH DRS: identifiers to bytes"),
    Package("omicsdk.ga4gh", "htsget, refget and TRS: slices, reference sequences, tools"),
    Package("omicsdk.dtp", "conversion of SDS data sets to records of a Gen3 commons and back"),
    Package("omicsdk.crunch", "django-crunch: datasets and their workflows"),
    Package("omicsdk.compat.crunch", "connections and runs, with the interface of django-crunch's client"),
    Package(
        "omicsdk.pangea",
        "Pangea: samples and results in groups",
        ("omicsdk.pangea.ncbi", "omicsdk.pangea.reads", "omicsdk.pangea.samples", "omicsdk.pangea.uploads"),
    ),
    Package(
        "omicsdk.compat.pangea_api",
        "Pangea, with the interface of pangea-api",
        (
            "omicsdk.compat.pangea_api.analysis_result", "omicsdk.compat.pangea_api.blob_constructors",
            "omicsdk.compat.pangea_api.contrib.tagging.tag", "omicsdk.compat.pangea_api.contrib.tagging.tag_funcs",
            "omicsdk.compat.pangea_api.file_system_cache", "omicsdk.compat.pangea_api.remote_object",
            "omicsdk.compat.pangea_api.utils",
        ),
    ),
    Package("omicsdk.fs", "URIs, and file systems for fsspec, over all platforms", first=("open_store", "parse_uri")),
    Package("omicsdk.portals", "data of portals: search, and file lists: detection, download, verification", first=("get", "search")),
    Package("omicsdk.locks", "data locks: exactly the same files again", first=("Lock", "add")),
    Package("omicsdk.sandbox", "a local server for every platform", ("omicsdk.sandbox.pytest_plugin",), whole=("Sandbox",)),
    Package("omicsdk.testing", "pytest fixtures for each platform", ("omicsdk.testing.fixtures",)),
    Package("omicsdk_codegen", "the generator", ("omicsdk_codegen.generate",)),
)  # fmt: skip


class Name(NamedTuple):
    """A public name.

    Attributes:
        name: As it is imported.
        home: The dotted name under which it is defined.
    """

    name: str
    home: str


def there(package: Package) -> bool:
    """Whether a package is in this checkout."""
    from importlib.util import find_spec

    return find_spec(package.module) is not None


def names(module: str) -> list[Name]:
    """The public names of a module, in the order of their `__all__` (or of the file), with where each is defined.

    Args:
        module: Dotted.
    """
    loaded = import_module(module)
    listed: list[str] | None = getattr(loaded, "__all__", None)
    if listed is None:
        listed = [
            name for name, value in vars(loaded).items()
            if not name.startswith("_") and getattr(value, "__module__", None) == module
        ]  # fmt: skip
    return [Name(name, _home(module, name)) for name in listed if not name.startswith("__")]


def by_need(public: list[Name], first: tuple[str, ...] = ()) -> list[Name]:
    """Names in the order in which a reader needs them: `first`, clients, their asynchronous twins, the others, errors.

    Args:
        public: The names of a module.
        first: Names that come before all others.
    """
    public_names = {entry.name for entry in public}

    def rank(entry: Name) -> int:
        if f"Async{entry.name}" in public_names:
            return 0
        if entry.name.removeprefix("Async") in public_names - {entry.name}:
            return 1
        module, _, name = entry.home.rpartition(".")
        value = getattr(import_module(module), name)
        return 3 if isinstance(value, type) and issubclass(value, BaseException) else 2

    ahead = dict(zip(first, range(-len(first), 0), strict=True))
    return sorted(public, key=lambda entry: ahead[entry.name] if entry.name in ahead else rank(entry))


def _home(module: str, name: str) -> str:
    value = getattr(import_module(module), name)
    if (
        (inner := getattr(value, "__module__", None))
        and isinstance(inner, str)
        and inner.split(".")[0].startswith("omicsdk")
    ):
        qualname = getattr(value, "__qualname__", None)
        if isinstance(qualname, str) and getattr(sys.modules.get(inner), name, None) is value:
            return f"{inner}.{name}"
    return f"{module}.{name}"


def pages() -> dict[str, str]:
    """All pages of the Python reference by their path within the manual, their index with them."""
    packages = [package for package in PACKAGES if there(package)]
    homes: dict[str, str] = {}
    for package in packages[1:]:
        for module in (package.module, *package.further):
            for _, home in names(module):
                # A face may give a platform's own name: it is reported on the platform's page.
                if home not in homes or home.startswith(f"{package.module}."):
                    homes[home] = package.module
    made = {package.path: _package_page(package, homes) for package in packages}
    rows = "\n".join(
        f"| [`{package.module}`]({package.path.removeprefix(f'{FOLDER}/')}) | {package.about} |" for package in packages
    )
    return {f"{FOLDER}/index.md": f"{OPENING}\n| Package | |\n|---|---|\n{rows}\n"} | made


OPENING = """\
# Python packages

The public interface of omicsdk, generated from docstrings. Names that are not listed here are not public, except those of the generated
clients. [Generated clients](../../clients.md) lists them: their operations have the names and arguments of the
[commands](../commands/index.md).
"""


def _package_page(package: Package, homes: dict[str, str]) -> str:
    lines = [f"# `{package.module}`", ""]
    for module in (package.module, *package.further):
        if module != package.module:
            lines += [f"## `{module}`", ""]
        lines += [f"::: {module}", "    options:", "      members: false", "      show_root_heading: false", ""]
        for name, home in by_need(names(module), package.first if module == package.module else ()):
            if package.module == "omicsdk" or homes.get(home) != package.module:
                lines.append(f"- [`{name}`][{home}]")
            else:
                lines += ["", f"::: {home}", "    options:", f"      heading: {name}", f"      toc_label: {name}"]
                lines += ["      inherited_members: true", ""] if name in package.whole else [""]
        lines.append("")
    return "\n".join(lines)
