"""Changing settings files: one setting, whole or not at all, with others at it too."""

import json
import subprocess
import sys


def test_processes_lose_nothing(tmp_path):
    path = tmp_path / "config.json"
    code = (
        "import sys; from pathlib import Path; from omicsdk.core.settings.config import set_value\n"
        "for n in range(10): set_value(Path(sys.argv[1]), [sys.argv[2], str(n)], n)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in "ab"]
    assert [process.wait(timeout=60) for process in running] == [0, 0]
    whole = {str(number): number for number in range(10)}
    assert json.loads(path.read_text()) == {"a": whole, "b": whole}
