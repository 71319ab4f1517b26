"""Fusillade as a function: what it was asked, and answers in its own manner."""

from fusillade_user import home as home
