"""What a check says: how much it looked at, and what it found broken."""

from dataclasses import dataclass, field

_MOST_EXAMPLES = 5


@dataclass
class Verdict:
    """One line of the table."""

    invariant: str
    what: str
    checked: int = 0
    violations: int = 0
    examples: list[str] = field(default_factory=list)
    note: str = ""

    def expect(self, holds: object, complaint: str) -> bool:
        """Count one look; keep the complaint where it does not hold."""
        self.checked += 1
        if not holds:
            self.violations += 1
            if len(self.examples) < _MOST_EXAMPLES:
                self.examples.append(complaint)
        return bool(holds)
