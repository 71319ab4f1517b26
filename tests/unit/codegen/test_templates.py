"""A user's templates in place of shipped ones: what they may print, what is refused, and what is documented of them."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.main import main
from omicsdk_codegen import template_files
from omicsdk_codegen.command_line import command_line
from omicsdk_codegen.faults import DocumentError
from omicsdk_codegen.generate import make_package
from omicsdk_codegen.project import files_around
from omicsdk_codegen.render import render_package
from omicsdk_codegen.template_files import Templates, rendering_with, shipped
from omicsdk_codegen.template_variables import TEMPLATES, annotated
from omicsdk_codegen.texts import Code
from planned_documents import DOCUMENT, RICH, planned
from small_document import run_codegen
from small_document import spec as spec

HEAD = "{# interface: 1 #}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def made(**texts: str) -> Path:
        (tmp_path / "templates").mkdir(exist_ok=True)
        for name, text in texts.items():
            (tmp_path / "templates" / f"{name}.jinja").write_text(text)
        return tmp_path / "templates"

    return made


def _rendered(templates: Templates) -> dict[str, str]:
    package = planned(DOCUMENT)
    with rendering_with(templates):
        return {
            **render_package(package, "Generated for a test."),
            **files_around(package, "thing", Path("thing.yaml")),
        }


def _faults(action: Callable[[], object]) -> list[str]:
    with pytest.raises(DocumentError) as raised:
        action()
    return [f"{Path(fault.file).name}:{fault.line}: {fault.message}. {fault.remedy}" for fault in raised.value.faults]


def test_a_template_replaces_one_and_no_other(folder: Callable[..., Path]) -> None:
    text = "<!-- {{ origin }} -->\n# Ours: {{ title }}\n\n{{ '<b>' | markdown }}\n"
    templates = Templates(folder(**{"readme.md": "\ufeff" + HEAD + text, "_part": "ignored"}))
    made, usual = _rendered(templates), _rendered(Templates())
    assert [name for name in usual if made[name] != usual[name]] == ["README.md"]
    assert made["README.md"].endswith("-->\n# Ours: Thing\n\n\\<b\\>\n")
    assert list(templates.overridden) == ["readme.md.jinja"]


def test_a_copy_of_a_shipped_template_changes_nothing(folder: Callable[..., Path]) -> None:
    copies = {name.removesuffix(".jinja"): annotated(name) for name in TEMPLATES}
    assert _rendered(Templates(folder(**copies))) == _rendered(Templates())


def test_blocks_of_a_shipped_template_are_replaced_alone(folder: Callable[..., Path]) -> None:
    templates = Templates(
        folder(
            **{
                "model.py": HEAD
                + '{% extends "shipped/model.py.jinja" %}\n{% block imports %}\nimport logging\n{% endblock %}\n'
                + "{% block members %}\n    def log(self) -> None:\n"
                + "        logging.info({{ class.name | literal }})\n{% endblock %}\n",
                "readme.md": HEAD
                + '{% extends "shipped/readme.md.jinja" %}\n{% block tests %}\n{% include "_end.jinja" %}\n{% endblock %}\n',
                "_end": "## Support\n",
            }
        )
    )
    made, usual = _rendered(templates), _rendered(Templates())
    model = made["models/edge.py"]
    assert "\nimport logging\n" in model
    assert "        logging.info('Edge')\n" in model
    assert "logging.info('Node')" in model  # of the same module
    assert made["README.md"] == usual["README.md"].partition("## Tests")[0] + "## Support\n"


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("readme", HEAD, "readme.jinja:None: there is no template of that name. Did you mean readme.md.jinja"),
        ("q", HEAD, "q.jinja:None: there is no template of that name. Templates are choices.py.jinja, client.py.jinja"),
        (
            "readme.md",
            "# {{ origin }}",
            "readme.md.jinja:1: the template does not state the version of the interface; ",
        ),
        (
            "readme.md",
            "{# interface: 9 #}",
            "readme.md.jinja:1: the template is for interface 9; this version of omicsdk has 1. ",
        ),
        (
            "readme.md",
            f"{HEAD}\n{{% if %}}",
            "readme.md.jinja:3: Expected an expression, got 'end of statement block'. ",
        ),
        (
            "pyproject.toml",
            f'{HEAD}{{% extends "shipped/pyproject.toml.jinja" %}}\n{{% block projekt %}}{{% endblock %}}',
            "pyproject.toml.jinja:3: pyproject.toml.jinja has no block projekt. Blocks are ",
        ),
        ("readme.md", f"{HEAD}{{{{ a | no_filter }}}}", "readme.md.jinja:2: No filter named 'no_filter'. "),
    ],
)
def test_a_file_that_is_no_template_is_refused(folder: Callable[..., Path], name: str, text: str, fault: str) -> None:
    (message,) = _faults(lambda: Templates(folder(**{name: text})))
    assert message.startswith(fault)


def test_all_files_are_refused_together(folder: Callable[..., Path]) -> None:
    place = folder(a="", **{"model.py": "", "readme.md": HEAD})
    (place / "parts").mkdir()
    (place / "types.py.jinja").write_bytes(b"\xff")
    names = [fault.partition(":")[0] for fault in _faults(lambda: Templates(place))]
    assert sorted(names) == ["a.jinja", "model.py.jinja", "parts", "types.py.jinja"]


def test_a_folder_without_templates_is_refused(folder: Callable[..., Path]) -> None:
    (message,) = _faults(lambda: Templates(folder(_part="")))
    assert message.startswith("templates:None: no template is in it. Put one of choices.py.jinja")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (
            "{{ nothing }}",
            "'nothing' is undefined. Variables are origin, module: `omics codegen templates model.py.jinja`",
        ),
        ("{{ modul.name }}", "'modul' is undefined. Did you mean module?"),
        ("{{ module.nmae }}", "has no attribute 'nmae'"),
        ("{{ 'a text' + 'another' }}", "would print str, which is not code"),
        ("{{ module.classes[99].name }}", "list object has no element 99"),
        ("{{ 1 | indented(2) }}", "'int' object has no attribute 'split'"),
    ],
)
def test_a_template_that_cannot_be_filled_names_its_line(folder: Callable[..., Path], text: str, fault: str) -> None:
    templates = Templates(folder(**{"model.py": f"{HEAD}# {{{{ origin }}}}\n{text}\n"}))
    (message,) = _faults(lambda: _rendered(templates))
    assert message.startswith("model.py.jinja:3: ")
    assert fault in message


def test_a_file_states_its_origin(folder: Callable[..., Path]) -> None:
    (message,) = _faults(lambda: _rendered(Templates(folder(**{"readme.md": HEAD + "# Mine\n"}))))
    assert message.startswith("readme.md.jinja:None: without its origin the file cannot be generated again. ")


def test_the_report_lists_templates(folder: Callable[..., Path], spec: Path) -> None:
    text = HEAD + "<!-- {{ origin }} -->\n"
    with rendering_with(Templates(folder(**{"readme.md": text}))):
        made = make_package(spec, [], "small", origin="Generated for a test.")
    rows = [row for row in json.loads(made.files["report.json"]) if row["kind"] == "template"]
    assert [(row["file"], row["before"]) for row in rows] == [("templates/readme.md.jinja", "readme.md.jinja")]


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, object]]:
    """The variables that each template receives when a package is rendered, of few names and of many."""
    variables: dict[str, dict[str, object]] = {}
    render = Templates.render

    def recorded(self: Templates, name: str, /, **values: Any) -> str:
        variables.setdefault(name, {}).update(values)
        return render(self, name, **values)

    monkeypatch.setattr(Templates, "render", recorded)
    package = planned(RICH)
    render_package(package, "Generated for a test.")
    files_around(package, "thing", Path("thing.yaml"))
    command_line(package, "thing", "1.0", Code("note"))
    monkeypatch.setattr("omicsdk_codegen.render._MOST_LISTED", 1)
    render_package(package, "Generated for a test.")
    return variables


def test_all_variables_are_documented(passed: dict[str, dict[str, object]]) -> None:
    assert set(passed) == set(TEMPLATES) == set(shipped())
    for name, values in passed.items():
        assert set(values) == {"origin", *TEMPLATES[name].variables}, name
        for key, variable in TEMPLATES[name].variables.items():
            if isinstance(variable, type):
                assert type(values[key]) is variable, (name, key)


def test_documented_attributes_exist() -> None:
    text = annotated("operation.py.jinja")
    assert text.startswith("{# interface: 1 #}\n{#\nWrites src/NAME/operations/OPERATION.py. Variables:\n")
    assert "\nmodule: OperationModule.\n" in text
    assert "\n  response (Code): what the call returns.\n" in text
    assert "\n  typing_names (property): The names to import from typing.\n" in annotated("client.py.jinja")
    assert not re.search(r"\n  (drafts|shapes|names) \(", annotated("client.py.jinja"))


def test_templates_are_listed_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["codegen", "templates"]) == 0
    assert "model.py.jinja            src/NAME/models/MODULE.py\n" in capsys.readouterr().out
    assert main(["codegen", "templates", "readme.md.jinja"]) == 0
    assert capsys.readouterr().out == annotated("readme.md.jinja")
    assert main(["codegen", "templates", "readme.jinja"]) == 2
    assert "Did you mean readme.md.jinja" in capsys.readouterr().err


def test_a_folder_that_does_not_exist_is_usage(spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_codegen(spec, "--name", "small_client", "--out", tmp_path / "out", "--templates", tmp_path / "none") == 2
    assert "none: not a folder" in capsys.readouterr().err


def test_the_interface_is_stated_by_shipped_templates() -> None:
    assert all(text.startswith(f"{{# interface: {template_files.INTERFACE} #}}\n") for text in shipped().values())
