"""What a stack holds, found by walking through all of its objects rather than by asking it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from sys import getsizeof

#: What a host may remember of servers and paths once all is over; the tables are bounded.
REMEMBERED = frozenset({"Grant", "Refusal"})
PLAIN = (int, float, str, bool, type(None), Enum, type)


def reachable(root: object) -> Iterator[object]:
    """Every object that `root` refers to through attributes and containers, each once."""
    seen = {id(root)}
    waiting = [root]
    while waiting:
        thing = waiting.pop()
        yield thing
        for part in parts(thing):
            if not isinstance(part, PLAIN) and id(part) not in seen:
                seen.add(id(part))
                waiting.append(part)


def parts(thing: object) -> Iterable[object]:
    """What a container holds, or the attributes of an object of the stack."""
    if isinstance(thing, dict):
        return (*thing.keys(), *thing.values())
    if isinstance(thing, (bytes, bytearray)) or callable(thing):
        return ()
    if type(thing).__module__.partition(".")[0] == "tcpref":
        return attributes(thing)
    return list(thing) if isinstance(thing, Collection) else ()


def attributes(thing: object) -> list[object]:
    """Slots and instance dictionary; the items too when it is a tuple."""
    names = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    values = [getattr(thing, name) for name in names if hasattr(thing, name)]
    values += getattr(thing, "__dict__", {}).values()
    return [*values, *thing] if isinstance(thing, tuple) else values


def census(root: object) -> Counter[str]:
    """How many objects of each class of the stack there are, and octets in its buffers."""
    counted: Counter[str] = Counter()
    for thing in reachable(root):
        if type(thing).__module__.partition(".")[0] == "tcpref":
            counted[type(thing).__name__] += 1
        elif isinstance(thing, bytearray):
            counted["buffered octets"] += len(thing)
    return counted


def memory(root: object) -> int:
    """Octets of memory of everything reachable."""
    return sum(getsizeof(thing) for thing in reachable(root))


def leftovers(root: object, fresh: Counter[str]) -> dict[str, int]:
    """What there is more of than in a fresh stack."""
    more = census(root) - fresh
    return {name: count for name, count in more.items() if name not in REMEMBERED}
