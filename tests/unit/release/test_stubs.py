"""Type checkers and editors see the names that packages import late."""

from pathlib import Path

import pytest

TABLE = '"""A package."""\n\nlazy_package(__name__, {"boxes": "Lid Box", "deep.er": "fetch"}, not_starred={"fetch"})\n'


def test_the_stubs_in_the_repository_match_their_tables():
    from stubs import main

    main(check=True)


def test_a_stub_imports_each_name_under_its_own(tmp_path: Path):
    from stubs import main

    folder = tmp_path / "thing" / "inner"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(TABLE)
    (tmp_path / "thing" / "__init__.py").write_text("")
    with pytest.raises(SystemExit, match=r"__init__\.pyi not up to date"):
        main(tmp_path, check=True)
    main(tmp_path)
    assert (folder / "__init__.pyi").read_text().splitlines()[1:] == [
        "from thing.inner.boxes import Box as Box",
        "from thing.inner.boxes import Lid as Lid",
        "from thing.inner.deep.er import fetch as fetch",
    ]
    main(tmp_path, check=True)
    (folder / "__init__.py").write_text("")
    main(tmp_path)  # a package that imports early needs none
    assert [path.name for path in folder.iterdir()] == ["__init__.py"]
