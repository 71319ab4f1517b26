"""Commands for the shell: completion and aliases."""

from __future__ import annotations

from omicsdk.cli.commands import alias
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
    Entry(
        "alias set",
        alias.set_alias,
        positional=("name", "expansion"),
        switches=("shell", "clobber"),
        short={"shell": "-s"},
        quick=True,
        examples=(
            "bundle 'dss get-bundle --replica aws --uuid $1'",
            "--shell sizes 'omics ls -l \"$1\" | sort -k2 -n'",
        ),
    ),
    Entry("alias list", alias.list_aliases, quick=True, examples=("",)),
    Entry("alias rm", alias.remove_alias, positional=("name",), quick=True, examples=("bundle",)),
    Entry("alias hca", alias.hca, quick=True, examples=("", "--shell fish | source")),
)
