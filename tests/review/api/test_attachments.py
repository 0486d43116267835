"""Files: known by their hash, of a few kinds, harmless to look at."""

import hashlib
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django import Settings

from review.models import Attachment
from tests.conftest import House
from tests.review.api.conftest import Api

FILES = "/api/v1/attachments/"


@pytest.fixture(autouse=True)
def storage(settings: Settings, tmp_path: Path) -> None:
    """Keep files in a folder of the test."""
    settings.STORAGES = settings.STORAGES | {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": str(tmp_path)},
        },
    }


def image(form: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (image(), "image/png"),
        (image("JPEG"), "image/jpeg"),
        (image("GIF"), "image/gif"),
        (image("WEBP"), "image/webp"),
        (b"%PDF-1.7\nrest", "application/pdf"),
        (b'{"a": 1}', "application/json"),
        (b"{no json", "text/plain"),
        ("Grüße\n".encode(), "text/plain"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "text/plain"),
    ],
)
def test_a_file_comes_back_as_it_was_sent(house: House, api: Api, content: bytes, media_type: str) -> None:
    client = api(house.integrator)
    stored = client.post(FILES, content, content_type="application/octet-stream")
    told = stored.json()
    seen = client.get(told["url"])

    assert stored.status_code == 201
    assert (told["sha256"], told["size"]) == (hashlib.sha256(content).hexdigest(), len(content))
    assert seen.content == content
    assert seen["Content-Type"] == media_type == told["media_type"]
    assert seen["X-Content-Type-Options"] == "nosniff"
    assert seen["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert seen["Content-Disposition"].startswith("inline" if media_type.startswith("image/") else "attachment")


def test_the_same_bytes_are_kept_once_by_form_or_raw(house: House, api: Api) -> None:
    client = api(house.integrator)
    first = client.post(FILES, {"file": SimpleUploadedFile("a b\n.png", image())}, format="multipart")
    again = client.post(FILES, image(), content_type="image/png")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    house.enter()
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 100, 415),
        (image()[:45], 415),
        (b"MZ\x90\x00\x03", 415),
        (b"PK\x03\x04", 415),
        (b"\x00\x01", 415),
        (b"text with \x1b escape", 415),
    ],
)
def test_anything_else_is_refused(house: House, api: Api, content: bytes, status: int) -> None:
    answer = api(house.integrator).post(FILES, content, content_type="application/octet-stream")

    assert answer.status_code == status
    house.enter()
    assert Attachment.objects.count() == 0


def test_a_file_over_the_limit_is_413(house: House, api: Api, settings: Settings) -> None:
    settings.AIOS_ATTACHMENT_BYTES = 100
    client = api(house.integrator)

    assert client.post(FILES, b"x" * 101, content_type="text/plain").status_code == 413
    form = {"file": SimpleUploadedFile("a.txt", b"x" * 101)}
    assert client.post(FILES, form, format="multipart").status_code == 413
    assert client.post(FILES, b"x" * 100_000, content_type="text/plain").status_code == 413


def test_a_form_without_a_file_is_422(house: House, api: Api) -> None:
    assert api(house.integrator).post(FILES, {"name": "x"}, format="multipart").status_code == 422


def test_an_altered_file_is_not_handed_out(house: House, api: Api, tmp_path: Path) -> None:
    client = api(house.integrator)
    told = client.post(FILES, b"what was sent", content_type="text/plain").json()
    house.enter()
    (tmp_path / Attachment.objects.get().file).write_bytes(b"something else")

    assert client.get(told["url"]).status_code == 404


def test_another_workspace_does_not_get_the_file(house: House, api: Api) -> None:
    told = api(house.integrator).post(FILES, b"ours", content_type="text/plain").json()

    assert api(house.outsider).get(told["url"]).status_code == 404
