"""A morning's supplier invoices as a reader at the sender's made them out, with what it was unsure of."""

import random
from datetime import datetime, timedelta
from typing import Any

from review.services.demo.history import Past
from review.services.intake import Submission

_TAX = 0.19
_AGREED = (
    "Goods are paid within 30 days of delivery. Paid within 10 days, 2 % may be taken off.\n"
    "Delivery is free above 150 euros; below that 6.90 is charged.\n"
    "Damaged goods are sent back within 14 days."
)
_BILLED = (
    "Goods are paid within 14 days of the invoice. Paid within 10 days, 2 % may be taken off.\n"
    "Delivery is free above 250 euros; below that 6.90 is charged.\n"
    "Damaged goods are sent back within 14 days."
)
# Supplier, cost centre, account, and (article, price of one).
_SUPPLIERS: list[tuple[str, str, str, list[tuple[str, float]]]] = [
    (
        "Halden Paper",
        "office",
        "DE02 1203 0000 0000 2020 51",
        [("Copying paper A4, 500 sheets", 4.19), ("Envelopes C5, 100", 6.45), ("Folder, grey", 1.95)],
    ),
    (
        "Okeke Tools",
        "workshop",
        "DE02 5001 0517 5407 3249 31",
        [("Drill bit 6 mm", 3.80), ("Work gloves, pair", 5.25), ("Cutting oil, 1 l", 11.60)],
    ),
    (
        "Moorland Dairy",
        "canteen",
        "DE02 3002 0900 0106 5311 75",
        [("Milk, 10 l", 9.40), ("Butter, 2.5 kg", 21.75), ("Yoghurt, 5 kg", 12.30)],
    ),
    (
        "Bracken & Vale Packaging",
        "shipping",
        "DE02 7001 0080 0030 8768 08",
        [("Carton 40 x 30 x 20", 0.82), ("Paper tape, 50 m", 2.65), ("Padding, roll", 18.90)],
    ),
]
# What the reader thinks of them, and how sure it is: total, day, answer.
_READINGS = [
    ("pay", 0.86, 0.58, 0.97),
    ("pay", 0.95, 0.99, 0.99),
    ("ask_supplier", 0.71, 0.96, 0.98),
    ("billed_twice", 0.64, 0.97, 0.71),
    ("pay", 0.88, 0.62, 0.98),
    ("not_ours", 0.77, 0.98, 0.96),
]
_COUNT = 14


def invoices(now: datetime) -> list[Past]:
    """Return the invoices of the morning, the same ones every time, dated before `now`."""
    chance = random.Random(11)  # noqa: S311 - a made-up morning
    return [_invoice(number, now, chance) for number in range(_COUNT)]


def _invoice(number: int, now: datetime, chance: random.Random) -> Past:
    label, confidence, sure_of_total, sure_of_day = _READINGS[number % len(_READINGS)]
    supplier, cost_centre, account, articles = _SUPPLIERS[number % len(_SUPPLIERS)]
    lines = [_line(article, each, chance.randint(2, 40)) for article, each in articles]
    net = round(sum(line["amount"] for line in lines), 2)
    tax = round(net * _TAX, 2)
    total = round(net + tax, 2)
    paper = f"{now.year}-{817 + number * 3:04}"
    payload: dict[str, Any] = {
        "title": f"Invoice {paper} from {supplier}",
        "read": {
            "supplier": supplier,
            "number": paper,
            "issued_on": (now - timedelta(days=chance.randint(3, 20))).date().isoformat(),
            "net": net,
            "tax": tax,
            # Where the reader was unsure of the total it took a digit for another one.
            "total": total if sure_of_total > 0.9 else round(total + 90, 2),  # noqa: PLR2004
            "cost_centre": cost_centre,
            "account": account,
        },
        "lines": lines,
        "sure": {"total": sure_of_total, "issued_on": sure_of_day},
    }
    if label == "ask_supplier":
        payload["terms"] = {"before": _AGREED, "after": _BILLED}
    if label == "billed_twice":
        payload["messages"] = _messages(supplier, paper, now)
    prediction = {"label": label, "confidence": confidence, "top": [[label, confidence]]}
    submission = Submission(external_id=f"INV-{paper}", payload=payload, value=total, predictions=[prediction])
    return Past(submission, label)


def _line(article: str, each: float, quantity: int) -> dict[str, Any]:
    return {"article": article, "quantity": quantity, "each": each, "amount": round(each * quantity, 2)}


def _messages(supplier: str, paper: str, now: datetime) -> list[dict[str, Any]]:
    said = [
        (supplier, False, 50, f"Good morning, please find invoice {paper} attached. Thank you for your order."),
        (
            "Larkfield, accounts",
            True,
            47,
            "Thank you. Is this the delivery of last week? We have paid one with the same lines.",
        ),
        (supplier, False, 22, "I have to look that up. It may be that our new programme sent it once more."),
    ]
    return [
        {"from": name, "own": own, "at": (now - timedelta(hours=hours)).isoformat(timespec="minutes"), "text": text}
        for name, own, hours, text in said
    ]
