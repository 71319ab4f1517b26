"""Processes that have just begun, as something to measure: an import, a command's help."""

import subprocess

from measuring import Action, Spent, run
from peers import Client

_AT_A_TIME = 3


def importing(client: Client, statement: str) -> Action:
    """An import alone, the median of three processes.

    Args:
        client: Whose package it is.
        statement: The import.
    """
    clocks = "time.perf_counter(), time.process_time()"
    program = f"import time; a = {clocks}; {statement}; b = {clocks}; print(b[0] - a[0], b[1] - a[1])"

    def act() -> Spent:
        took = [Spent(*map(float, client.said(program).split())) for _ in range(_AT_A_TIME)]
        return sorted(took)[_AT_A_TIME // 2]

    return act


def helping(client: Client, *words: str, shows: str) -> Action:
    """The help of a command, from the start of a process to its end.

    Args:
        client: Whose command it is.
        words: What is behind the command.
        shows: What the help has to have in it.

    Raises:
        RuntimeError: It has not.
    """
    command = [client.command, *words, "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, env=client.environ).stdout
    if shows not in shown:
        raise RuntimeError(f"the help of {client.package} doesn't show {shows}")
    return run(*command, env=client.environ)
