"""Logins and settings: commands that belong to no service."""

from __future__ import annotations

from omicsdk.cli.commands import login
from omicsdk.cli.commands.numbers import above_0
from omicsdk.cli.index import Entry

SERVICE = ""

_PLATFORM = {"platform": login.known_platform}

COMMANDS = (
    Entry(
        "login",
        login.login,
        positional=("platform",),
        checks={**_PLATFORM, "timeout": above_0},
        switches=("token_stdin", "password_stdin", "device"),
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
    Entry("profiles", login.profiles, quick=True, examples=("",)),
)
