"""What the tuner says of reviews that will be late, in half a sentence."""

import pytest

from review.api.tuner_words import late
from review.domain.forecast import Forecast, Outlook
from review.domain.lateness import Range
from review.domain.overdue import Overdue

NONE, SOME, MANY = Range(0, 0), Range(3, 12), Range(40, 95)
CLEAR_BY = Forecast(Outlook.CLEAR_BY, 3, hours=2.0)
GROWS = Forecast(Outlook.NOT_AT_THIS_PACE, 1, needed=4)


@pytest.mark.parametrize(
    ("expected", "text"),
    [
        (Overdue(CLEAR_BY, NONE, NONE, False), "none overdue in a working day with 3 people; clear in 2 h 00"),
        (
            Overdue(CLEAR_BY, SOME, NONE, False),
            "3 to 12 overdue at worst, nine times in ten, in a working day with 3 people; as it is, none overdue; clear in 2 h 00",
        ),
        (
            Overdue(GROWS, MANY, MANY, False),
            "40 to 95 overdue at worst, nine times in ten, in a working day with 1 person; the queues grow, 4 needed",
        ),
        (
            Overdue(Forecast(Outlook.CLEAR, 2, hours=0), Range(5, 5), Range(5, 5), True),
            "5 overdue at worst in a working day with 2 people",
        ),
        (Overdue(Forecast(Outlook.CLEAR, 0, hours=0), None, None, True), "nothing waits now"),
        (Overdue(Forecast(Outlook.NO_PACE, 0), None, None, True), "nobody's pace is known"),
        (Overdue(Forecast(Outlook.NOBODY, 0, needed=2), None, None, False), "nobody is at the queues, 2 needed"),
    ],
)
def test_it_names_the_range_the_people_and_what_is_in_force(expected: Overdue, text: str) -> None:
    assert late(expected).replace("\u00a0", " ") == text
