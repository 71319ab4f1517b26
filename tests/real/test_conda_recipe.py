"""rattler-build reads the recipe for conda-forge, and renders what it would build. It is not built: that needs channels of conda."""

import json
import subprocess
from pathlib import Path

from real_servers import peer

ROOT = Path(__file__).parents[2]
RENDER = """
import json, sys
from rattler_build import Stage0Recipe
(variant,) = Stage0Recipe.from_file(sys.argv[1]).render()
recipe = variant.recipe
print(json.dumps([recipe.package.name, str(recipe.package.version), str(recipe.build.noarch), len(recipe.requirements.run)]))
"""


def test_rattler_build_renders_it() -> None:
    command = [peer("rattler_build", "bin/python"), "-c", RENDER, ROOT / "release/conda/recipe.yaml"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    name, version, noarch, needed = json.loads(ran.stdout)
    assert (name, noarch.lower()) == ("omicsdk", "python")
    assert f"version: {version}" in (ROOT / "release/conda/recipe.yaml").read_text()
    assert needed == 12
