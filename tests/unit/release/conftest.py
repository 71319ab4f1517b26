"""Release tools are scripts: their folder is put where they find each other."""

from release_modules import release_tools as release_tools
