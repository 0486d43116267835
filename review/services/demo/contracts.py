"""Contracts and policies of the demo's workflows."""

from typing import Any

from review.services.setup import DRAFT

SUPPORT_LABELS = {
    "where_is_my_order": "Where is my order",
    "return_or_refund": "Return or refund",
    "damaged_or_wrong_item": "Damaged or wrong item",
    "payment_problem": "Payment problem",
    "account_access": "Account access",
    "change_or_cancel_order": "Change or cancel order",
    "invoice_or_tax": "Invoice or tax",
    "product_question": "Product question",
    "complaint_about_service": "Complaint about service",
}

SUPPORT_INPUT: dict[str, Any] = {
    "$schema": DRAFT,
    "type": "object",
    "properties": {
        "subject": {"type": "string", "maxLength": 300, "title": "Subject", "x-view": "title"},
        "body": {"type": "string", "minLength": 1, "maxLength": 20000, "title": "Message", "x-view": "text"},
        "channel": {"enum": ["email", "chat", "form", "app"], "title": "By"},
        "customer": {
            "type": "object",
            "title": "Customer",
            "properties": {
                "name": {"type": "string", "maxLength": 200, "title": "Name", "x-sensitive": True},
                "email": {"type": "string", "format": "email", "title": "E-mail", "x-sensitive": True},
            },
            "additionalProperties": False,
        },
        "order_value": {"type": "number", "minimum": 0, "title": "Order value"},
    },
    "required": ["body"],
    "additionalProperties": False,
}

DIGITS_INPUT: dict[str, Any] = {
    "$schema": DRAFT,
    "type": "object",
    "properties": {
        "pixels": {
            "type": "array",
            "title": "Scan",
            "x-view": "image",
            "minItems": 8,
            "maxItems": 8,
            "items": {
                "type": "array",
                "minItems": 8,
                "maxItems": 8,
                "items": {"type": "integer", "minimum": 0, "maximum": 16},
            },
        },
        "form": {"type": "string", "maxLength": 60, "title": "Form", "x-view": "title"},
    },
    "required": ["pixels"],
    "additionalProperties": False,
}

SUPPORT_POLICY: dict[str, Any] = {
    "default_threshold": 0.72,
    "label_thresholds": {"payment_problem": 0.8, "complaint_about_service": None},
    "rules": [
        {"kind": "value_above", "limit": 500, "to": "review", "queue": "high-value"},
        {"kind": "missing_field", "fields": ["/customer/email"], "to": "review"},
    ],
    "queue": "support-triage",
    "label_queues": {"complaint_about_service": "complaints"},
    "priority": 0,
    "label_priorities": {"payment_problem": 2, "account_access": 1},
}

# What reviewers of support messages answer again and again.
SUPPORT_TEMPLATES: list[dict[str, Any]] = [
    {
        "name": "Parcel not scanned for days",
        "action": "correct",
        "label": "where_is_my_order",
        "reason_code": "lost_in_transit",
        "note": "Tracking has not moved for more than three days: ask the carrier to search before offering a second parcel.",
    },
    {
        "name": "Advertising or spam",
        "action": "reject",
        "reason_code": "spam",
        "note": "Not from a customer. Nothing to answer.",
    },
]

DIGITS_POLICY: dict[str, Any] = {"default_threshold": 0.97, "queue": "paper-slips"}

INVOICE_LABELS = {
    "pay": "Pay as billed",
    "ask_supplier": "Ask the supplier",
    "billed_twice": "Billed twice",
    "not_ours": "Not ours",
}

COST_CENTRES = {"office": "Office", "workshop": "Workshop", "canteen": "Canteen", "shipping": "Shipping"}

INVOICE_INPUT: dict[str, Any] = {
    "$schema": DRAFT,
    "type": "object",
    "x-order": ["title", "read", "lines", "terms", "messages"],
    "properties": {
        "title": {"type": "string", "maxLength": 200, "x-view": "title"},
        "read": {
            "type": "object",
            "title": "Read from the paper",
            "x-view": "document",
            "x-order": ["supplier", "number", "issued_on", "net", "tax", "total", "cost_centre", "account"],
            "properties": {
                "supplier": {"type": "string", "maxLength": 200},
                "number": {"type": "string", "maxLength": 40, "title": "Invoice number"},
                "issued_on": {"type": "string", "format": "date", "title": "Issued on"},
                "net": {"type": "number"},
                "tax": {"type": "number"},
                "total": {"type": "number"},
                "cost_centre": {"enum": list(COST_CENTRES), "title": "Cost centre"},
                "account": {"type": "string", "maxLength": 34, "title": "Pay to", "x-sensitive": True},
            },
            "additionalProperties": False,
        },
        "lines": {
            "type": "array",
            "x-view": "table",
            "maxItems": 500,
            "items": {
                "type": "object",
                "x-order": ["article", "quantity", "each", "amount"],
                "properties": {
                    "article": {"type": "string", "maxLength": 200},
                    "quantity": {"type": "integer"},
                    "each": {"type": "number"},
                    "amount": {"type": "number"},
                },
                "additionalProperties": False,
            },
        },
        "terms": {
            "type": "object",
            "title": "Terms, as agreed and as billed",
            "x-view": "diff",
            "properties": {
                "before": {"type": "string", "maxLength": 5000},
                "after": {"type": "string", "maxLength": 5000},
            },
            "additionalProperties": False,
        },
        "messages": {
            "type": "array",
            "title": "Messages with the supplier",
            "x-view": "conversation",
            "maxItems": 100,
            "items": {
                "type": "object",
                "properties": {
                    "from": {"type": "string", "maxLength": 200},
                    "own": {"type": "boolean"},
                    "at": {"type": "string", "format": "date-time"},
                    "text": {"type": "string", "maxLength": 5000},
                },
                "additionalProperties": False,
            },
        },
        "sure": {"type": "object", "x-view": "hidden", "additionalProperties": {"type": "number"}},
    },
    "required": ["read"],
    "additionalProperties": False,
}

INVOICE_OUTPUT: dict[str, Any] = {
    "$schema": DRAFT,
    "type": "object",
    "x-order": ["total", "issued_on", "cost_centre"],
    "properties": {
        "label": {"enum": list(INVOICE_LABELS)},
        "total": {
            "type": "number",
            "minimum": 0,
            "multipleOf": 0.01,
            "x-unit": "EUR",
            "x-from": "/read/total",
            "x-confidence": "/sure/total",
        },
        "issued_on": {
            "type": "string",
            "format": "date",
            "title": "Issued on",
            "x-from": "/read/issued_on",
            "x-confidence": "/sure/issued_on",
        },
        "cost_centre": {
            "enum": list(COST_CENTRES),
            "title": "Cost centre",
            "x-titles": COST_CENTRES,
            "x-from": "/read/cost_centre",
        },
    },
    "required": ["label"],
    "additionalProperties": False,
    "x-label-titles": INVOICE_LABELS,
}

INVOICE_POLICY: dict[str, Any] = {"default_threshold": 0.9, "queue": "invoices"}
