"""Lines that set variables: what a shell makes of them is the value again."""

import shutil
import subprocess

import pytest
from omicsdk.sandbox.environment import SHELLS, shell_lines

VALUES = {"PLAIN": "http://127.0.0.1:1", "ODD": "it's \"a\" $HOME `x` \\ 'q' %d", "TYPED": "\u2018x\u2019"}


def test_sh_reads_the_values_back():
    script = shell_lines(VALUES) + 'printf \'%s\\n\' "$PLAIN" "$ODD" "$TYPED"'
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == list(VALUES.values())


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish isn't installed")
def test_fish_reads_the_values_back():
    script = shell_lines(VALUES, "fish") + "printf '%s\\n' $PLAIN $ODD $TYPED"
    ran = subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == list(VALUES.values())


def test_quotes_of_fish_and_powershell_are_preserved():
    assert shell_lines({"A": "it's \\"}, "fish") == "set -gx A 'it\\'s \\\\'\n"
    assert shell_lines({"A": "it's \u2019"}, "powershell") == "$env:A = 'it''s \u2019\u2019'\n"


def test_another_shell_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=", ".join(SHELLS)):
        shell_lines({}, "csh")
