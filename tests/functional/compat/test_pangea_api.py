"""A program for pangea-api runs as it is: it is given to `python -m omicsdk.compat`, and finds the sandbox by its variables."""

import os
import subprocess
import sys
from pathlib import Path

from omicsdk.sandbox import Sandbox

PROGRAM = """
import os
import sys

import requests
from pangea_api import Knex, Organization, PangeaNotFoundError, PangeaOtherError, User
from pangea_api.contrib.tagging.tag import Tag
from pangea_api.remote_object import RemoteObjectOverwriteError

knex = Knex(os.environ["PANGEA_ENDPOINT"])
User(knex, os.environ["PANGEA_USER"], os.environ["PANGEA_PASS"]).login()
library = Organization(knex, "Sandbox").sample_group("Sandbox Library", is_library=True).get()
for name in sys.argv[1:]:
    library.sample(name, metadata={"name": name}).idem()
for sample in library.get_samples(cache=False):
    field = sample.analysis_result("raw::reads", replicate="1").idem().field("reads", data={}).idem()
    path = f"{sample.name}.txt"
    with open(path, "w") as file:
        file.write(sample.name)
    field.upload_file(path, logger=lambda told: None)
    copy = field.download_file(filename=f"{sample.name}.copy")
    print(sample.name, sample.metadata, open(copy).read(), field.get_referenced_filename())
Tag(knex, "done").idem()(library.sample(sys.argv[1]).get())
print([sample.name for sample in Tag(knex, "done").get().get_samples()])
try:
    library.sample("none").get()
except PangeaNotFoundError as error:
    print(isinstance(error, requests.exceptions.HTTPError), library.sample("none").exists())
try:
    Organization(knex, "Sandbox").create()
except requests.exceptions.HTTPError as error:
    print(isinstance(error, PangeaOtherError))
try:
    library.sample(sys.argv[1], metadata={"name": "other"}).get()
except RemoteObjectOverwriteError:
    print("kept")
"""


def test_a_program_runs_as_it_is(omics_sandbox: Sandbox, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(PROGRAM)
    # A stand-in for the library that the published client needs: the program names its exceptions.
    requests = tmp_path / "requests"
    requests.mkdir()
    (requests / "__init__.py").write_text("from requests import exceptions\nfrom requests.exceptions import *\n")
    (requests / "exceptions.py").write_text(
        "class RequestException(OSError): ...\n"
        "class HTTPError(RequestException): ...\n"
        "class ConnectionError(RequestException): ...\n"
        "class ConnectTimeout(ConnectionError): ...\n"
        "class ReadTimeout(ConnectionError): ...\n"
    )
    environ = {
        **os.environ,
        **omics_sandbox.environment(),
        "HOME": str(tmp_path),
        "PANGEA_API_CACHE_DIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "omicsdk.compat", str(script), "a b", "c"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
        env=environ,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "a b {'name': 'a b'} a b a b/a b.raw__reads.reads.txt",
        "c {'name': 'c'} c c/c.raw__reads.reads.txt",
        "['a b']",
        "True False",
        "True",
        "kept",
    ]
