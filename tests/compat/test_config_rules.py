"""Merging of settings layers: as in the published client's library, except for mistakes that it silently ignores."""

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.errors import ConfigError
from omicsdk.core.settings.config import Layer, merged

pytestmark = pytest.mark.compat("hca")

ENVIRONMENT = Path(__file__).resolve().parents[2] / ".peers" / "hca"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
CASES = 300

# Reads [[layer, ...], ...] and prints what the library makes of each, by files and by its public names.
PEER = """
import json, os, sys, tempfile
import tweak
folder = tempfile.mkdtemp()
tweak.Config._site_config_home = tweak.Config._user_config_home = folder
made = []
for layers in json.load(sys.stdin):
    files = []
    for number, layer in enumerate(layers):
        files.append(os.path.join(folder, str(number)))
        with open(files[-1], "w") as file:
            json.dump(layer, file)
    os.environ["CASE_CONFIG_FILE"] = ":".join(files)
    made.append(tweak.Config(name="case", save_on_exit=False))
    made[-1] = json.loads(json.dumps(made[-1], default=dict))
print(json.dumps(made))
"""


def theirs(cases: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    ran = subprocess.run(
        [PYTHON, "-c", PEER],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(ran.stdout)


def ours(layers: list[dict[str, Any]]) -> dict[str, Any]:
    return merged([Layer(str(number), layer) for number, layer in enumerate(layers)]).values


def drawn(random_: random.Random, below: dict[str, Any], depth: int = 0) -> dict[str, Any]:
    """A layer in which a name's first letter states its kind: array, object or scalar. Operators meet arrays only."""
    layer: dict[str, Any] = {}
    for name in random_.sample(["a1", "a2", "o1", "o2", "s1", "s2"], random_.randint(0, 4)):
        if name[0] == "o" and depth < 3:
            inner = below.get(name)
            layer[name] = drawn(random_, inner if isinstance(inner, dict) else {}, depth + 1)
        elif name[0] == "s":
            layer[name] = random_.choice([None, True, 0, 1.5, "x", "$append"])
        elif name[0] == "a":
            layer[name] = changed(random_) if name in below and random_.random() < 0.7 else values(random_)
    return layer


def values(random_: random.Random) -> list[Any]:
    return [random_.choice([1, "x", None, {"k": [1]}, [2]]) for _ in range(random_.randint(0, 3))]


def changed(random_: random.Random) -> dict[str, Any]:
    name = random_.choice(["$append", "$extend", "$extendleft", "$remove"])
    return {name: values(random_) if name.startswith("$extend") else random_.choice([1, "x", [2], {"k": [1]}])}


def test_layers_are_merged_alike():
    random_ = random.Random(5)
    cases: list[list[dict[str, Any]]] = []
    for _ in range(CASES):
        layers: list[dict[str, Any]] = []
        for _ in range(random_.randint(1, 4)):
            layers.append(drawn(random_, ours(layers)))
        cases.append(layers)
    assert sum("$" in json.dumps(layers) for layers in cases) > CASES / 4
    for layers, expected in zip(cases, theirs(cases), strict=True):
        assert ours(layers) == expected


@pytest.mark.parametrize(
    ("layers", "their", "our"),
    [
        ([{"a": 5}, {"a": {"b": 1}}], {"a": 5}, {"a": {"b": 1}}),
        ([{"a": [5]}, {"a": {"b": 1}}], {"a": [5]}, {"a": {"b": 1}}),
        ([{}, {"a": {"$append": 1}}], {}, {"a": [1]}),
        ([{"a": [1]}, {"a": {"$insert": {"0": 2}}}], {"a": [1]}, {"a": [2, 1]}),
        ([{"a": 5}, {"a": {"$append": 1}}], {"a": 5}, ConfigError),
        ([{"a": [1]}, {"a": {"$extend": "xy"}}], {"a": [1, "x", "y"]}, ConfigError),
    ],
)
def test_mistakes_that_the_library_ignores_are_errors(layers, their, our):
    assert theirs([layers]) == [their]
    if our is ConfigError:
        with pytest.raises(ConfigError):
            ours(layers)
    else:
        assert ours(layers) == our
