"""What `omics dtp convert` and `validate` do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.gen3.submissions import tell_findings
from omicsdk.cli.errors import REFUSED, SHOWN
from omicsdk.dtp.convertor import Gen3Convertor
from omicsdk.dtp.sds.folders import is_misnamed, record_files, sds_sheet
from omicsdk.dtp.sds.sheets import SdsError
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.projects import Project, check_project
from omicsdk.gen3.records.validation import known_to
from omicsdk.gen3.records.validation import validate as faults_of_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omicsdk.cli.commands.dtp.access import Workflow
    from omicsdk.cli.console import Console
    from omicsdk.dtp.convertor import Conversion
    from omicsdk.gen3.records.tables import Finding


def convert(workflow: Workflow, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]] | None:
    """`omics dtp convert`: a row for each file that was written."""
    source = arguments["source_dir"]
    convertor = _convertor(workflow, arguments, source)
    try:
        made = convertor.execute(source, arguments["dest_dir"], skip_invalid=bool(arguments.get("skip_invalid")))
    except SdsError as error:
        if not error.findings:
            raise
        _tell(error.findings, console)
        console.error(f"{source} has {_faults(error.findings)}; nothing was written")
        console.exit_code = REFUSED
        return None
    if made.findings:
        _tell(made.findings, console)
        console.some_failed(f"{_faults(made.findings)}; records with faults were left out")
    console.message(f"{sum(made.counts.values())} records are in {arguments['dest_dir']}")
    return _rows(made)


def validate(workflow: Workflow, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics dtp validate`: a row for each fault."""
    source = arguments["source"]
    is_sds = sds_sheet(Path(source)) is not None or is_misnamed(Path(source))
    project = _project(workflow, arguments)
    if is_sds:
        if project is not None and arguments.get(
            "program"
        ):  # settings may name one for a data set on this machine alone
            check_project(workflow.commons, project)
        found, files = _convertor(workflow, arguments, source).validate(source), list[Path]()
    else:
        files = _record_files(Path(source))
        known = None if project is None else known_to(workflow.commons, project)
        found = list(faults_of_records(files, workflow.dictionary(arguments), project=project, known=known))
    tell_findings(found, console, files)
    return [_row(each) for each in found]


def _convertor(workflow: Workflow, arguments: Mapping[str, Any], source: str) -> Gen3Convertor:
    project = workflow.project_code(arguments)
    experiment = arguments.get("experiment") or Path(source).resolve().name
    return Gen3Convertor(project, experiment, arguments.get("sds_version"), dictionary=workflow.dictionary(arguments))


def _project(workflow: Workflow, arguments: Mapping[str, Any]) -> Project | None:
    program, code = workflow.named("program", arguments), workflow.named("project", arguments)
    return Project(program, code) if program and code else None


def _record_files(source: Path) -> list[Path]:
    try:
        return record_files(source)
    except Gen3UserError as error:
        if source.is_dir():
            error.remedy = f"{error.remedy} An SDS data set has dataset_description.xlsx and subjects.xlsx."
        raise


def _faults(findings: Sequence[Finding]) -> str:
    return "1 fault" if len(findings) == 1 else f"{len(findings)} faults"


def _rows(made: Conversion) -> list[dict[str, Any]]:
    return [
        {"file": str(file), "node": node, "records": count}
        for file, (node, count) in zip(made.files, made.counts.items(), strict=True)
    ]


def _row(finding: Finding) -> dict[str, Any]:
    """A fault, its place first: a terminal shows the columns that fit, from the left."""
    stated = finding.as_dict()
    return {name: stated.pop(name) for name in ("file", "sheet", "row", "column", "value", "message")} | stated


def _tell(findings: Sequence[Finding], console: Console) -> None:
    for finding in findings[:SHOWN]:
        console.error(str(finding))
    if len(findings) > SHOWN:
        console.error(f"and {len(findings) - SHOWN} more")
