"""A person's settings: what is refused, and what an unknown past is read as."""

import pytest

from review.domain.preferences import USUAL_KEYS, Preferences, preferences_from

LANGUAGES = {"en": "English", "de": "Deutsch"}


def pointers(preferences: Preferences) -> set[tuple[str, str]]:
    return {(problem["pointer"], problem["code"]) for problem in preferences.problems(LANGUAGES)}


def test_the_usual_keys_are_each_another() -> None:
    assert len(set(USUAL_KEYS.values())) == len(USUAL_KEYS)
    assert pointers(Preferences()) == set()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"accept": "q"}, set()),
        ({"accept": "x", "reject": "a"}, set()),
        ({"accept": "x"}, {("/keys/accept", "conflict")}),
        ({"accept": "q", "note": "q"}, {("/keys/accept", "conflict")}),
        ({"accept": "1"}, {("/keys/accept", "format")}),
        ({"accept": "Q"}, {("/keys/accept", "format")}),
        ({"accept": "ab"}, {("/keys/accept", "format")}),
        ({"launch": "q"}, {("/keys/launch", "unknown")}),
    ],
    ids=["free", "swapped", "taken", "twice", "digit", "capital", "two", "no-action"],
)
def test_a_key_does_one_thing(keys: dict[str, str], expected: set[tuple[str, str]]) -> None:
    assert pointers(Preferences(keys=keys)) == expected


def test_text_size_and_language_are_of_their_lists() -> None:
    assert pointers(Preferences(text_size="tiny", language="xx")) == {
        ("/text_size", "unknown"),
        ("/language", "unknown"),
    }


@pytest.mark.parametrize(
    "stored",
    [{}, {"keys": "no"}, {"keys": {"launch": "q"}}, {"blur_images": "yes", "break_every_min": True}, {"more": 1}],
    ids=["none", "keys", "action", "kinds", "unknown"],
)
def test_what_was_kept_otherwise_is_as_usual(stored: dict[str, object]) -> None:
    assert preferences_from(stored) == Preferences()


def test_settings_survive_being_kept() -> None:
    chosen = Preferences(keys={"accept": "q"}, text_size="large", blur_images=True, break_every_min=50, language="de")

    assert preferences_from(chosen.stored()) == chosen
