"""Redirection of imports in every Python that a program starts: Python imports a module of this name when it starts.

`omicsdk.compat.install()` puts this folder into PYTHONPATH, which other interpreters read as well, those without omicsdk and old ones
included. So the syntax is that of any Python.
"""

import importlib
import os
import sys

sys.path[:] = [folder for folder in sys.path if folder != os.path.dirname(os.path.abspath(__file__))]  # noqa: PTH100, PTH120

try:
    from omicsdk.compat import install
except ImportError as error:
    # Without omicsdk in it, another environment keeps its own packages. Python 2 does not name the module.
    if getattr(error, "name", "omicsdk") != "omicsdk":
        raise
else:
    install(*filter(None, os.environ.get("OMICS_COMPAT", "").split(",")))

_this = sys.modules.pop("sitecustomize")
try:
    # The user's own or the distribution's, which this one hides.
    importlib.import_module("sitecustomize")
except ImportError as error:
    if getattr(error, "name", "sitecustomize") != "sitecustomize":
        raise
    sys.modules["sitecustomize"] = _this
