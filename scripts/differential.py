"""Do two programs give the same results on inputs beyond a row's tests?

    compare(row, mutant, count, seed)   # a row of the LeetCode set against another program

New inputs are drawn like the row's own: one of its calls is taken and an argument or several are
changed a little or drawn anew, within what all calls of the row have in common. For every place of
an argument these are the range of numbers, the lengths, the alphabet, sorted order, distinct
elements, equal lengths of inner lists, and for a number whether it never exceeds the length of a
list beside it. An input on which the row's own solution raises or hangs is not counted.

Both programs run side by side in the sandbox.
"""

from __future__ import annotations

import ast
import copy
import json
import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from smepo.verifiers.sandbox import Boxes, Limits, run

LIMITS = Limits(seconds=120.0, total_seconds=120.0, memory=2 << 30, output=1 << 20)
BOXES = Boxes(1)
Path_ = tuple[Any, ...]  # where a value stands: the argument's name, then "*" for each level

# Runs in the sandbox: reads setup, two programs, entry and inputs; writes what differs.
HARNESS = r"""
import copy, json, signal, sys
job = json.loads(sys.stdin.read())
class Late(BaseException): pass
def late(*_): raise Late
signal.signal(signal.SIGVTALRM, late)
def load(code):
    space = {"__name__": "solution"}
    exec(job["setup"], space); exec(code, space)
    return space
def plain(value, depth=0):
    if type(value) in (list, tuple): return [plain(one) for one in value]
    if hasattr(value, "__dict__"):
        seen, out = set(), []
        while value is not None and id(value) not in seen and len(out) < 10000:
            seen.add(id(value)); out.append({k: v if not hasattr(v, "__dict__") else plain(v)
            for k, v in vars(value).items() if k != "next"}); value = getattr(value, "next", None)
        return out
    return value
def result(space, call):
    signal.setitimer(signal.ITIMER_VIRTUAL, 1.0)
    try:
        made = {name: eval(text, space) for name, text in call.items()}
        places = [made.pop(name) for name in list(made) if name[0] == "#"]
        return ("value", plain(eval(job["entry"], space)(*places, **made)))
    except (Late, RecursionError): return ("late", None)
    except BaseException as error: return ("raised", type(error).__name__)
    finally: signal.setitimer(signal.ITIMER_VIRTUAL, 0)
one, two = map(load, job["programs"])
tried, budget = 0, 12
for call in job["inputs"]:
    first = result(one, call)
    if first[0] != "value":
        budget -= first[0] == "late"
        if budget < 0: break
        continue
    tried += 1
    second = result(two, call)
    if second != first:  # as a test compares: 1 and True are equal
        told = [(how, repr(value) if how == "value" else value) for how, value in (first, second)]
        print(json.dumps({"tried": tried, "call": call, "one": told[0], "two": told[1]})); break
else: print(json.dumps({"tried": tried}))
if budget < 0: print(json.dumps({"tried": tried}))
"""


class Difference(NamedTuple):
    """``tried``: inputs on which both programs ran; ``shown``: one that tells them apart, with both
    results, or ""; ``test``: the same as an assertion that the row's own solution meets."""

    tried: int
    shown: str
    test: str = ""


def compare(
    row: dict[str, Any], other: str, count: int, seed: int, *, far: bool = False
) -> Difference:
    """The row's solution against another program; ``far``: on much larger inputs too, as a result
    needs them to reach a modulus."""
    calls = list(calls_of(row["test"]))
    made = drawn(calls, count, random.Random(seed))
    made += list(stretched(calls)) if far else []
    inputs = [{name: spelled(value) for name, value in call.items()} for call in made]
    job = {
        "setup": row["prompt"],
        "programs": [row["completion"], other],
        "entry": row["entry_point"],
        "inputs": inputs,
    }
    with BOXES.box() as box:
        output = run(box, HARNESS, json.dumps(job), LIMITS)
    lines = output.text.splitlines()
    if not lines:
        return Difference(0, f"no result: {output.stopped or output.ended}")
    found = json.loads(lines[0])
    if "call" not in found:
        return Difference(found["tried"], "")
    call = ", ".join(t if n[0] == "#" else f"{n}={t}" for n, t in found["call"].items())
    right, (how, wrong) = found["one"][1], found["two"]
    told = {"value": wrong, "late": "no result in a second"}.get(how, f"{how} {wrong}")
    shown = f"({call}): {right}, not {told}"
    return Difference(found["tried"], shown, f"assert candidate({call}) == {right}")


class Made(NamedTuple):
    """An argument that a helper of the setup builds, such as ``list_node([1, 2])``."""

    helper: str
    value: Any


def calls_of(test: str) -> Iterator[dict[str, Any]]:
    """The arguments of each call of ``candidate`` in the tests, where they are literals."""
    for node in ast.walk(ast.parse(test)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "candidate":
            try:
                by_place = {f"#{at}": _literal(one) for at, one in enumerate(node.args)}
                yield by_place | {str(key.arg): _literal(key.value) for key in node.keywords}
            except ValueError:
                continue


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1:
        return Made(node.func.id, ast.literal_eval(node.args[0]))
    return ast.literal_eval(node)


def spelled(value: Any) -> str:
    """An argument as code."""
    return f"{value.helper}({value.value!r})" if isinstance(value, Made) else repr(value)


class Place:
    """What the values at one place of all calls have in common."""

    def __init__(self) -> None:
        self.numbers: list[float] = []
        self.lengths: list[int] = []
        self.alphabet: set[str] = set()
        self.rising = self.strict = self.distinct = self.even = True

    def see(self, value: Any) -> None:
        """Take one more value in."""
        if isinstance(value, str | list | tuple):
            self.lengths.append(len(value))
        if isinstance(value, str):
            self.alphabet |= set(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            self.numbers.append(value)
        elif isinstance(value, list | tuple):
            told = list(map(repr, value))
            self.distinct &= len(set(told)) == len(told)
            self.even &= len({len(v) if isinstance(v, list | str) else -1 for v in value}) <= 1
            try:
                self.rising &= list(value) == sorted(value)
            except TypeError:
                self.rising = False

    def widen(self) -> None:
        """Allow numbers three times as high, and lists that are half as long again."""
        if self.numbers and max(self.numbers) > 0:
            self.numbers.append(3 * max(self.numbers) + 1)
        if self.lengths:
            self.lengths.append(max(self.lengths) + max(self.lengths) // 2 + 1)


def places_of(calls: list[dict[str, Any]]) -> dict[Path_, Place]:
    """Every place with what is common there."""
    places: dict[Path_, Place] = {}

    def see(path: Path_, value: Any) -> None:
        value = value.value if isinstance(value, Made) else value
        places.setdefault(path, Place()).see(value)
        if isinstance(value, list | tuple):
            for one in value:
                see((*path, "*"), one)

    for call in calls:
        for name, value in call.items():
            see((name,), value)
    return places


def drawn(calls: list[dict[str, Any]], count: int, draw: random.Random) -> list[dict[str, Any]]:
    """New calls like the given ones, all different from them and from each other.

    Half of them are like the row's own; the others are larger, by more and more.
    """
    places, seen = places_of(calls), {repr(call) for call in calls}
    made = _drawn(calls, places, count // 2, draw, seen)
    for left in (4, 3, 2, 1):
        for place in places.values():
            place.widen()
        made += _drawn([*calls, *made[-50:]], places, (count - len(made)) // left, draw, seen)
    return made


def stretched(calls: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The calls with one argument repeated to a great length, its numbers much higher, or both."""
    for call in calls:
        for name, value in call.items():
            for length in (0, 40, 1000, 60_000):
                if length and not (isinstance(value, str | list) and value):
                    continue
                long = (value * (length // len(value) + 1))[:length] if length else value
                for factor in (1, 10**3, 10**6):
                    yield call | {name: _scaled(long, factor)}


def _scaled(value: Any, factor: int) -> Any:
    if isinstance(value, list):
        return [_scaled(one, factor) for one in value]
    return value * factor if type(value) is int else value


def _drawn(
    calls: list[dict[str, Any]],
    places: dict[Path_, Place],
    count: int,
    draw: random.Random,
    seen: set[str],
) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    bounded = list(_bounded(calls))
    for _ in range(20 * count):
        call = copy.deepcopy(draw.choice(calls))
        for name in draw.sample(list(call), draw.randint(1, len(call))) if call else ():
            for _ in range(draw.choice((1, 1, 2, 4))):
                call[name] = _changed((name,), call[name], places, draw)
        if repr(call) in seen or any(not _fits(call, *pair) for pair in bounded):
            continue
        seen.add(repr(call))
        made.append(call)
        if len(made) == count:
            break
    return made


def _size(value: Any) -> int | None:
    value = value.value if isinstance(value, Made) else value
    return len(value) if isinstance(value, str | list) else None


def _bounded(calls: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Pairs of arguments: a number that never exceeds a length, lengths that are always equal."""
    names = list(calls[0]) if calls else []
    for one in names:
        for two in names:
            pairs = [(call[one], _size(call[two])) for call in calls if one in call and two in call]
            if one == two or any(size is None for _, size in pairs):
                continue
            if all(type(value) is int and value <= (size or 0) for value, size in pairs):
                yield one, two, "at most"
            if all(_size(value) == size for value, size in pairs):
                yield one, two, "equal"


def _fits(call: dict[str, Any], one: str, two: str, how: str) -> bool:
    size = _size(call[two]) or 0
    return call[one] <= size if how == "at most" else _size(call[one]) == size


def _changed(path: Path_, value: Any, places: dict[Path_, Place], draw: random.Random) -> Any:
    """The value with one change that its place allows."""
    place = places[path]
    if isinstance(value, Made):
        return Made(value.helper, _changed(path, value.value, places, draw))
    if isinstance(value, bool) or value is None:
        return draw.choice((True, False)) if value is not None else None
    if isinstance(value, int):
        low, high = int(min(place.numbers)), int(max(place.numbers))
        near = value + draw.choice((-2, -1, 1, 2))
        small = low + int((high - low) * 10 ** draw.uniform(-8, 0))
        anew = (draw.randint(low, high), small, small)
        return draw.choice((min(max(near, low), high), *anew, low, high))
    if isinstance(value, float):
        return draw.uniform(min(place.numbers), max(place.numbers))
    if isinstance(value, str):
        return "".join(_rearranged(list(value), place, draw, lambda: draw.choice(alphabet(place))))
    if isinstance(value, list):
        return _list(path, value, places, draw)
    return value


def alphabet(place: Place) -> list[str]:
    """The characters of a place, in order."""
    return sorted(place.alphabet) or ["a"]


def _list(path: Path_, value: list[Any], places: dict[Path_, Place], draw: random.Random) -> Any:
    place, inner = places[path], (*path, "*")
    if value and draw.random() < 0.6:  # one element, or all of a list of lists in turn
        at = draw.randrange(len(value))
        made = [*value[:at], _changed(inner, value[at], places, draw), *value[at + 1 :]]
    else:
        new = (
            (lambda: _changed(inner, copy.deepcopy(draw.choice(value)), places, draw))
            if value
            else None
        )
        made = _rearranged(value, place, draw, new)
    if place.even and made and any(_size(one) != _size(made[0]) for one in made):
        return value
    if place.distinct and len(set(map(repr, made))) < len(made):
        return value
    return sorted(made) if place.rising and made and None not in made else made


def _rearranged(parts: list[Any], place: Place, draw: random.Random, new: Any) -> list[Any]:
    """Drop, add, replace, repeat, swap or shuffle parts, within the lengths of the place."""
    low, high = min(place.lengths), max(place.lengths)
    made, how = list(parts), draw.randrange(6)
    at = draw.randrange(len(made)) if made else 0
    if how == 0 and len(made) > low:
        del made[at]
    elif how == 1 and new is not None and len(made) < high:
        made.insert(at, new())
    elif how == 2 and new is not None and made:
        made[at] = new()
    elif how == 3 and made:
        made[at] = draw.choice(made)
    elif how == 4 and len(made) > max(low, 1):
        made = made[: draw.randint(max(low, 1), len(made))]
    else:
        draw.shuffle(made)
    return made
