"""Programs of others: how they are found and run, and the results that are kept of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.compat import published_programs

NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["import hca"]},
        {"cell_type": "code", "source": ["!pip install hca\n", "%matplotlib inline\n", "import hca\n"]},
        {"cell_type": "code", "source": ["%%bash\n", "hca --help\n"]},
        {"cell_type": "code", "source": ["print('a'\n", "      % hca)"]},
    ]
}
PAGE = """
```bash
pip install gen3
```

```python
import gen3.auth
auth = 1
```

```
guid, md5
```

    print("text that is no example")

```python
print(auth)
```

```
from gen3.index import Gen3Index
```

```python
import os
from gen3.index import <what>
```

.. code-block:: python

    >>> import gen3
    >>> for each in [1]:
    ...     print(each)
    1

"""


def test_the_programs_of_a_project_are_scripts_notebooks_and_examples(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "script.py").write_text("# import later\n    \nfrom hca.dss import DSSClient\n")
    (tmp_path / "other.py").write_text("import hcalib\n")
    (tmp_path / "setup.py").write_text("import hca\n")
    (tmp_path / "a.ipynb").write_text(json.dumps(NOTEBOOK))
    (tmp_path / "docs" / "page.md").write_text(PAGE)
    project = {"programs": ["**/*.py", "*.ipynb", "docs/*.md"], "others": ["setup.py"]}
    programs = {program.name: program.code for program in published_programs.programs(tmp_path, project)}
    assert programs == {
        "a.ipynb": "pass  # !pip install hca\npass  # %matplotlib inline\nimport hca\n\n\nprint('a'\n      % hca)",
        "docs/page.md 1": "import gen3.auth\nauth = 1\n\nprint(auth)\n",
        "docs/page.md 2": "from gen3.index import Gen3Index\n",
        "docs/page.md 3": "import gen3\nfor each in [1]:\n    print(each)\n",
        "script.py": "# import later\n    \nfrom hca.dss import DSSClient\n",
    }


def test_a_program_runs_against_a_sandbox_with_what_is_replaced_in_it(tmp_path: Path) -> None:
    (tmp_path / "ran.py").write_text(
        "import json, os, sys, hca.dss\n"
        "client = hca.dss.DSSClient(swagger_url='https://dss.example.org/v1/swagger.json')\n"
        "assert client.get_bundle(uuid='UUID', replica='aws')['bundle']['files']\n"
        "assert sys.argv[1:] == ['aws'] and open('data.txt').read() == 'rows' and os.environ['MINE'] == client.host\n"
    )
    (tmp_path / "stopped.py").write_text("import hca\nprint('text')\n{}['/tmp/x/name']\n")
    project = {
        "programs": ["*.py"],
        "arguments": [["ran.py", "aws"]],
        "files": {"data.txt": "rows"},
        "variables": {"MINE": "$swagger_url"},
        "replaced": [
            ["https://dss.example.org/v1/swagger.json", "$swagger_url"],
            ["UUID", "$bundle_uuid"],
            ["client.host", "'$swagger_url'"],
            ["hca", "no_such_package", "*none.py"],
        ],
    }
    outcomes = list(published_programs.run(project, tmp_path))
    assert outcomes == [("ran.py", ""), ("stopped.py", "KeyError: 'name'")]
    causes = [{"program": "ran.py"}, {"reason": "TypeError: *"}, {"program": "s*", "reason": "KeyError: *"}]
    assert [published_programs.cause_of(outcome, causes) for outcome in outcomes] == [None, 2]


SETTINGS = published_programs.settings()


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "causes"])
def test_each_program_that_is_stopped_has_its_cause_and_each_cause_a_program(name: str) -> None:
    rows: list[dict[str, Any]] = json.loads((published_programs.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    project_causes = SETTINGS[name].get("causes", [])
    causes = [*project_causes, *SETTINGS["causes"]["all"]]
    assert rows
    for row in rows:
        outcome = published_programs.Outcome(row["program"], row["reason"])
        assert row["cause"] == published_programs.cause_of(outcome, causes)
        assert bool(row["reason"]) == (row["cause"] is not None)
        assert row["by"] == ("" if row["cause"] is None else causes[row["cause"]]["by"])
    assert set(range(len(project_causes))) <= {row["cause"] for row in rows}
