"""Variables by which other programs find a running sandbox: their names and values, and lines of shells that set them."""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.files import in_place_of
from omicsdk.core.settings.config import Values, change, set_in
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.upload import BUCKET_TEMPLATE

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

# The file of the commons' key, in the sandbox's folder.
GEN3_KEY = "gen3-credentials.json"


def variables(sandbox: "Sandbox") -> dict[str, str]:
    """The variables; requesting them starts the S3 server, makes a key, and writes files below the folder.

    Args:
        sandbox: The running sandbox.
    """
    token = sandbox.secrets.token
    prefix = sandbox.gen3.index.prefix.rstrip("/")
    return {
        "OMICS_SANDBOX_URL": sandbox.url,
        "AWS_ENDPOINT_URL_S3": sandbox.s3_url,
        **sandbox.s3_credentials,
        "HCA_CONFIG_FILE": str(_hca_config(sandbox)),
        "OMICS_DSS_TOKEN": token,
        "OMICS_DSS_STAGING_BUCKET": sandbox.staging_bucket,
        "OMICS_AZUL_URL": sandbox.azul_url,
        "OMICS_AUTH_TOKEN": token,
        "OMICS_UPLOAD_TOKEN": sandbox.upload_key,
        "SB_API_ENDPOINT": sandbox.sb_url,
        "SB_AUTH_TOKEN": sandbox.sb_token,
        "GEN3_ENDPOINT": sandbox.gen3_url,
        "GEN3_API_KEY": str(sandbox.gen3.credentials_file(sandbox.folder / GEN3_KEY, sandbox.gen3_url, lasting=True)),
        "OMICS_DRS_HOSTS": f"{prefix}={sandbox.url.partition('://')[2]}" if prefix else "",
        "OMICS_GOOGLE_URL": sandbox.google_url,
        "OMICS_GOOGLE_TOKEN": token,
        "CRUNCH_URL": sandbox.crunch_url,
        "CRUNCH_TOKEN": sandbox.crunch_token,
        "CRUNCH_STORAGE_SETTINGS": str(sandbox.crunch_storage_settings),
        "PANGEA_ENDPOINT": sandbox.pangea_url,
        "PANGEA_USER": SANDBOX_PANGEA_USER,
        "PANGEA_PASS": sandbox.password,
        "OMICS_GDC_URL": sandbox.gdc_url,
        "GDC_TOKEN": token,
        "OMICS_SDL_URL": sandbox.sdl_url,
        "OMICS_ENA_URL": sandbox.ena_url,
        "OMICS_ZENODO_URL": sandbox.zenodo_url,
        "OMICS_SEARCH_PORTALS": "azul,gdc,ena,zenodo,gen3",  # others would be searched at their own addresses
        "OMICS_EUTILS_URL": sandbox.eutils_url,
        **{f"OMICS_{name}_URL": f"{sandbox.url}/not-served" for name in ("GEO", "GEO_FILES", "EGA")},
        "OMICS_HTSGET_URL": sandbox.htsget_url,
        "OMICS_REFGET_URL": sandbox.refget_url,
        "OMICS_TRS_URL": sandbox.trs_url,
        **dict(
            variable
            for engine in sandbox.engines
            for variable in engine.variables(sandbox.spec_url(engine.name), token).items()
        ),
    }


def _hca_config(sandbox: "Sandbox") -> Path:
    """The file of settings of the Human Cell Atlas's clients."""
    config = sandbox.folder / "hca-config.json"
    settings = {
        ("DSSClient", "swagger_url"): sandbox.swagger_url,
        ("AuthClient", "swagger_url"): sandbox.auth_swagger_url,
        ("upload", "preprod_api_url_template"): sandbox.upload_url,
        ("upload", "production_api_url"): sandbox.upload_url,
        ("upload", "bucket_name_template"): BUCKET_TEMPLATE,
    }

    def edit(values: Values) -> None:
        # One at a time: the file also has the user's own settings, such as a selected upload area.
        for path, value in settings.items():
            set_in(values, config, path, value)

    change(config, edit)
    return config


def written_storage_settings(folder: Path, storage: Path) -> Path:
    """Write the file of settings that states where the django-crunch site stores the files of datasets, unless it has them.

    Args:
        folder: The sandbox's folder.
        storage: Folder of the files.
    """
    path = folder / "crunch-storage.json"
    content = json.dumps({"MEDIA_ROOT": str(storage)}, indent=4)
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        with in_place_of(path) as file:
            file.write(content.encode())
    return path


# Each shell that lines are written for, and its common name.
SHELLS = {"sh": "sh, bash, zsh", "fish": "fish", "powershell": "PowerShell"}


def _fish(value: str) -> str:
    return re.sub(r"([\\'])", r"\\\1", value)


def _powershell(value: str) -> str:
    # It treats typographic quotes as plain ones.
    return re.sub("(['\u2018\u2019\u201a\u201b])", r"\1\1", value)


_LINES: dict[str, tuple[str, Callable[[str], str]]] = {
    "sh": ("export {}={}\n", shlex.quote),
    "fish": ("set -gx {} '{}'\n", _fish),
    "powershell": ("$env:{} = '{}'\n", _powershell),
}


def shell_lines(environment: Mapping[str, str], shell: str = "sh") -> str:
    """Lines that set variables.

    Args:
        environment: Names and values.
        shell: One of `SHELLS`; default sh.

    Returns:
        One line for each, every one with its end.

    Raises:
        ValueError: There is no such shell.
    """
    if shell not in _LINES:
        raise ValueError(f"unknown shell {shell!r}; known are {', '.join(SHELLS)}")
    line, quoted = _LINES[shell]
    return "".join(line.format(name, quoted(value)) for name, value in environment.items())
