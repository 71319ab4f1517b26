"""Automations, the packages of their code, and their runs."""
