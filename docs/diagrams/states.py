"""The states of a job, and what each event does in them: the boxes of both directions' tables."""

from collections.abc import Mapping
from typing import Any

from omicsdk.transfer.engine.machine import FINAL, State, Transition

from diagrams.svg import Box

EVERYWHERE = frozenset({"Broken", "Stopped"})
"""Events that end a job in every state; the page says so once."""


def boxes(table: Mapping[tuple[State, type[Any]], Transition[Any, Any]]) -> list[Box]:
    """A box for each state: what it is, then each event with the states that may follow.

    Args:
        table: The transitions of a direction.
    """
    states = dict.fromkeys(state for state, _ in table)
    state_boxes = []
    for state in sorted(states, key=list(State).index):
        lines = [
            f"{event.__name__} \N{RIGHTWARDS ARROW} {', '.join(sorted(transition.next_states - {state}) or ['stays'])}{' or stays' if state in transition.next_states and len(transition.next_states) > 1 else ''};"
            for (here, event), transition in table.items()
            if here is state and event.__name__ not in EVERYWHERE
        ]
        state_boxes.append(Box(state.value, " ".join(lines).rstrip(";")))
    ends = sorted({end.value for transition in table.values() for end in transition.next_states if end in FINAL})
    return [*state_boxes, Box(" | ".join(ends), "Final: the outcome is reported, and nothing follows.")]
