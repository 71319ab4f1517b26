"""A document becomes an imported package, once a session."""

from generated_package import generate as generate
