"""The wheel and the sdist of a commit are the same wherever they are built, and hold what they should."""

import hashlib
import subprocess
import tarfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.release

ROOT = Path(__file__).parents[3]
whole = pytest.mark.long  # `make dist`, a step of every change's checks, compares the same builds


@pytest.fixture(scope="module")
def built(release_tools, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    from distributions import build_all

    if not (ROOT / ".git").exists():
        pytest.skip("only a git checkout says what is committed")
    # Ends with an exception where two builds, or the wheel that the sdist gives, differ.
    return build_all(ROOT, "HEAD", tmp_path_factory.mktemp("dist"))


@whole
def test_two_builds_in_unlike_surroundings_and_the_sdists_own_are_the_same(built):
    assert [path.name.removeprefix("omicsdk-").lstrip("0123456789.") for path in built] == [
        "-py3-none-any.whl",
        "tar.gz",
    ]


@whole
def test_the_sdist_can_be_built_from_and_read(built):
    with tarfile.open(built[1]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for path in (
        *("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "docs/design.md"),
        *("specs/dss/openapi.yaml", "specs/dss/overlay.yaml", "examples/reads.py", "generated/omicsdk_api/index.json"),
    ):
        assert path in names
    tops = {name.partition("/")[0] for name in names}
    assert not tops & {"tests", "benchmarks", ".github", ".ci", "typings"}


def test_builds_that_differ_are_named():
    from distributions import differing

    assert differing({"a": "1", "b": "2"}, {"a": "1", "b": "2"}) == []
    assert differing({"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}) == ["b", "c"]


def test_what_depends_on_the_surroundings_is_found(tmp_path):
    from distributions import NotReproducible, build_all

    project = tmp_path / "project"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "thing"\nversion = "1"\n[tool.hatch.build.hooks.custom]\n'
    )
    (project / "thing").mkdir()
    (project / "thing" / "__init__.py").touch()
    (project / "hatch_build.py").write_text(
        "import os\nfrom hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
        "class Hook(BuildHookInterface):\n"
        "    def initialize(self, version, build_data):\n"
        "        with open(os.path.join(self.root, 'thing', 'zone.txt'), 'w') as file:\n"
        "            file.write(os.environ['TZ'])\n"
    )
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "thing"]):
        subprocess.run([*git, *words], cwd=project, check=True)
    target = tmp_path / "dist"
    with pytest.raises(NotReproducible, match=r"\.whl differs from one build to the next"):
        build_all(project, "HEAD", target)
    assert not target.exists()


def test_sums_are_as_sha256sum_reads_them(tmp_path):
    from distributions import sums

    for name in ("b", "a"):
        (tmp_path / name).write_text(name)
    a, b = (hashlib.sha256(name.encode()).hexdigest() for name in "ab")
    assert sums(tmp_path.iterdir()) == f"{a}  a\n{b}  b\n"


def test_a_tag_names_the_version_that_is_built():
    from distributions import misnamed

    wheel = "omicsdk-0.2.0-py3-none-any.whl"
    assert misnamed([], wheel) == misnamed(["v0.2.0"], wheel) == []
    assert misnamed(["v0.3.0"], wheel) == ["the commit is tagged v0.3.0, and its version is 0.2.0"]


def test_the_inputs_of_a_build_are_listed():
    from distributions import built_with

    inputs = built_with("abc")
    assert inputs["commit"] == "abc"
    assert inputs.keys() == {"commit", "hatchling", "python", "zlib"}
    assert all(inputs.values())
