"""An upload in parts whose process is killed continues in the next: what is in the store is not sent again."""

import random
import subprocess
import sys
from pathlib import Path

from omicsdk.compat.pangea_api import Knex, Organization
from omicsdk.core.checksums import MIB
from omicsdk.pangea import FieldId, FieldUpload, upload_files
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

SCRIPT = """
import os, sys
from omicsdk.compat.pangea_api import Knex, Organization
from omicsdk.pangea import FieldId, FieldUpload, upload_files

url, token, path = sys.argv[1:]
knex = Knex(url)
knex.add_auth_token(token)
library = Organization(knex, "Sandbox").sample_group("Sandbox Library")
field = library.sample("s 1").analysis_result("raw::x").field("reads").get()

def tell(text):
    if "Uploaded part 3" in text:
        os._exit(9)

upload_files(knex.client, [FieldUpload(FieldId(field.uuid), path)], chunk_size=5 * 1024 * 1024, connections=1, logger=tell)
"""


def test_a_killed_upload_continues(knex: Knex, sandbox: Sandbox, tmp_path: Path):
    path = tmp_path / "reads.fastq.gz"
    path.write_bytes(random.Random(1).randbytes(MIB) * 26)
    library = Organization(knex, "Sandbox").sample_group("Sandbox Library")
    field = library.sample("s 1").create().analysis_result("raw::x").create().field("reads").create()
    people = sandbox.pangea.people
    token = people.token(people.by_email(SANDBOX_PANGEA_USER))
    ended = subprocess.run([sys.executable, "-c", SCRIPT, knex.endpoint, token, str(path)], check=False)
    assert ended.returncode == 9
    report = upload_files(knex.client, [FieldUpload(FieldId(str(field.uuid)), path)], chunk_size=5 * MIB)
    report.raise_if_failed()
    (outcome,) = report.outcomes
    assert outcome.bytes_kept >= 10 * MIB  # the last part may not have been written down
    assert outcome.bytes_fetched <= 16 * MIB
    assert Path(field.refresh().download_file()).read_bytes() == path.read_bytes()
