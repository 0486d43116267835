"""Precedents of real texts against the exact cosine of every pair."""

import csv
import os
import random
from pathlib import Path

import numpy as np
import pytest

from review.domain.states import DecisionAction
from review.models import Review
from review.selectors.context import review_context
from review.services.claim import claim_reviews
from review.services.decide import Answer, record_decision
from routing.backends.files import load_model
from routing.backends.training import train_text
from routing.selectors.neighbours import LEAST_ALIKE
from tests.conftest import House
from tests.local_model import put_in_charge, take_in

FILE = Path(os.environ.get("AIOS_DATASETS", "/nonexistent")) / "banking77" / "train.csv"
TRAINED, DECIDED, ASKED = 1500, 400, 80

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not FILE.exists(), reason="AIOS_DATASETS names no folder that holds banking77/train.csv"),
]


def test_the_three_nearest_are_those_of_the_exact_cosine(house: House) -> None:
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    random.Random(7).shuffle(rows)
    model = train_text([row["text"] for row in rows[:TRAINED]], [row["category"] for row in rows[:TRAINED]])
    texts = [row["text"] for row in rows[TRAINED : TRAINED + DECIDED + ASKED]]
    # The house's contract knows none of these labels, so that people answer everything.
    put_in_charge(house, model)
    decided = take_in(house, *texts[:DECIDED])
    answer_everything(house)
    asked = take_in(house, *texts[DECIDED:])

    words = load_model(model.content, sha256=model.sha256).pipeline[0].transformer_list[0][1]
    exact = (words.transform(texts[DECIDED:]) @ words.transform(texts[:DECIDED]).T).toarray()
    place = {item_id: at for at, item_id in enumerate(decided)}
    reviews = dict(Review.objects.filter(item_id__in=asked).values_list("item_id", "id"))
    found = wanted = 0
    for row, item_id in zip(exact, asked, strict=True):
        nearest = np.sort(row[row >= LEAST_ALIKE])[::-1][:3]
        precedents = review_context(house.actor(house.reviewer), reviews[item_id]).precedents
        cosines = [row[place[one.item_id]] for one in precedents]
        wanted += len(nearest)
        found += sum(bool(cosine >= nearest[-1] - 1e-6) for cosine in cosines[: len(nearest)])
        assert [one.similarity for one in precedents] == pytest.approx(cosines, abs=0.02)

    assert wanted > 2 * ASKED
    assert found / wanted >= 0.9


def answer_everything(house: House) -> None:
    reviewer = house.actor(house.reviewer)
    while reviews := claim_reviews(actor=reviewer, count=10):
        for review in reviews:
            answer = Answer(action=DecisionAction.CORRECT, label="other")
            record_decision(actor=reviewer, review_id=review.id, fence=review.fence, answer=answer)
