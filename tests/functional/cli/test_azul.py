"""`omics azul`: catalogs, listings, facets, manifests and downloads against the sandbox."""

import json

import pytest
from azul_project import CONTENTS, PROJECT, write_project
from service_command import service_command

pytestmark = pytest.mark.sandbox


@pytest.fixture
def azul(omics, monkeypatch, tmp_path, omics_sandbox):
    omics_sandbox.seed(write_project(tmp_path / "bundle"))
    variables = {"OMICS_AZUL_URL": omics_sandbox.azul_url}
    return service_command(omics, "azul", monkeypatch, tmp_path, variables, ("OMICS_AZUL_TOKEN",))


def test_catalogs_and_counts(azul):
    assert [row["name"] for row in azul("catalogs").json] == ["dcp43", "dcp42", "lm8", "anvil8"]
    assert azul("summary", "--filter", "organ=eye").json["fileCount"] == len(CONTENTS)
    assert azul("summary", "--catalog", "anvil8").json["datasetCount"] == 1


def test_projects_are_rows_of_what_is_compared_most(azul):
    (row,) = azul("projects", "ls", "--filter", "genusSpecies=Homo sapiens", "--filter", "organ=eye").json
    assert row == {
        "uuid": PROJECT,
        "name": "Eye",
        "species": "Homo sapiens, Mus musculus",
        "organ": "eye",
        "cells": None,
        "files": len(CONTENTS),
        "size": sum(map(len, CONTENTS.values())),
        "title": "An atlas of the eye",
    }
    assert azul("get", PROJECT, "--query", "projects[0].projectTitle").out == "An atlas of the eye\n"


@pytest.mark.parametrize("kind", ["samples", "bundles", "datasets", "donors", "biosamples", "activities"])
def test_every_type_of_entities_is_listed(azul, kind):
    catalog = "dcp43" if kind in ("samples", "bundles") else "anvil8"
    (row,) = azul(kind, "ls", "--catalog", catalog).json
    assert row["uuid"]


def test_files_are_limited_and_filtered_by_json(azul):
    some = azul("files", "ls", "--limit", "2")
    assert (some.code, len(some.json)) == (3, 2)
    chosen = azul(
        "files", "ls", "--filters", json.dumps({"fileFormat": {"is": ["h5ad"]}}), "--filter", "fileSize=0..9999"
    )
    assert [row["name"] for row in chosen.json] == ["counts.h5ad"]
    assert [row["name"] for row in azul("matrices", PROJECT).json] == ["counts.h5ad"]


PAGE = f"https://explore.data.humancellatlas.org/projects/{PROJECT}"


@pytest.mark.parametrize(
    "project", [PROJECT, PAGE, f"{PAGE}/m?catalog=dcp43"], ids=["uuid", "url", "url with a catalog"]
)
def test_a_project_is_named_by_its_uuid_or_url_where_filters_are(azul, project):
    names = sorted(CONTENTS)
    assert sorted(row["name"] for row in azul("ls", project).json) == names
    assert sorted(row["name"] for row in azul("files", "ls", project).json) == names
    (chosen,) = azul("files", "ls", "--filter", "fileFormat=h5ad", project).json
    assert chosen["name"] == "counts.h5ad"
    assert azul("get", project).json["entryId"] == PROJECT
    planned = azul("download", project, "--to", "data", "--dry-run")
    assert (planned.code, all(name in planned.out for name in names)) == (0, True)


def test_the_catalog_of_a_url_is_used_and_an_option_comes_before_it(azul):
    assert azul("ls", f"{PAGE}?catalog=dcp99").code == 1
    assert azul("ls", f"{PAGE}?catalog=dcp99", "--catalog", "dcp43").code == 0
    nothing = azul("ls", PROJECT.replace("7", "8"))
    assert (nothing.json, "Another catalog may have it: omics azul catalogs" in nothing.err) == ([], True)


def test_a_dataset_is_named_by_its_uuid_in_catalogs_of_datasets(azul):
    (dataset,) = azul("datasets", "ls", "--catalog", "anvil8").json
    listed = azul("ls", dataset["uuid"], "--catalog", "anvil8").json
    assert listed == azul("files", "ls", "--catalog", "anvil8").json


def test_tables_begin_with_the_uuid_and_show_sizes_that_are_numbers_elsewhere(azul, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    head, _, row, *_ = azul("ls", tty=True).out.splitlines()
    assert ("uuid" in head.split(), row.split()[0]) == (True, PROJECT)
    shown = azul("files", "ls", PROJECT, "--columns", "name,size", tty=True).out
    assert "1.76 KiB" in shown
    assert 1800 in [row["size"] for row in azul("files", "ls", PROJECT).json]
    assert "1800" in azul("files", "ls", PROJECT, "--output", "tsv", tty=True).out


def test_a_manifest_is_written_and_downloaded(azul, tmp_path, omics_sandbox):
    omics_sandbox.settings.turn({"azul.retry_after": 0})
    made = azul("manifest", "--filter", "organ=eye", "--to", "m.tsv")
    assert made.code == 0
    assert "the manifest is being written" in made.err
    done = azul("download", "--manifest", "m.tsv", "--to", "data", "--layout", "project")
    assert (done.code, done.json["counts"]["done"]) == (0, len(CONTENTS))
    assert (tmp_path / "work/data/Eye/counts.h5ad").read_bytes() == CONTENTS["counts.h5ad"]
    checked = azul("verify", "--manifest", "m.tsv", "--to", "data", "--layout", "project")
    assert checked.code == 0


def test_a_dry_run_states_what_would_be_fetched(azul, tmp_path):
    planned = azul("download", "--matrices", PROJECT, "--to", "data", "--dry-run")
    assert planned.code == 0
    assert "download 1,800 bytes" in planned.out
    assert not (tmp_path / "work/data").exists()


@pytest.mark.parametrize(
    "words",
    [("download", "--to", "data"), ("download", "--to", "data", "--dry-run"), ("files", "ls")],
    ids=["download", "dry run", "list"],
)
def test_a_misspelt_value_is_reported_with_the_near_one_and_fails_on_request(azul, words):
    wrong = (*words, "--filter", "organ=eyes")
    ran = azul(*wrong)
    assert (ran.code, "nothing has organ=eyes. Did you mean eye?" in ran.err) == (0, True)
    assert azul(*wrong, "--fail-empty").code == 1
    assert azul(*words, "--filter", "organ=eye", "--fail-empty").code == 0


def test_the_files_of_a_project_are_listed_and_read_by_uri(azul, omics):
    del azul
    listed = omics("ls", f"azul://dcp43/projects/{PROJECT}/reads/")
    assert [row["name"].rpartition("/")[2] for row in listed.json] == ["r_1.fastq.gz", "r_2.fastq.gz"]
    read = omics("cat", "--range", "0-5", f"azul://default/projects/{PROJECT}/counts.h5ad")
    assert read.out == "counts"
