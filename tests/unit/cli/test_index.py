"""A command is its function: options from the signature, help from the docstring."""

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from io import StringIO
from typing import Any, Literal

import pytest
from omicsdk import Dss
from omicsdk.cli.arguments import key, loaded
from omicsdk.cli.catalog import GLOBALS, NO_PROGRESS, REPORT, builtin_commands, commands_of
from omicsdk.cli.index import Entry
from omicsdk.cli.index.__main__ import entries
from omicsdk.cli.index.signatures import IndexFault, command, commands
from omicsdk.cli.invoke import called
from omicsdk.cli.output import Console
from omicsdk.cli.parser import parse
from omicsdk.cli.services import SERVICES
from omicsdk.core import UsageError
from omicsdk.drs import DrsId
from omicsdk.drs.servers import HasServers


class Colour(Enum):
    """A colour."""

    RED = "red"
    BLUE = "blue"


def paint(
    client: Dss,
    what: Sequence[str],
    folder: str | os.PathLike[str] = ".",
    *,
    colour: Colour = Colour.RED,
    coats: int | None = None,
    speed: float = 0.5,
    how: Literal["fast", "well"] = "well",
    facts: Mapping[str, Any] | None = None,
    is_wet: bool = False,
    console: object,
) -> dict[str, Any]:
    """Paint things into `folder`.

    With `is_wet` they are
    left wet.

    Args:
        what: The things.
        folder: Where they are.
        colour: Their colour.
        coats: How many coats, over
            several lines.
        speed: Speed.
        how: How.
        facts: Facts.
        is_wet: Leave them wet, see `how`.
        console: Where messages go.
    """
    raise NotImplementedError


@dataclass(frozen=True)
class Brush:
    """What is painted with.

    Attributes:
        width: Millimetres of its width.
        hair: Its hair; may be repeated.
    """

    width: int
    hair: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Pot(Brush):
    """A brush with a pot.

    Attributes:
        litres: What is in the pot.
    """

    litres: float = 1.0


def stroke(pot: Pot, *, times: int = 1) -> object:
    """Paint with a pot.

    Args:
        pot: The pot.
        times: How often.
    """
    return pot, times


def undocumented(*, what: str) -> None:
    """Do it."""


def unfit(*, work: Callable[[], None]) -> None:
    """Do it.

    Args:
        work: What.
    """


def test_options_are_the_functions_parameters():
    made = command(Entry("paint", paint, positional=("what",), flags={"folder": "--into"}, switches=("is_wet",)), "dss")
    assert made["summary"] == "Paint things into --into."
    assert made["description"] == "With --is-wet they are left wet."
    assert made["run"] == f"{__name__}:paint"
    assert made["supplied"] == ["console"]
    assert "bare" not in made
    options = {
        parameter["name"]: {key: value for key, value in parameter.items() if key != "name"}
        for parameter in made["parameters"]
    }
    assert options == {
        "what": {"type": "array", "items": "string", "required": True, "positional": True, "help": "The things."},
        "into": {"python": "folder", "type": "string", "default": ".", "metavar": "FOLDER", "help": "Where they are."},
        "colour": {"type": "string", "choices": ["red", "blue"], "default": "red", "help": "Their colour."},
        "coats": {"type": "integer", "default": None, "help": "How many coats, over several lines."},
        "speed": {"type": "number", "default": 0.5, "help": "Speed."},
        "how": {"type": "string", "choices": ["fast", "well"], "default": "well", "help": "How."},
        "facts": {"type": "object", "default": None, "help": "Facts."},
        "is_wet": {"type": "boolean", "default": False, "flag": True, "help": "Leave them wet, see --how."},
    }


def test_options_of_a_class_are_documented_where_they_are_declared():
    made = command(Entry("stroke", stroke, positional=("width",), repeated=("hair",)), "")
    options = {parameter["name"]: parameter.get("help") for parameter in made.get("parameters", [])}
    assert options == {
        "width": "Millimetres of its width.",
        "hair": "Its hair; may be repeated.",
        "litres": "What is in the pot.",
        "times": "How often.",
    }
    assert [parameter["name"] for parameter in made.get("parameters", []) if parameter.get("required")] == ["width"]
    got = called(made, {"width": 3, "litres": 0.5, "times": 2}, Console())
    assert got == (Pot(3, litres=0.5), 2)


def test_a_command_of_no_service_has_its_words_alone():
    made = command(Entry("paint wall", paint, examples=("--coats 2",)), "")
    assert (made["command"], made.get("examples")) == ("paint wall", ["omics paint wall --coats 2"])


@dataclass(frozen=True)
class Care:
    """How careful to be.

    Attributes:
        gloves: Wear them.
        helpers: Who helps.
    """

    gloves: bool = False
    helpers: Sequence[str] = ()


def wash(what: str, *, care: Care = Care(), console: object) -> Care:
    """Wash an object.

    Args:
        what: The object.
        care: How.
        console: Where messages go.
    """
    del what, console
    return care


def test_options_that_commands_share_are_the_fields_of_a_dataclass():
    made = command(Entry("wash", wash, positional=("what",), switches=("gloves",), repeated=("helpers",)), "")
    gloves, helpers = made["parameters"][1:]
    assert gloves == {"name": "gloves", "type": "boolean", "default": False, "flag": True, "help": "Wear them."}
    assert (helpers["repeated"], helpers["help"]) == (True, "Who helps.")
    assert made["gathered"] == {"care": {"type": f"{__name__}:Care", "fields": ["gloves", "helpers"]}}
    assert called(made, {"what": "x", "helpers": ["me"]}, Console()) == Care(helpers=["me"])
    assert called(made, {"what": "x"}, Console()) == Care()


def test_options_of_an_operation_are_changed_without_a_function():
    made = command(Entry("get-events", None, extends=True, options=({"name": "from_date", "help": "A time."},)), "dss")
    assert made == {"command": "get-events", "extends": True, "parameters": [{"name": "from_date", "help": "A time."}]}


def mix(connect: Callable[[], Dss], colours: Sequence[str], *, into: str, dry: bool = False) -> None:
    """Mix colours.

    Args:
        connect: Connects the client.
        colours: The colours.
        into: File for the result.
        dry: Leave out water.
    """


def test_an_entry_states_what_the_signature_does_not():
    made = command(
        Entry(
            "mix",
            mix,
            positional=("colours",),
            defaults={"into": "mixed.tsv"},
            writes={"into": ".tsv"},
            login=True,
        ),
        "dss",
        by_signature=True,
    )
    colours, into, dry = made["parameters"]
    assert (made["late"], made["login"], made["given"]) == (True, True, {"into": "mixed.tsv"})
    assert "bare" not in made
    assert into == {
        "name": "into",
        "type": "string",
        "default": "mixed.tsv",
        "convert": "omicsdk.cli.commands.values:file_or_stdout",
        "stdout": ".tsv",
        "help": "File for the result. - is stdout.",
    }
    assert (colours["positional"], dry["flag"]) == (True, True)


def test_a_function_without_a_client_uses_no_service():
    made = command(
        Entry(
            "do",
            alone,
            offline=True,
        ),
        "dss",
    )
    assert (made["offline"], "bare" in made) == (True, False)
    assert command(Entry("do", alone), "dss")["bare"] is True


def alone() -> None:
    """Do it alone."""


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (Entry("do", undocumented), "omics dss do: the docstring does not document what"),
        (Entry("do", unfit), "omics dss do: work has a type that no option can have: "),
        (Entry("do", paint, also={"colours": ("--colours",)}), "omics dss do: the function has no parameter colours"),
        (Entry("do", paint, flags={"folders": "--into"}), "omics dss do: the function has no parameter folders"),
    ],
)
def test_a_table_and_a_function_that_do_not_fit_are_a_fault(entry: Entry, message: str):
    with pytest.raises(IndexFault) as raised:
        command(entry, "dss")
    assert str(raised.value).startswith(message)


def test_a_transfer_has_the_options_of_transfers():
    names = [parameter["name"] for parameter in command(Entry("download", Dss.download), "dss")["parameters"]]
    assert names[-18:] == [
        "connections", "retries", "min_delay", "limit_rate", "time_budget", "min_rate", "stall_timeout", "renewals",
        "max_wait", "require_checksum", "resume_unvalidated", "cache", "link", "dry_run", "fail_empty", "report",
        "progress_every", "metrics",
    ]  # fmt: skip


def test_shared_options_are_the_same_in_every_command():
    def carry(
        *,
        require_checksum: bool = False,
        resume_unvalidated: bool = False,
        include: Sequence[str] = (),
        dictionary: str = "",
        stop: object = None,
    ) -> None:
        """Carry files.

        Args:
            require_checksum: Only verified files.
            resume_unvalidated: Resume them, too.
            include: Files to carry.
            dictionary: Their fields.
        """

    made = command(Entry("carry", carry, flags={"dictionary": "--data-dictionary"}, short={"dictionary": "-D"}), "")
    options = {parameter["name"]: parameter for parameter in made["parameters"]}
    assert made["supplied"] == ["stop"]
    assert [name for name, option in options.items() if option.get("flag")] == [
        "require_checksum",
        "resume_unvalidated",
    ]
    assert [name for name, option in options.items() if option.get("repeated")] == ["include"]
    assert (options["data_dictionary"]["metavar"], options["data_dictionary"]["short"]) == ("PATH", "-D")


def test_a_switch_has_one_for_its_opposite():
    made = command(Entry("paint", paint, opposites={"is_wet": "--dry"}), "dss")
    options = {parameter["name"]: parameter for parameter in made["parameters"]}
    assert options["is_wet"]["flag"] is True
    assert options["dry"]["help"] == "The opposite of --is-wet; the default."
    assert "With --is-wet" in str(made["description"])
    assert parse(made, ["--what", "x", "--dry"], GLOBALS)[0] == {"what": ["x"], "is_wet": False}
    assert parse(made, ["--what", "x", "--is-wet"], GLOBALS)[0] == {"what": ["x"], "is_wet": True}
    assert parse(made, ["--what", "x"], GLOBALS)[0] == {"what": ["x"]}
    with pytest.raises(UsageError, match="--is-wet and --dry are mutually exclusive"):
        parse(made, ["--what", "x", "--dry", "--is-wet"], GLOBALS)


def test_values_of_an_option_are_switches_too():
    made = command(Entry("paint", paint, choices=("how",)), "dss")
    options = {parameter["name"]: parameter for parameter in made["parameters"]}
    assert (options["fast"]["help"], options["well"]["help"]) == (
        "The same as --how fast.",
        "The same as --how well; the default.",
    )
    for words in (["--fast"], ["--how", "fast"]):
        assert parse(made, ["--what", "x", *words], GLOBALS)[0] == {"what": ["x"], "how": "fast"}
    with pytest.raises(UsageError, match="mutually exclusive"):
        parse(made, ["--what", "x", "--fast", "--well"], GLOBALS)


def test_an_operation_may_have_other_words():
    made = command(Entry("projects rm", None, operation="delete-project", positional=("slug",)), "crunch")
    assert (made["command"], made["name"], made["method"], made["title"]) == (
        "projects rm",
        "delete_project",
        "DELETE",
        "deleted",
    )
    assert [parameter["name"] for parameter in made["parameters"] if parameter.get("positional")] == ["slug"]


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("delete-projects", "crunch projects rm: unknown operation delete-projects"),
        ("list-projects", "crunch projects rm: the operation has no parameter slug"),
    ],
)
def test_an_operation_that_does_not_exist_is_a_fault(operation: str, message: str):
    with pytest.raises(IndexFault, match=message):
        command(Entry("projects rm", None, operation=operation, positional=("slug",)), "crunch")


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What painting takes.

    Attributes:
        brush: The brush.
        is_wide: Whether it is wide.
    """

    brush: str = "soft"
    is_wide: bool = True


def paint_with(what: str, *, tools: Tools, on_message: Callable[[str], None]) -> list[object]:
    """Paint an object.

    Args:
        what: The object.
        tools: The tools.
        on_message: Called with what is done.
    """
    on_message(f"painting {what}")
    return [what, tools]


def test_options_that_a_function_takes_as_one_argument():
    entry = Entry(
        "paint",
        paint_with,
        positional=("what",),
        opposites={"is_wide": "--narrow"},
        options=({"name": "verbose", "type": "boolean", "default": True, "help": "Say it."},),
    )
    made = command(entry, "")
    assert [(parameter["name"], parameter.get("default")) for parameter in made["parameters"][:3]] == [
        ("what", None),
        ("brush", "soft"),
        ("is_wide", True),
    ]
    err = StringIO()
    console = Console(stderr=err)
    values = parse(made, ["door", "--brush", "hard", "--narrow"], GLOBALS)[0]
    assert called(made, values, console) == ["door", Tools(brush="hard", is_wide=False)]
    assert err.getvalue() == "omics: painting door\n"
    assert called(made, {"what": "door", "verbose": False}, console) == ["door", Tools()]
    assert err.getvalue() == "omics: painting door\n"


def test_a_synonym_is_the_same_command_that_lists_do_not_show():
    entry = Entry("paint", paint, positional=("what",), examples=("wall",), synonyms=("colour", "brush on"))
    made, *others = commands(entry, "dss")
    assert "hidden" not in made
    assert [other["command"] for other in others] == ["colour", "brush on"]
    for other in others:
        same = {**other, "command": "paint", "examples": made["examples"]}
        assert other["examples"] == [f"omics dss {other['command']} wall"]
        assert same == {**made, "hidden": True}


def test_a_parameter_may_be_documented_by_another_function():
    def stripe(client: Dss, *, coats: int = 2, width: float = 4.0) -> None:
        """Paint stripes.

        Args:
            width: Their width.
        """

    made = command(Entry("stripe", stripe, like=(paint,)), "dss")
    assert made["parameters"] == [
        {"name": "coats", "type": "integer", "default": 2, "help": "How many coats, over several lines."},
        {"name": "width", "type": "number", "default": 4, "help": "Their width."},
    ]


def test_a_parameter_may_be_documented_by_a_shared_option():
    def count(client: Dss, *, no_progress: bool = False, report: str | None = None) -> None:
        """Count the walls.

        Args:
            report: File for the count.
        """

    made = command(Entry("count", count, like=(NO_PROGRESS, REPORT)), "dss")
    assert [parameter["help"] for parameter in made["parameters"]] == [NO_PROGRESS["help"], "File for the count."]


def test_an_upload_has_no_options_of_downloads():
    names = [
        parameter["name"]
        for parameter in command(Entry("upload", Dss.upload, hidden=("creator_uid",), title="Upload of"), "dss")[
            "parameters"
        ]
    ]
    assert "limit_rate" in names
    assert "resume_unvalidated" not in names


def remove(client: Dss, program: str, project: str) -> None:
    """Remove a project.

    Args:
        program: The program.
        project: The project.
    """


def pick(
    client: HasServers, what: str | DrsId, *others: str, limit: int | None = None, on_more: Callable[[], None]
) -> None:
    """Pick things.

    Args:
        what: The first.
        limit: How many.
        on_more: Called where there are more.
    """


def test_a_deletion_asks_looks_and_states_what_it_did():
    made = command(Entry("rm", remove, deletes="project {program}-{project}", lookup=remove), "dss", by_signature=True)
    assert (made["deletes"], made["look"]) == ("project {program}-{project}", f"{__name__}:remove")
    assert made["own"] == ["dry_run"]
    assert [parameter["name"] for parameter in made["parameters"] if parameter.get("positional")] == [
        "program",
        "project",
    ]


ASKS = "Asks for confirmation on a terminal unless --yes is given."


def test_the_description_of_a_command_that_asks_ends_with_that():
    deletion = Entry("rm", remove, deletes="project {program}", lookup=remove)
    assert command(deletion, "dss")["description"] == ASKS
    assert command(Entry("rm", remove, asks=True), "dss")["description"] == ASKS
    assert command(Entry("rm", remove), "dss")["description"] == ""
    described = command(Entry("paint", paint), "dss")["description"]
    assert command(Entry("paint", paint, asks=True), "dss")["description"] == f"{described}\n\n{ASKS}"


def test_a_signature_states_what_are_words_and_what_is_counted():
    made = command(Entry("pick", pick, hidden=("others",)), "drs", by_signature=True)
    what, limit = made["parameters"]
    assert (what["type"], what["positional"], made["supplied"]) == ("string", True, ["on_more"])
    assert limit["convert"] == "omicsdk.cli.commands.values:at_least_1"
    several = command(Entry("mix", mix, single=("colours",), positional=("colours",)), "dss")["parameters"][0]
    assert (several["type"], "items" in several) == ("string", False)


def test_a_table_names_further_words_and_logins_at_once():
    class Table:
        COMMANDS = (Entry("shelves delete", remove), Entry("delete", remove), Entry("doors ls", remove, login=True))
        VERBS: Mapping[str, Sequence[str]] = {"delete": ("rm",)}
        LOGINS = ("shelves",)
        READS = ("doors ls",)
        WRITES = ("shelves delete", "delete")

    made = [(entry.command, entry.aliases, entry.login) for entry in entries(Table)]
    assert made == [
        ("shelves delete", ("shelves rm",), True),
        ("delete", (), False),
        ("doors ls", (), True),
    ]


def test_a_command_that_is_twice_in_a_table_is_a_fault(monkeypatch: pytest.MonkeyPatch):
    from omicsdk.cli.index import crunch  # one of the first that are read: the others cost seconds
    from omicsdk.cli.index.__main__ import files

    monkeypatch.setattr(crunch, "COMMANDS", (*crunch.COMMANDS, crunch.COMMANDS[0]))
    with pytest.raises(IndexFault, match=r"omics crunch: .* twice in the table"):
        files()


def test_every_list_is_printed_while_it_is_read():
    every = [entry for service in SERVICES.values() for entry in commands_of(service) if "run" in entry]
    lists = [entry for entry in every if str(returned(entry["run"])).startswith(("Iterator[", "Items["))]
    assert len(lists) > 30
    assert [entry["command"] for entry in lists if "Rows" not in str(returned(entry["render"]))] == []


def returned(function: str) -> object:
    return inspect.signature(loaded(function)).return_annotation


FILTERS = {"include", "exclude", "filter_from", "min_size", "max_size", "newer", "older"}
#: Downloads of one file or table, of single fields, and of a folder that is whole or none.
OF_ONE = {"htsget download", "refget get", "dtp download", "pangea download metadata", "gen3 wss download-url"}


def test_every_command_that_walks_or_downloads_several_files_selects_them():
    every = [("", entry) for entry in builtin_commands()]
    every += [(name, entry) for name, service in SERVICES.items() for entry in commands_of(service)]
    named = {
        f"{name} {entry['command']}".strip(): {key(one) for one in entry.get("parameters", ())} for name, entry in every
    }
    walks = [name for name in ("ls", "find", "du", "cp", "mv", "rm", "sync", "verify", "get") if name in named]
    assert len(walks) == 9
    downloads = [name for name in named if "download" in name and name not in OF_ONE]
    assert len(downloads) > 9
    assert {name for name in (*walks, *downloads) if not named[name] >= FILTERS} == set()
