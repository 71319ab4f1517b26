"""How many connections to one server: grows while that pays, shrinks when the server is in trouble. Pure.

At first the number doubles with each sample that shows that it pays, so that a server that caps each connection is used
in full within a few tenths of a second. Then it stands, and from time to time, ever more rarely, another number is tried
for a moment: more, or fewer where too many get in each other's way. A link that has changed makes trials begin anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import median

#: How many connections to a server a transfer begins with: one too few costs a short transfer more than a few too many.
FIRST = 4
#: A request counts as so many bytes: with small files the rate of requests tells more than that of bytes.
REQUEST = 64 * 1024
#: By this factor more connections must be faster to be kept; and fewer, since a false step down costs more.
WORTH, WORTH_FEWER = 1.05, 1.1
#: When a trial's first sample is faster by this factor, it needs no second one.
PLAIN = 1.25
#: When it is slower than this factor, neither.
WORSE = 0.85
#: Samples that a trial takes when it isn't plain.
TRIAL = 3
#: Bytes a second of each connection, of FIRST at least, with which no more are tried: one thread can't take in more.
PLENTY = 275_000_000
#: Samples over which the present rate is taken.
MEMORY = 5
#: The link is another one when the rate has become lower than this factor of what it was, or higher than its inverse.
CHANGED = 0.7
#: Seconds between trials, at first and at most; each one that brings nothing doubles them.
FIRST_REST, LONGEST_REST = 1.0, 16.0
#: Seconds without growth beyond what a server refused, at first and at most; each refusal there doubles them.
FIRST_CAUTION, LONGEST_CAUTION = 2.0, 60.0
#: What a server asks to wait is this share, at most, of the time between two tries to have more connections.
WAITING_SHARE = 0.05
#: Seconds after a refusal in which others belong to it.
SAME_REFUSAL = 0.5


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen of one server during a short time.

    Attributes:
        seconds: How long it was.
        received: Bytes that came.
        requests: Requests that came to an end.
        refused: How many of them the server refused for now (429, 503), or let time out.
        retry_after: Seconds that it asked to wait, the longest.
        steady: Whether as many requests as allowed were in flight the whole time, neither fewer (for lack of work) nor
            more (from before the number was lowered); only then the rate tells anything.
    """

    seconds: float
    received: int
    requests: int = 0
    refused: int = 0
    retry_after: float = 0.0
    steady: bool = True

    @property
    def rate(self) -> float:
        """Work a second: bytes, and requests as bytes."""
        return (self.received + self.requests * REQUEST) / max(self.seconds, 1e-6)


@dataclass(frozen=True, slots=True)
class Width:
    """The number of connections, and what it rests on.

    Attributes:
        connections: How many are allowed now.
        home: How many proved best; another number than `connections` while there is a trial.
        rates: The latest rates at home, oldest first.
        trial: The rates of the trial so far.
        rest: Seconds until the next trial.
        pause: Seconds that followed the last trial.
        ramping: Whether it has grown since the beginning (or since the link changed) without a break.
        downward: Whether the next trial is one with fewer.
        ceiling: The most that the server bears, as far as it has refused more; 0 when it hasn't.
        caution: Seconds during which the ceiling isn't passed.
        penalty: Seconds of caution after the latest refusal.
        grace: Seconds during which a refusal belongs to the one before.
        barren: Whether nothing can be said of the time since the latest refusal.
    """

    connections: int
    home: int
    rates: tuple[float, ...] = ()
    trial: tuple[float, ...] = ()
    rest: float = 0.0
    pause: float = FIRST_REST
    ramping: bool = True
    downward: bool = False
    ceiling: int = 0
    caution: float = 0.0
    penalty: float = 0.0
    grace: float = 0.0
    barren: bool = False


def first_width(limit: int, first: int = FIRST) -> Width:
    """The number of connections before anything was seen.

    Args:
        limit: The most that is allowed, 1 or more.
        first: How many to begin with, 1 or more.
    """
    connections = max(1, min(first, limit))
    return Width(connections, connections)


def next_width(width: Width, sample: Sample, limit: int) -> Width:
    """Decides how many connections to use next.

    Args:
        width: What was decided last.
        sample: What was seen since.
        limit: The most that is allowed, 1 or more.

    Returns:
        The decision; its `connections` are from 1 to `limit`, and no more than before when a request was refused.
    """
    width = _aged(width, sample.seconds)
    if width.connections > limit:
        width = replace(width, connections=limit, home=min(width.home, limit), rates=(), trial=())
    if sample.refused:
        return _refused(width, sample)
    if not sample.steady or not sample.rate:  # of a server that is silent nothing can be said either
        return width
    width = replace(width, barren=False)
    if width.connections != width.home:
        return _tried(width, sample.rate, limit)
    plenty = sample.received >= PLENTY * sample.seconds * max(FIRST, width.connections)
    return _at_home(width, sample.rate, width.home if plenty else limit)


def _aged(width: Width, seconds: float) -> Width:
    return replace(
        width,
        rest=max(0.0, width.rest - seconds),
        caution=max(0.0, width.caution - seconds),
        grace=max(0.0, width.grace - seconds),
    )


def _refused(width: Width, sample: Sample) -> Width:
    """As many fewer as were refused: a server that allows so many at once says just that. But half of them stay."""
    if width.grace:
        return width
    before = width.connections
    connections = max(1, before // 2, before - sample.refused)
    shrunk = replace(
        width,
        connections=connections,
        home=connections,
        rates=(),
        trial=(),
        rest=0.0,
        pause=FIRST_REST,
        ramping=True,
        downward=False,
        grace=SAME_REFUSAL,
        barren=True,
    )
    if width.barren:
        return shrunk  # still the same trouble; there is nothing more to learn from it
    if before <= width.home and len(width.rates) == MEMORY:
        # As many were fine for a while: something has happened to the server, and will pass.
        return replace(shrunk, ceiling=max(width.home, width.ceiling), caution=max(FIRST_CAUTION, width.caution))
    again = 0 < width.ceiling <= before
    penalty = max(FIRST_CAUTION, sample.retry_after / WAITING_SHARE, 2 * width.penalty if again else 0.0)
    penalty = max(min(penalty, LONGEST_CAUTION), sample.retry_after)
    return replace(shrunk, ceiling=connections, caution=penalty, penalty=penalty)


def _at_home(width: Width, rate: float, limit: int) -> Width:
    """Nothing is being tried: perhaps it is time to."""
    if len(width.rates) == MEMORY and _is_another(median(width.rates), median((*width.rates[-2:], rate))):
        width = replace(width, rates=width.rates[-2:], rest=0.0, pause=FIRST_REST, ramping=True, downward=False)
    width = replace(width, rates=(*width.rates, rate)[-MEMORY:])
    if width.rest:
        return width
    return _trial(width, limit)


def _is_another(before: float, now: float) -> bool:
    return now < before * CHANGED or before < now * CHANGED


def _trial(width: Width, limit: int) -> Width:
    """Begins a trial."""
    most = min(limit, width.ceiling) if width.caution and width.ceiling else limit
    home = width.home
    if width.downward and home > 1:
        return replace(width, connections=max(1, home * 2 // 3), trial=(), downward=False)
    if home >= most:
        rest = 2 * _longer(width.pause) if width.ramping else width.pause  # every step up to here has paid
        return replace(width, rest=rest, pause=_longer(rest), downward=home > 1, ramping=False)
    if width.ceiling and home >= width.ceiling:
        wider = home + 1
    else:
        wider = max(FIRST, home * 2) if width.ramping else home + max(1, home // 2)
        wider = min(wider, max(width.ceiling, home + 1)) if width.ceiling else wider
    return replace(width, connections=min(most, wider), trial=(), downward=True)


def _tried(width: Width, rate: float, limit: int) -> Width:
    """A trial has brought a sample."""
    before = median(width.rates) if width.rates else 0.0
    trial = (*width.trial, rate)
    plain = rate >= PLAIN * before
    if not plain and rate > WORSE * before and len(trial) < TRIAL:
        return replace(width, trial=trial)
    if plain or median(trial) >= _worth(width.home, width.connections) * before:
        return _moved(width, rate, limit)
    crowded = width.connections > width.home and width.ramping and rate <= WORSE * before
    return replace(
        width,
        connections=width.home,
        rates=width.rates[-2:],
        trial=(),
        rest=0.0 if crowded else width.pause,  # perhaps even those at home are too many
        pause=width.pause if crowded else _longer(width.pause),
        ramping=False,
    )


def _worth(home: int, other: int) -> float:
    """The factor by which a trial must be faster: one connection more among many can't bring much."""
    return 1 + min(WORTH - 1, (other / home - 1) / 2) if other > home else WORTH_FEWER


def _moved(width: Width, rate: float, limit: int) -> Width:
    """The trial paid: its number is the new home, and the next one is tried at once, in the same direction."""
    home = width.connections
    width = replace(
        width,
        home=home,
        rates=(rate,),
        trial=(),
        pause=FIRST_REST,
        downward=home < width.home,
        ceiling=max(home, width.ceiling) if width.ceiling else 0,
    )
    return _trial(width, limit)


def _longer(pause: float) -> float:
    return min(LONGEST_REST, 2 * pause)
