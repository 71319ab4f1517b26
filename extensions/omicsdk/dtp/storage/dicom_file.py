"""DICOM files on disk: whether one is whole, and which instance it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import MissingExtra, TransferError, UnsafePath
from omicsdk.dtp.storage.datasets import Case, StoredFile

_UID = re.compile(r"[0-9]+(\.[0-9]+)*\Z", re.ASCII)
#: Characters that an identifier of DICOM has at most (PS3.5, 9.1).
LONGEST_UID = 64
_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance(StoredFile):
    """An image, or whatever else an archive keeps as one instance.

    Attributes:
        study: The StudyInstanceUID.
        series: The SeriesInstanceUID.
        sop: The SOPInstanceUID.
        sop_class: The SOPClassUID; empty where the archive doesn't say.
    """

    study: str
    series: str
    sop: str
    sop_class: str = ""


def needs_pydicom() -> None:
    """Makes sure that pydicom is there.

    Raises:
        MissingExtra: It isn't installed.
    """
    try:
        import pydicom  # pyright: ignore[reportUnusedImport] # noqa: F401
    except ImportError as error:
        raise MissingExtra("dtp", "DICOM files", module="pydicom") from error


def is_uid(text: str) -> bool:
    """Whether a text is an identifier of DICOM: numbers with dots between them."""
    return len(text) <= LONGEST_UID and _UID.match(text) is not None


def instance_of(case: Case, series: str, sop: str, sop_class: str = "") -> Instance:
    """Gives an instance its place in a data set: primary/sub-STUDY/sam-SERIES/INSTANCE.dcm.

    Args:
        case: The subject.
        series: The SeriesInstanceUID.
        sop: The SOPInstanceUID.
        sop_class: The SOPClassUID.

    Raises:
        UnsafePath: What the archive says isn't an identifier.
    """
    for uid in (series, sop):
        if not is_uid(uid):
            raise UnsafePath(uid, "is no identifier of DICOM", remedy="Tell the archive's operators.")
    name = f"primary/{case.folder}/sam-{series}/{sop}.dcm"
    return Instance(name=name, study=case.study, series=series, sop=sop, sop_class=sop_class)


def check_instance(path: Path, wanted: Instance) -> str:
    """Holds a file against the instance that it is to be, and against the lengths that it states itself.

    Args:
        path: The file.
        wanted: The instance.

    Returns:
        What was looked at, in words.

    Raises:
        TransferError: It is no DICOM file, another instance, or ends too early.
    """
    import pydicom

    try:
        found = cast("Any", pydicom).dcmread(path, defer_size=1024)
        here = (str(found.get("StudyInstanceUID", "")), str(found.get("SOPInstanceUID", "")))
        end = _stated_end(found)
    except Exception as error:  # whatever a damaged file makes of it
        raise TransferError(
            f"{wanted.name}: what the archive sent is no whole DICOM file ({type(error).__name__}: {error})",
            name=wanted.name,
            remedy="Try again; if it stays, tell the archive's operators that its copy is damaged.",
        ) from error
    if here != (wanted.study, wanted.sop):
        raise TransferError(
            f"{wanted.name}: the archive sent the instance {here[1] or 'without an identifier'} of the study"
            f" {here[0] or 'without an identifier'}",
            name=wanted.name,
            remedy="Tell the archive's operators.",
        )
    size = path.stat().st_size
    if end > size:
        raise TransferError(
            f"{wanted.name}: {size} of {end} bytes came", name=wanted.name, remedy="Run it again; it goes on from here."
        )
    return "SOPInstanceUID, StudyInstanceUID, length"


def _stated_end(found: Any) -> int:
    """Where a file has to end at least, by the length of its last element; 0 where that can't be told."""
    if str(getattr(found.file_meta, "TransferSyntaxUID", "")) == _DEFLATED or not len(found):
        return 0
    last = found.get_item(max(found.keys()))
    place, length = getattr(last, "value_tell", None), getattr(last, "length", None)
    if not isinstance(place, int) or not isinstance(length, int) or length == _UNDEFINED:
        return 0
    return place + length
