"""The environment of a scenario: the classes of either package, and the folders."""

import hashlib
import json
import os
import urllib.request
from importlib import import_module
from pathlib import Path
from typing import Any

PLACES = {
    "Connection": "crunch.client.connections",
    "CrunchAPIException": "crunch.client.connections",
    "RunResult": "crunch.client.enums",
    "WorkflowType": "crunch.client.enums",
    "Run": "crunch.client.run",
    "Stage": "crunch.django.app.enums",
    "State": "crunch.django.app.enums",
    "get_diagnostics": "crunch.client.diagnostics",
    "get_diagnostic": "crunch.client.diagnostics",
    "git_revision": "crunch.client.diagnostics",
    "version": "crunch.client.diagnostics",
}
"""Where the published client has its names; ours has them in the same modules."""

OUTPUT = ".crunch/workflow.log"


class Party:
    """A user of a package.

    Args:
        package: `crunch`, or its replacement.
        folder: An empty folder for files.
    """

    def __init__(self, package: str, folder: Path) -> None:
        self.package = package
        self.folder = folder
        self.url = os.environ["CRUNCH_URL"]
        self.settings = Path(os.environ["CRUNCH_STORAGE_SETTINGS"])
        self.storage = Path(json.loads(self.settings.read_text())["MEDIA_ROOT"])
        self.connection: Any = self.name("Connection")()

    def name(self, name: str) -> Any:
        """Return an attribute of the package."""
        return getattr(import_module(self.package + PLACES[name].removeprefix("crunch")), name)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the site without the package."""
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        request.add_header("Authorization", f"Token {os.environ['CRUNCH_TOKEN']}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request, timeout=60) as response:
            content = response.read()
        return json.loads(content) if content else None

    def project(self, name: str, workflow: str) -> str:
        """A project with a workflow, which the published client cannot make; gives its slug."""
        return self.ask("POST", "/api/projects/", {"name": name, "workflow": workflow})["slug"]

    def dataset(self, project: str, name: str, files: dict[str, str] | None) -> str:
        """A dataset with files in a separate folder in the storage; none without a folder. Gives its slug."""
        path = f"data/{name}"
        for file, content in (files or {}).items():
            (self.storage / path / file).parent.mkdir(parents=True, exist_ok=True)
            (self.storage / path / file).write_text(content)
        return self.ask("POST", "/api/datasets/", {"parent": project, "name": name, "base_file_path": path})["slug"]

    def statuses(self, slug: str) -> list[list[Any]]:
        """Stage, state and note of a dataset's statuses."""
        number = self.ask("GET", f"/api/datasets/{slug}/")["id"]
        statuses: list[dict[str, Any]] = []
        page = 1
        while page:
            payload = self.ask("GET", f"/api/statuses/?page={page}")
            statuses += payload["results"]
            page = page + 1 if payload["next"] else 0
        return [
            [status["stage"], status["state"], status["note"]] for status in statuses if status["dataset"] == number
        ]

    def run(self, slug: str, place: str, kind: str = "script", **more: Any) -> Any:
        """Run a dataset in a subfolder of the scenario's folder, unless `more` names another."""
        return self.name("Run")(
            connection=self.connection,
            dataset_slug=slug,
            storage_settings=self.settings,
            working_directory=more.pop("folder", self.folder / place),
            workflow_type=self.name("WorkflowType")(kind),
            **more,
        )

    def worked(self, place: str) -> dict[str, str]:
        """Return the files that a run left in its folder (newer releases name it after the dataset), without the workflow's output."""
        subfolders = [path.parent for path in (self.folder / place).rglob(".crunch")]
        files = below(subfolders[0]) if subfolders else {}
        return {name: text for name, text in files.items() if name != OUTPUT}

    def output(self, place: str) -> str | None:
        """Return the stored output of the workflow."""
        kept = next((self.folder / place).rglob(OUTPUT), None)
        return None if kept is None else kept.read_text()

    def stored(self, name: str) -> dict[str, str]:
        """Return the stored files of a dataset."""
        return below(self.storage / "data" / name)


def below(folder: Path) -> dict[str, str]:
    """Return the files in a folder by their paths: texts, and digests of long files."""
    contents: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            text = content.decode() if len(content) < 2000 else hashlib.sha256(content).hexdigest()
            contents[path.relative_to(folder).as_posix()] = text
    return contents
