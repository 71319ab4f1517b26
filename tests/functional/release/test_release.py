"""`make release` commits a version whole, built and checked, or leaves the branch as it was."""

import subprocess
import zipfile
from datetime import date
from pathlib import Path

import pytest

pytestmark = pytest.mark.release

ROOT = Path(__file__).parents[3]
DAY = date(2026, 11, 25)
START = "<!-- towncrier release notes start -->\n"
CLOSED = f"# Changelog\n\nProse.\n\n{START}\n## [0.2.0] - 2026-11-25\n\n### Fixed\n\n- `thing`\n  works.\n"
SETTINGS = (ROOT / "pyproject.toml").read_text(encoding="utf-8").partition("[tool.towncrier]")[2]


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout of a small project with the files that state this one's version; its command prints it."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "a")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "a@example.org")
    folder = tmp_path / "project"
    files = {
        "CHANGELOG.md": f"# Changelog\n\nProse.\n\n{START}",
        "news/+thing.fixed.md": "`thing`\nworks.\n",
        "news/template.jinja": (ROOT / "news/template.jinja").read_text(encoding="utf-8"),
        "README.md": "# Thing\n",
        ".gitignore": "dist/\n",
        "extensions/omicsdk/__init__.py": "",
        "extensions/omicsdk/core/__init__.py": "",
        "extensions/omicsdk/core/version.py": (ROOT / "extensions/omicsdk/core/version.py").read_text(encoding="utf-8"),
        "extensions/omicsdk/main.py": (
            "from omicsdk.core.version import __version__\n\n\ndef main():\n    print('omicsdk', __version__)\n"
        ),
        "release/conda/recipe.yaml": "package:\n  name: omicsdk\n  version: 0.1.0\n",
        "pyproject.toml": (
            '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
            '[project]\nname = "omicsdk"\nversion = "0.1.0"\nreadme = "README.md"\ndescription = "A thing"\nrequires-python = ">=3.11"\n'
            '[project.scripts]\nomics = "omicsdk.main:main"\n'
            '[tool.hatch.build.targets.wheel]\npackages = ["extensions/omicsdk"]\n'
            f"[tool.towncrier]{SETTINGS}"
        ),
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin")
    return folder


def test_a_release_is_a_commit_and_its_distributions(project):
    from api import last_release

    from release import release

    before = git(project, "rev-parse", "HEAD")
    commit = release(project, "0.2.0", DAY)
    assert git(project, "log", "-1", "--format=%H %P %s") == f"{commit} {before} Release 0.2.0"
    assert git(project, "status", "--porcelain") == ""
    assert (project / "CHANGELOG.md").read_text() == CLOSED
    assert [path.name for path in (project / "news").iterdir()] == ["template.jinja"]
    assert sorted(path.name for path in (project / "dist").iterdir()) == [
        "SHA256SUMS", "built.json", "omicsdk-0.2.0-py3-none-any.whl", "omicsdk-0.2.0.tar.gz",
    ]  # fmt: skip
    (wheel,) = (project / "dist").glob("*.whl")
    assert 'version__ = "0.2.0"' in zipfile.ZipFile(wheel).read("omicsdk/core/version.py").decode()
    assert last_release(project) is None
    git(project, "commit", "-q", "--allow-empty", "-m", "Begin again")
    assert last_release(project) == ("0.2.0", commit)


@pytest.mark.parametrize(
    ("path", "old", "new", "reason"),
    [
        ("extensions/omicsdk/main.py", "print('omicsdk', __version__)", "print('omicsdk 9')", "prints 'omicsdk 9', and not 0.1.0"),
        ("pyproject.toml", 'readme = "README.md"\n', "", "long_description"),
    ],
)  # fmt: skip
def test_what_is_not_fit_is_not_released(project, path, old, new, reason):
    from release import Refused, release

    text = (project / path).read_text()
    assert old in text
    (project / path).write_text(text.replace(old, new))
    git(project, "commit", "-aqm", "Break something")
    before = git(project, "rev-parse", "HEAD")
    with pytest.raises(Refused, match=reason):
        release(project, "0.1.0", DAY)
    assert (git(project, "rev-parse", "HEAD"), git(project, "status", "--porcelain")) == (before, "")


def test_nothing_is_released_without_news(project):
    from release import Refused, release

    git(project, "rm", "-q", "news/+thing.fixed.md")
    git(project, "commit", "-qm", "Forget the news")
    with pytest.raises(Refused, match="news/ is empty"):
        release(project, "0.1.0", DAY)


def test_a_checkout_with_changes_is_refused(project):
    from release import Refused, release

    (project / "new.py").touch()
    with pytest.raises(Refused, match=r"has changes.*\n.*new\.py"):
        release(project, "0.1.0", DAY)
