"""The file system of each scheme, registered with fsspec by its name: `fsspec.open("dss://...")`, `pandas.read_csv("drs://...")`.

s3:// isn't among them: fsspec has its own, whose place in other programs this one must not take.
"""

from __future__ import annotations

from typing import ClassVar

from omicsdk.fs.filesystems.filesystem import OmicsFileSystem


class DssFileSystem(OmicsFileSystem):
    """Files of bundles in the Human Cell Atlas's Data Store; options as for `omicsdk.fs.places.dss.store.DssStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "dss"


class DrsFileSystem(OmicsFileSystem):
    """Objects that a DRS URI names, whoever has them; options as for `omicsdk.fs.places.drs.store.DrsStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "drs"


class Gen3FileSystem(OmicsFileSystem):
    """Files of a Gen3 data commons; options as for `omicsdk.fs.places.gen3.Gen3Store`."""

    protocol: ClassVar[str | tuple[str, ...]] = "gen3"


class SbFileSystem(OmicsFileSystem):
    """Files of projects on Seven Bridges' platforms; options as for `omicsdk.fs.places.sb.SbStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "sb"


class PangeaFileSystem(OmicsFileSystem):
    """Files in the results of Pangea; options as for `omicsdk.fs.places.pangea.store.PangeaStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "pangea"


class CrunchFileSystem(OmicsFileSystem):
    """Files of datasets of a crunch site; options as for `omicsdk.fs.places.crunch.store.CrunchStore`."""

    protocol: ClassVar[str | tuple[str, ...]] = "crunch"
