"""The two clients: where they are, and whether they are there."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transferring.programs import ROOT

PUBLISHED = ROOT / ".peers" / "gen3"
"""The published client's environment."""
HOST = "commons.example.org"
"""The commons, which is reached through a proxy."""

_LIBRARIES = ("gen3", "requests", "pandas")
_NOT_OURS = ("GEN3", "OMICS_", "DRS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy")


@dataclass(frozen=True)
class Client:
    """A client.

    Attributes:
        package: The Python package that it is.
        command: Its command, as it is installed.
        environ: The environment's variables that it gets.
    """

    package: str
    command: Path
    environ: Mapping[str, str]

    @property
    def python(self) -> Path:
        """Its environment's interpreter."""
        return self.command.with_name("python")


def make_published() -> None:
    """Makes the published client's environment when it isn't there.

    Raises:
        subprocess.CalledProcessError: It couldn't be made.
    """
    subprocess.run([sys.executable, ROOT / "tests" / "compat" / "make_environments.py", "gen3"], check=True)


def both(homes: Path, certificate: Path) -> tuple[Client, Client]:
    """Our client and the published one, each with a home of its own.

    Args:
        homes: The folder for their homes.
        certificate: What they have to trust.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(certificate))
    environ = {**kept, **trust, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONWARNINGS": "ignore"}
    made: list[Client] = []
    for package, command in (("omicsdk.gen3", Path(sys.executable).with_name("omics")), ("gen3", _PUBLISHED_COMMAND)):
        home = homes / package
        home.mkdir()
        made.append(Client(package, command, {**environ, "HOME": str(home)}))
    return made[0], made[1]


_PUBLISHED_COMMAND = PUBLISHED / "bin" / "gen3"


def token() -> str:
    """An access token of the commons, good for ten years; nobody looks at its signature."""
    claims = {"iss": f"https://{HOST}/user", "iat": 1_700_000_000, "exp": 2_000_000_000 + 300_000_000, "pur": "access"}
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in ({}, claims)]
    return ".".join([*parts, "c2ln"])


def versions() -> dict[str, str]:
    """The published client's version, and those of what it does its work with."""
    program = f"from importlib.metadata import version\nfor name in {_LIBRARIES}: print(version(name))"
    told = subprocess.run([PUBLISHED / "bin" / "python", "-c", program], capture_output=True, text=True, check=True)
    first, *others = told.stdout.split()
    return {_LIBRARIES[0]: first} | {f"its {name}": found for name, found in zip(_LIBRARIES[1:], others, strict=True)}


def missing(needs: Iterable[str]) -> list[str]:
    """Which of what cases need isn't there."""
    return [need for need in needs if not (PUBLISHED / "made-from").is_file()]
