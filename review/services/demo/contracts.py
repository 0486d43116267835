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

DIGITS_POLICY: dict[str, Any] = {"default_threshold": 0.97, "queue": "paper-slips"}
