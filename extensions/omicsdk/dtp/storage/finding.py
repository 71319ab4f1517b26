"""Which instances a study has, asked with C-FIND level by level, as every archive understands it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from omicsdk.core.errors import OmicsError, TransferError
from omicsdk.dtp.storage.association import FIND, PENDING, SUCCESS, refused, status_of
from omicsdk.dtp.storage.datasets import Case, Unlisted
from omicsdk.dtp.storage.dicom_file import Instance, instance_of, is_uid

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom.association import Association

    from omicsdk.dtp.storage.association import Archive


def no_study(case: Case) -> Unlisted:
    """What is told of a subject that an archive has nothing of, or whose id is no study's."""
    if not is_uid(case.study):
        error = TransferError(
            f"The subject {case.subject_id!r} has no images: its id is no StudyInstanceUID",
            name=case.subject_id,
            remedy="Correct subject_id in the commons: sub- and the StudyInstanceUID.",
        )
    else:
        error = TransferError(
            f"The archive has no study {case.study}",
            name=case.subject_id,
            remedy="Check subject_id in the commons, and that the study was sent to this archive.",
        )
    return Unlisted(f"primary/{case.folder}", error)


def instances(archive: Archive, cases: tuple[Case, ...]) -> Iterator[Instance | Unlisted]:
    """Lists the instances of subjects.

    Args:
        archive: The archive.
        cases: The subjects.

    Yields:
        Their instances, and subjects that have none.

    Raises:
        ConnectFailed: The archive doesn't answer.
        AuthError: It doesn't accept us.
    """
    from pynetdicom.presentation import build_context

    with archive.associated([build_context(FIND)]) as association:
        if not association.accepted_contexts:
            raise TransferError(
                f"{archive.subject} doesn't answer queries (C-FIND)", remedy="Allow them there, or use DICOMweb."
            )
        for case in cases:
            if not is_uid(case.study):
                yield no_study(case)
                continue
            try:
                found = list(_of_case(association, case))
            except TransferError as error:
                yield Unlisted(f"primary/{case.folder}", error)
                continue
            yield from found or [no_study(case)]


def _of_case(association: Association, case: Case) -> Iterator[Instance | Unlisted]:
    for series in _asked(association, "SERIES", {"StudyInstanceUID": case.study, "SeriesInstanceUID": ""}):
        uid = _text(series, "SeriesInstanceUID")
        wanted = {"StudyInstanceUID": case.study, "SeriesInstanceUID": uid, "SOPInstanceUID": "", "SOPClassUID": ""}
        for each in _asked(association, "IMAGE", wanted) if is_uid(uid) else [series]:
            sop = _text(each, "SOPInstanceUID")
            try:
                yield instance_of(case, uid, sop, _text(each, "SOPClassUID"))
            except OmicsError as error:
                yield Unlisted(f"primary/{case.folder}", error)


def _asked(association: Association, level: str, keys: dict[str, str]) -> list[Dataset]:
    """The results of a query, all of them: an association answers one question after the other."""
    from pydicom.dataset import Dataset

    wanted = Dataset()
    wanted.QueryRetrieveLevel = level
    for name, value in keys.items():
        setattr(wanted, name, value)
    doing = f"listing the study {keys['StudyInstanceUID']}"
    results = list[Dataset]()
    for answer, found in association.send_c_find(wanted, FIND):
        status = status_of(answer, doing)
        if status in PENDING:
            if found is not None:
                results.append(found)
        elif status != SUCCESS:
            raise refused(answer, doing)
    return results


def _text(found: Dataset, name: str) -> str:
    return str(cast("object", found.get(name, "")) or "").strip()
