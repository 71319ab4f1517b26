"""What the command line takes to show help, to complete a word and to list a folder.

    python benchmarks/cli_startup.py

Help and completion are compared with an interpreter that does nothing, listing with rclone and the AWS command line where they are
installed, all against the sandbox's S3. Prints ratios and writes benchmarks/results/cli_startup.json.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import boto3
from measuring import Case, compared, run, write_results
from omicsdk.sandbox import Sandbox

SCRIPT = Path(sys.executable).with_name("omics")
ROUNDS, LIST_ROUNDS = 20, 9
OBJECTS = 1000


class Response(NamedTuple):
    """What a command must print, and how long it may take.

    Attributes:
        words: The command's words.
        wanted: What it must print.
        goal: Times an interpreter that does nothing, at most.
    """

    words: Sequence[str]
    wanted: Sequence[str]
    goal: float


CASES = {
    "omics --help": Response(["--help"], ["Usage: omics", "dss"], 2.3),
    "omics dss get-bundle --help": Response(
        ["dss", "get-bundle", "--help"], ["--uuid", "--replica", "--presignedurls"], 2.6
    ),
    "omics __complete": Response(["__complete", "zsh", "=get-", "dss"], ["get-bundle:"], 3.0),
    "omics __complete, options": Response(
        ["__complete", "zsh", "=--", "sb", "api", "get-user"], ["--username", "--output"], 3.0
    ),
}


def starting() -> Iterator[dict[str, object]]:
    """Measures what answers without a service."""
    for name, response in CASES.items():
        shown = subprocess.run([SCRIPT, *response.words], capture_output=True, text=True, check=True).stdout
        if missing := [text for text in response.wanted if text not in shown]:
            sys.exit(f"{name}: {missing[0]} is missing in what it prints")
        bare = run(sys.executable, "-c", "pass")
        yield compared(Case(f"{name} / python -c pass", run(SCRIPT, *response.words), bare, response.goal, ROUNDS))


def peers(bucket: str, environ: Mapping[str, str]) -> dict[str, list[str]]:
    """The other programs that are installed, with the words that list a bucket.

    Args:
        bucket: The bucket.
        environ: Says where S3 is, and with which keys.
    """
    endpoint = environ["AWS_ENDPOINT_URL_S3"]
    found = {
        "rclone lsf": [
            "rclone",
            "lsf",
            "--config",
            os.devnull,
            f":s3,env_auth,provider=Other,endpoint='{endpoint}':{bucket}",
        ],
        "aws s3 ls": ["aws", "s3", "ls", f"s3://{bucket}/"],
    }
    places = os.pathsep.join([str(SCRIPT.parent), os.environ["PATH"]])
    programs = {name: shutil.which(words[0], path=places) for name, words in found.items()}
    return {name: [program, *found[name][1:]] for name, program in programs.items() if program}


def listing() -> Iterator[dict[str, object]]:
    """Measures `omics ls` of a bucket with many objects, against each of the other programs."""
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Sandbox(Path(folder))
        sandbox.start()
        try:
            environ = {**os.environ, **sandbox.environment()}
            bucket = sandbox.staging_bucket
            s3 = boto3.client(
                "s3",
                endpoint_url=environ["AWS_ENDPOINT_URL_S3"],
                aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
                region_name=environ["AWS_DEFAULT_REGION"],
            )
            for number in range(OBJECTS):
                s3.put_object(Bucket=bucket, Key=f"{number:04}.txt", Body=b"x")
            ours = [str(SCRIPT), "ls", f"s3://{bucket}/"]
            for name, words in peers(bucket, environ).items():
                for each in (ours, words):
                    shown = subprocess.run(each, capture_output=True, text=True, check=True, env=environ).stdout
                    if shown.count(".txt") < OBJECTS:
                        sys.exit(f"{' '.join(each)}: lists {shown.count('.txt')} of {OBJECTS} objects")
                case = f"omics ls, {OBJECTS} objects / {name}"
                yield compared(Case(case, run(*ours, env=environ), run(*words, env=environ), None, LIST_ROUNDS))
        finally:
            sandbox.stop()


def main() -> None:
    """Measures all cases."""
    write_results("cli_startup", [*starting(), *listing()])


if __name__ == "__main__":
    main()
