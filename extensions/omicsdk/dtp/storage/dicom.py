"""The common parts of all ways to read from a DICOM archive: instances, their listing, and the check of their files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from omicsdk.core.errors import APIError, AuthError, TransferError, UnsafePath
from omicsdk.dtp.storage.datasets import StoredFile, Subject, Unlisted

_UID = re.compile(r"[0-9]+(\.[0-9]+)*\Z", re.ASCII)
#: Characters that a UID has at most (PS3.5, 9.1).
LONGEST_UID = 64
_DEFLATED = "1.2.840.10008.1.2.1.99"
_UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance(StoredFile):
    """An image, or another object of an archive.

    Attributes:
        study: The StudyInstanceUID.
        series: The SeriesInstanceUID.
        sop: The SOPInstanceUID.
        sop_class: The SOPClassUID; empty if the archive states none.
    """

    study: str
    series: str
    sop: str
    sop_class: str = ""


def is_uid(text: str) -> bool:
    """Whether a text is a UID of DICOM: numbers with dots between them."""
    return len(text) <= LONGEST_UID and _UID.match(text) is not None


def instance_of(subject: Subject, series: str, sop: str, sop_class: str = "") -> Instance:
    """Return an instance with its place in a data set: primary/sub-STUDY/sam-SERIES/INSTANCE.dcm.

    Args:
        subject: The subject.
        series: The SeriesInstanceUID.
        sop: The SOPInstanceUID.
        sop_class: The SOPClassUID.

    Raises:
        UnsafePath: An identifier of the archive is no UID.
    """
    for uid in (series, sop):
        if not is_uid(uid):
            raise UnsafePath(uid, "is not a DICOM identifier", remedy="Contact the archive's operators.")
    name = f"primary/{subject.folder}/sam-{series}/{sop}.dcm"
    return Instance(name=name, study=subject.study, series=series, sop=sop, sop_class=sop_class)


#: Lists the SeriesInstanceUIDs of a study; and, for a study and a series, the SOPInstanceUIDs and SOPClassUIDs (empty where the
#: archive states none) of its instances.
SeriesOf = Callable[[str], Iterable[str]]
InstancesOf = Callable[[str, str], Iterable[tuple[str, str]]]


def instances(
    subjects: Iterable[Subject], series_of: SeriesOf, instances_of: InstancesOf
) -> Iterator[Instance | Unlisted]:
    """List the instances of subjects, each of which is a study.

    Args:
        subjects: The subjects.
        series_of: Lists the series of a study.
        instances_of: Lists the instances of a series of a study.

    Yields:
        The instances, and each subject that has none or cannot be listed.
    """
    for subject in subjects:
        try:
            instances_found = list(_of_study(subject, series_of, instances_of)) if is_uid(subject.study) else []
        except AuthError:  # the other subjects would be refused, too
            raise
        except (APIError, TransferError) as error:
            instances_found = [Unlisted(f"primary/{subject.folder}", error)]
        yield from instances_found or [_no_study(subject)]


def _of_study(subject: Subject, series_of: SeriesOf, instances_of: InstancesOf) -> Iterator[Instance | Unlisted]:
    for series in series_of(subject.study):
        # A series whose identifier is not a UID cannot be requested: it fails as an instance of it would.
        for pair in instances_of(subject.study, series) if is_uid(series) else [("", "")]:
            try:
                yield instance_of(subject, series, *pair)
            except UnsafePath as error:
                yield Unlisted(f"primary/{subject.folder}", error)


def _no_study(subject: Subject) -> Unlisted:
    if is_uid(subject.study):
        message = f"The archive has no study {subject.study}"
        remedy = "Check subject_id in the commons, and that the study was sent to this archive."
    else:
        message = f"The subject {subject.subject_id!r} has no images: its id is not a StudyInstanceUID"
        remedy = "Correct subject_id in the commons: sub- and the StudyInstanceUID."
    return Unlisted(f"primary/{subject.folder}", TransferError(message, name=subject.subject_id, remedy=remedy))


def check_instance(path: Path, instance: Instance) -> str:
    """Verify that a file is the wanted instance, and as long as it states itself.

    Args:
        path: The file.
        instance: The instance.

    Returns:
        What was compared, as text.

    Raises:
        TransferError: It is no DICOM file, another instance, or truncated.
    """
    import pydicom

    try:
        data_set = cast("Any", pydicom).dcmread(path, defer_size=1024)
        study, sop = str(data_set.get("StudyInstanceUID", "")), str(data_set.get("SOPInstanceUID", ""))
        end = _stated_end(data_set)
    except Exception as error:  # a damaged file may raise anything
        raise TransferError(
            f"{instance.name}: the archive sent an incomplete DICOM file ({type(error).__name__}: {error})",
            name=instance.name,
            remedy="Try again. If it fails again, report the damaged copy to the archive's operators.",
        ) from error
    if (study, sop) != (instance.study, instance.sop):
        none = "without an identifier"
        message = f"{instance.name}: the archive sent the instance {sop or none} of the study {study or none}"
        raise TransferError(message, name=instance.name, remedy="Contact the archive's operators.")
    size = path.stat().st_size
    if end > size:
        message = f"{instance.name}: {size} of {end} bytes were received"
        raise TransferError(message, name=instance.name, remedy="Run it again to resume.")
    return "SOPInstanceUID, StudyInstanceUID, length"


def _stated_end(data_set: Any) -> int:
    """The least length of a file, by its last element; 0 if that states none."""
    if str(getattr(data_set.file_meta, "TransferSyntaxUID", "")) == _DEFLATED or not len(data_set):
        return 0
    last = data_set.get_item(max(data_set.keys()))
    position, length = getattr(last, "value_tell", None), getattr(last, "length", None)
    if not isinstance(position, int) or not isinstance(length, int) or length == _UNDEFINED:
        return 0
    return position + length
