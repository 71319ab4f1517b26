"""A commons that is a function."""

from gen3_environment import commons as commons
