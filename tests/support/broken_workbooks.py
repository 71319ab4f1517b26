"""Workbooks in which one member is changed, so that openpyxl fails on it."""

import re
import zipfile
from pathlib import Path

_SHEET = "xl/worksheets/sheet1.xml"
_CELL = rb'<c r="A2".*?</c>'
#: What is changed, by its name: the member, a pattern of its bytes, and their replacement.
CHANGES = {
    "a text that it lacks": (_SHEET, _CELL, b'<c r="A2" t="s"><v>99</v></c>'),
    "a table of formulas without a place": (_SHEET, _CELL, b'<c r="A2"><f t="dataTable"/><v>1</v></c>'),
    "a property that is no date": ("docProps/core.xml", rb"T", b"Q"),
    "a row beyond those of Excel": (_SHEET, rb'<row r="2"', b'<row r="1000000000"'),
}


def break_workbook(path: Path, change: str) -> None:
    """Change a member of a workbook.

    Args:
        path: The workbook; its first sheet has a cell A2.
        change: The change, one of CHANGES.
    """
    changed_member, pattern, replacement = CHANGES[change]
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[changed_member] = re.sub(pattern, replacement, members[changed_member])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
