"""Commands that belong to no service."""

from __future__ import annotations

from collections.abc import Callable

from omicsdk.cli.commands import alias, codegen, completion, config, login, sandbox
from omicsdk.cli.commands.doctor import doctor, init
from omicsdk.cli.commands.dss import nothing_cached
from omicsdk.cli.commands.values import at_least_1, port
from omicsdk.cli.demo import demo
from omicsdk.cli.index import Entry
from omicsdk.cli.main import show_help
from omicsdk.cli.mcp import mcp
from omicsdk.compat.__main__ import run
from omicsdk.logins import listed_profiles

SERVICE = ""
READS = ("whoami",)
PRIVATE = (
    *("codegen", "compat", "sandbox", "demo", "doctor", "init", "clear-hca-cache", "help", "completion", "alias"),
    *("mcp", "login", "logout", "profiles", "config"),
)

_PLATFORM = {"platform": login.known_platform}


def _codegen(command: str, function: Callable[..., object], example: str, *overlays: str, **metavars: str) -> Entry:
    """A command that reads documents."""
    return Entry(
        command,
        function,
        repeated=(*overlays, "only", "allow_url"),
        metavars={"only": "TAG", "root": "FOLDER", "refs": "FOLDER", **dict.fromkeys(overlays, "FILE"), **metavars},
        examples=(example,),
    )


COMMANDS = (
    _codegen(
        "codegen",
        codegen.generate,
        "openapi.yaml --name myservice --out myservice-client",
        "overlay",
        out="FOLDER",
        templates="FOLDER",
    ),
    _codegen(
        "codegen diff", codegen.diff, "old.yaml new.yaml --fail-on-breaking", "overlay", "old_overlay", "new_overlay"
    ),
    _codegen("codegen explain", codegen.explain, "openapi.yaml 'GET /runs'", "overlay"),
    Entry("codegen templates", codegen.templates, examples=("readme.md.jinja > templates/readme.md.jinja",)),
    _codegen("codegen suggest", codegen.suggest, "openapi.yaml", "overlay"),
    Entry(
        "compat run",
        run,
        metavars={"program": "[OPTION] SCRIPT|-m MODULE|-c CODE|- [ARGUMENT]"},
        verbatim=True,
        quick=True,
        examples=("script.py --replica aws", "-m pytest tests"),
    ),
    Entry(
        "sandbox up",
        sandbox.up,
        checks={"s3_port": port},
        repeated=("allow_host", "spec", "name"),
        metavars={"spec": "FILE", "faults": "FILE"},
        examples=("", "--port 8080 --dir my-sandbox", "--spec openapi.yaml --name pets"),
    ),
    Entry("sandbox explain", sandbox.explain, examples=("openapi.yaml", "openapi.yaml --operation listPets")),
    Entry(
        "sandbox seed",
        sandbox.seed,
        metavars={"exchanges": "FILE"},
        examples=(
            "bundle-1/ bundle-2/ --dir my-sandbox",
            "study/ --service gen3 --url http://127.0.0.1:8080",
            "--exchanges recording.jsonl --dir my-sandbox",
        ),
    ),
    Entry("sandbox save", sandbox.save, like=(sandbox.seed,), examples=("state.tar --url http://127.0.0.1:8080",)),
    Entry("sandbox load", sandbox.load, examples=("state.tar --dir my-sandbox",)),
    Entry(
        "sandbox reset",
        sandbox.reset,
        like=(sandbox.seed,),
        examples=("--dir my-sandbox", "--url http://127.0.0.1:8080"),
    ),
    Entry("sandbox status", sandbox.status, like=(sandbox.seed,), examples=("", "--url http://127.0.0.1:8080")),
    Entry("demo", demo, examples=("", "--keep demo-folder")),
    Entry(
        "mcp",
        mcp,
        checks={"max_response": at_least_1},
        metavars={"services": "NAMES"},
        examples=("--services azul", "--services gen3,files --folder data --allow-writes"),
    ),
    Entry("doctor", doctor, short={"verbose": "-v"}, examples=("", "dss sb", "--json > report.json")),
    Entry("clear-hca-cache", nothing_cached, quick=True, examples=("",)),
    Entry("help", show_help, quick=True, examples=("dss get-bundle", "topics")),
    Entry(
        "completion",
        completion.completion,
        quick=True,
        examples=(
            "bash > ~/.local/share/bash-completion/completions/omics",
            "fish > ~/.config/fish/completions/omics.fish",
            "powershell >> $PROFILE",
            "install",
        ),
    ),
    Entry("completion install", completion.install, quick=True, examples=("", "zsh")),
    Entry("completion uninstall", completion.uninstall, quick=True, examples=("",)),
    Entry(
        "alias set",
        alias.set_alias,
        short={"shell": "-s"},
        quick=True,
        examples=(
            "bundle 'dss get-bundle --replica aws --uuid $1'",
            "--shell sizes 'omics ls -l \"$1\" | sort -k2 -n'",
        ),
    ),
    Entry("alias list", alias.list_aliases, quick=True, examples=("",)),
    Entry("alias rm", alias.remove_alias, quick=True, examples=("bundle",)),
    Entry("alias hca", alias.hca, quick=True, examples=("", "--shell fish | source")),
    Entry(
        "login",
        login.login,
        checks=_PLATFORM,
        examples=(
            "hca",
            "sb --base-url https://cgc-api.sbgenomics.com/v2 --token-stdin < token.txt",
            "gen3 --credentials-file ~/Downloads/credentials.json",
            "pangea --user ada@example.org --profile work",
        ),
    ),
    Entry("logout", login.logout, checks=_PLATFORM, examples=("sb", "--profile work")),
    Entry(
        "whoami",
        login.whoami,
        checks=_PLATFORM,
        columns=("platform", "user", "problem", "origin", "expires_at", "base_url", "profile"),
        examples=("", "gen3 --output json"),
    ),
    Entry("init", init, examples=("", "--check --output json")),
    Entry("profiles", listed_profiles, quick=True, examples=("",)),
    Entry("config list", config.list_settings, examples=("", "--show-origin", "--known")),
    Entry("config get", config.get, examples=("sb.base_url", "DSSClient.swagger_url")),
    Entry(
        "config set",
        config.set_setting,
        examples=(
            "sb.base_url https://cgc-api.sbgenomics.com/v2",
            "gen3.base_url https://commons.example.org --profile work",
            "DSSClient.swagger_url https://dss.example.org/v1/swagger.json",
            "dss.download.num_retries 3",
        ),
    ),
    Entry("config unset", config.unset_setting, examples=("dss.download.num_retries",)),
    Entry("config path", config.paths, quick=True, examples=("",)),
    Entry("config edit", config.edit, examples=("",)),
)
