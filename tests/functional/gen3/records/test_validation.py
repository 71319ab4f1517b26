"""Records are held against the dictionary, each other and the commons before anything is sent; each fault has its place."""

from pathlib import Path
from typing import Any

import pytest
from gen3_records import case, experiment
from omicsdk.core import NotFound
from omicsdk.gen3 import Gen3, Gen3UserError
from omicsdk.gen3.records import Project, known_to
from omicsdk.sandbox import Sandbox

PROJECT = Project("demo", "one")


def test_a_commons_states_which_records_it_has(sandbox: Sandbox, tmp_path: Path) -> None:
    ids = sandbox.gen3.records.seed("demo", "one", [experiment("e1"), case("c1")])
    sandbox.gen3.records.seed("demo", "two", [experiment("e2", projects=[{"code": "two"}])])
    with Gen3(sandbox.gen3_url, credentials=_login(sandbox, tmp_path)) as commons:
        known = known_to(commons, PROJECT)
        assert known("experiment", "submitter_id", ["e1", "e2", 'odd "name"\n']) == {"e1"}
        assert known("case", "id", [ids[1], "nothing"]) == {ids[1]}


def test_a_commons_without_the_project_knows_nothing_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.gen3.records.seed("demo", "one", [])
    with Gen3(sandbox.gen3_url, credentials=_login(sandbox, tmp_path)) as commons:
        with pytest.raises(Gen3UserError, match="The program demo has no project 'two'"):
            known_to(commons, Project("demo", "two"))
        with pytest.raises(NotFound):
            known_to(commons, Project("none", "one"))


def _login(sandbox: Sandbox, folder: Path) -> Any:
    from omicsdk.gen3 import Gen3Login
    from omicsdk.sandbox.gen3 import ADMINISTRATOR

    sandbox.gen3_credentials(folder / "key.json", ADMINISTRATOR)
    return Gen3Login(refresh_file=str(folder / "key.json"))
