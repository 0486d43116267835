"""Steps of a machine with weights.

What is drawn must follow from what was drawn before alone: the rows of an example are the same each time it runs.

Hypothesis switches a part of a machine's rules off in each example, which leaves examples of a long chain (send, route, claim,
decide, undo) with nearly nothing in them. So there is one rule, which draws the next step from those that make sense.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import note
from hypothesis import strategies as st

Test = Callable[[Any], Any]


@dataclass(frozen=True)
class Step:
    """A method of the machine, when it makes sense, how often, and what it draws."""

    name: str
    weight: int
    when: Test
    draws: dict[str, st.SearchStrategy[Any]]


def step(
    weight: int = 1, *, when: Test = lambda _machine: True, **draws: st.SearchStrategy[Any]
) -> Callable[[Any], Any]:
    """Declare a method as a step."""

    def declare(method: Any) -> Any:
        method.step = Step(method.__name__, weight, when, draws)
        return method

    return declare


def steps_of(machine: type) -> list[Step]:
    """Return a class's steps in their order."""
    return [member.step for member in vars(machine).values() if hasattr(member, "step")]


def take_step(machine: Any, steps: list[Step], data: st.DataObject) -> None:
    """Draw a step and take it."""
    ready = [one.name for one in steps if one.when(machine) for _ in range(one.weight)]
    chosen = data.draw(st.sampled_from(ready), label="step")
    (found,) = [one for one in steps if one.name == chosen]
    values = {name: data.draw(strategy, label=name) for name, strategy in found.draws.items()}
    note(f"{chosen}({', '.join(f'{name}={value!r}' for name, value in values.items())})")
    getattr(machine, chosen)(**values)
