"""Steps of a machine with weights: what may come next, how often, and from which values its arguments are chosen.

Hypothesis chooses them so that it can shrink what it finds; but it likes to repeat itself and to leave rules out, so that few of
its examples get through a long chain (send, route, claim, decide, undo). A dice throws the same steps evenly.
What is chosen must follow from what was chosen before alone: the rows of an example are the same each time it runs.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Test = Callable[[Any], Any]


class Choose(Protocol):
    """Picks one of some values; the label says what for."""

    def __call__(self, label: str, values: Sequence[Any]) -> Any: ...


@dataclass(frozen=True)
class Step:
    """A method of the machine, when it makes sense, how often, and what its arguments may be."""

    name: str
    weight: int
    when: Test
    arguments: dict[str, Sequence[Any]]


def step(weight: int = 1, *, when: Test = lambda _machine: True, **arguments: Sequence[Any]) -> Callable[[Any], Any]:
    """Declare a method as a step."""

    def declare(method: Any) -> Any:
        method.step = Step(method.__name__, weight, when, arguments)
        return method

    return declare


def steps_of(machine: type) -> dict[str, Step]:
    """Return a class's steps by name, in their order."""
    return {name: member.step for name, member in vars(machine).items() if hasattr(member, "step")}


def take_step(machine: Any, steps: dict[str, Step], choose: Choose) -> str:
    """Choose a step and take it; return it as it could be written down."""
    chosen = steps[choose("step", [one.name for one in steps.values() if one.when(machine) for _ in range(one.weight)])]
    values = {name: choose(name, values) for name, values in chosen.arguments.items()}
    told = f"{chosen.name}({', '.join(f'{name}={value!r}' for name, value in values.items())})"
    machine.told.append(told)
    getattr(machine, chosen.name)(**values)
    return told
