"""Logins and settings: commands that belong to no service."""

from __future__ import annotations

from omicsdk.cli.commands import config, login
from omicsdk.cli.commands.init import init
from omicsdk.cli.commands.values import above_0
from omicsdk.cli.index import Entry

SERVICE = ""
BY_SIGNATURE = True

_URL = "https://dss.example.org/v1/swagger.json"
_PLATFORM = {"platform": login.known_platform}

COMMANDS = (
    Entry(
        "login",
        login.login,
        positional=("platform",),
        checks={**_PLATFORM, "timeout": above_0},
        examples=(
            "hca",
            "sb --base-url https://cgc-api.sbgenomics.com/v2 --token-stdin < token.txt",
            "gen3 --credentials-file ~/Downloads/credentials.json",
            "pangea --user ada@example.org --profile work",
        ),
    ),
    Entry("logout", login.logout, positional=("platform",), checks=_PLATFORM, examples=("sb", "--profile work")),
    Entry(
        "whoami",
        login.whoami,
        positional=("platform",),
        checks=_PLATFORM,
        render=login.shown,
        columns=("platform", "user", "expires_at", "problem", "base_url", "profile", "origin"),
        examples=("", "gen3 --output json"),
    ),
    Entry("init", init, checks={"timeout": above_0}, examples=("", "--check --output json")),
    Entry("profiles", login.profiles, quick=True, examples=("",)),
    Entry("config list", config.list_settings, examples=("", "--show-origin", "--known")),
    Entry("config get", config.get, positional=("name",), examples=("sb.base_url", "DSSClient.swagger_url")),
    Entry(
        "config set",
        config.set_setting,
        positional=("name", "value"),
        examples=(
            "sb.base_url https://cgc-api.sbgenomics.com/v2",
            "gen3.base_url https://commons.example.org --profile work",
            f"DSSClient.swagger_url {_URL}",
            "dss.download.num_retries 3",
        ),
    ),
    Entry("config unset", config.unset_setting, positional=("name",), examples=("dss.download.num_retries",)),
    Entry("config path", config.paths, quick=True, examples=("",)),
    Entry("config edit", config.edit, examples=("",)),
)
