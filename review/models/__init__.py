"""Tables of review."""

from review.models.datasets import Dataset, DatasetRow
from review.models.decisions import Decision, LateAnswer, Outcome
from review.models.desk import AnswerTemplate, Draft
from review.models.items import Attachment, Item, ItemPayload, ItemSearch
from review.models.queues import Queue, QueueMember, Review

__all__ = [
    "AnswerTemplate",
    "Attachment",
    "Dataset",
    "DatasetRow",
    "Decision",
    "Draft",
    "Item",
    "ItemPayload",
    "ItemSearch",
    "LateAnswer",
    "Outcome",
    "Queue",
    "QueueMember",
    "Review",
]
