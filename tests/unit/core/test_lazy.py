"""Modules of extras are imported when they are needed."""

import json
import sys

import pytest
from omicsdk.core import MissingExtra
from omicsdk.core.lazy import require


def test_an_installed_module_is_returned():
    assert require("json", "gen3", "records") is json


def test_a_missing_module_is_an_error_that_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"'gen3'.*data frames \(pandas is missing\).*pip install .*\[gen3\]"):
        require("pandas", "gen3", "data frames")
