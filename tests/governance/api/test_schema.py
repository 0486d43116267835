"""The API's description is public, complete and free of warnings."""

import io

import pytest
from django.core.management import call_command
from rest_framework.test import APIClient


def test_the_schema_is_valid_without_a_warning() -> None:
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)

    assert "openapi: 3.1.0" in out.getvalue()


def test_the_schema_is_public_and_names_every_call() -> None:
    answer = APIClient().get("/api/v1/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json")
    paths = answer.json()["paths"]

    assert answer.status_code == 200
    assert "/api/v1/reviews/{review_id}/decide/" in paths
    assert "/api/v1/workflows/{workflow_key}/items/batch/" in paths


@pytest.mark.usefixtures("db")
def test_the_docs_hold_no_inline_script_or_style() -> None:
    page = APIClient().get("/api/v1/docs/")
    script = APIClient().get("/api/v1/docs/", {"script": ""})
    text = page.content.decode()

    assert page.status_code == script.status_code == 200
    assert "<style" not in text
    assert "<script>" not in text
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert "img-src 'self' blob: data:" in page["Content-Security-Policy"]
    assert script["Content-Type"].startswith("application/javascript")
