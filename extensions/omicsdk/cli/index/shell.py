"""Commands for the shell: completion."""

from __future__ import annotations

from omicsdk.cli.commands.completion import completion
from omicsdk.cli.index import Entry

SERVICE = ""

COMMANDS = (
    Entry(
        "completion",
        completion,
        positional=("shell",),
        switches=("install",),
        quick=True,
        examples=(
            "--install",
            "zsh --install",
            "bash > ~/.local/share/bash-completion/completions/omics",
            "fish > ~/.config/fish/completions/omics.fish",
            "powershell >> $PROFILE",
        ),
    ),
)
