"""In which order things can be done that depend on each other; what depends on itself in a circle stays together."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


def groups_in_order(needs: Mapping[K, Iterable[K]]) -> list[tuple[K, ...]]:
    """Puts things behind what they need.

    Args:
        needs: What each thing needs; what isn't a thing itself is there already.

    Returns:
        Groups of things: one of its own for each, and one for all that need each other in a circle, in the order in which
        they were given. Each group needs only itself and those before it.
    """
    # Tarjan's strongly connected components, without recursion: a table's rows may be long chains.
    number: dict[K, int] = {}
    lowest: dict[K, int] = {}
    stack: list[K] = []
    on_stack: set[K] = set()
    position = {each: place for place, each in enumerate(needs)}
    found: list[tuple[K, ...]] = []
    for root in needs:
        if root in number:
            continue
        number[root] = lowest[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(needs[root]))]
        while work:
            node, following = work[-1]
            deeper = next(
                (each for each in following if each in needs and _unseen(each, node, number, lowest, on_stack)), None
            )
            if deeper is not None:
                number[deeper] = lowest[deeper] = len(number)
                stack.append(deeper)
                on_stack.add(deeper)
                work.append((deeper, iter(needs[deeper])))
                continue
            work.pop()
            if work:
                above = work[-1][0]
                lowest[above] = min(lowest[above], lowest[node])
            if lowest[node] == number[node]:
                members: list[K] = []
                while not members or members[-1] != node:
                    members.append(stack.pop())
                    on_stack.discard(members[-1])
                found.append(tuple(sorted(members, key=position.__getitem__)))
    return found


def _unseen(each: K, node: K, number: Mapping[K, int], lowest: dict[K, int], on_stack: set[K]) -> bool:
    if each not in number:
        return True
    if each in on_stack:
        lowest[node] = min(lowest[node], number[each])
    return False
