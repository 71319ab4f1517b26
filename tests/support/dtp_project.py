"""A project of the sandbox's commons with one data set, and a user without separate settings."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.dtp import Auth
from omicsdk.sandbox import Sandbox

PROGRAM, PROJECT, DATASET = "demo1", "12L", "dataset-12L_1-version-1"
EXPERIMENT: dict[str, Any] = {"type": "experiment", "submitter_id": DATASET, "projects": [{"code": PROJECT}]}


def case(number: int, **more: Any) -> dict[str, Any]:
    """A subject of the data set, as it is submitted."""
    required = ("pool_id", "subject_experimental_group", "strain", "rrid_for_strain", "also_in_dataset", "member_of")
    return {
        "type": "case",
        "submitter_id": f"{DATASET}-subjects-sub-{number}",
        "experiments": [{"submitter_id": DATASET}],
        **dict.fromkeys(required, "NA"),
        "subject_id": f"sub-{number}",
        "age": "30y",
        "sex": "F",
        "species": "Human",
        "age_category": "adult",
        **more,
    }


def alone(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A user without credentials and settings, whose home is below a folder."""
    for name in (
        "GEN3_API_KEY",
        "GEN3_ENDPOINT",
        "NAMESPACE",
        "GEN3SDK_MAX_RETRIES",
        "OMICS_DTP_URL",
        "OMICS_DTP_TOKEN",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(folder / "home"))
    (folder / "home").mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(folder / "state"))


def login(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Auth:
    """The login of a user who may do everything, to a commons with the project and its data set of two subjects."""
    alone(monkeypatch, folder)
    sandbox.gen3.records.seed(PROGRAM, PROJECT, [EXPERIMENT, case(1), case(2, sex="M")])
    return Auth(refresh_file=str(sandbox.gen3_credentials(folder / "credentials.json")))
