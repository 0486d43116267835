"""What a file is, by its bytes; names and headers of the sender are not believed."""

from governance import strict_json

IMAGES = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
}
PDF = b"%PDF-"
_ALLOWED_CONTROLS = frozenset("\t\n\r\f")
_DELETE = 0x7F
_SPACE = 0x20


def media_type_of(content: bytes) -> str | None:
    """Return the media type of an image, PDF, JSON document or plain text; none for anything else."""
    for media_type, magic in IMAGES.items():
        if content.startswith(magic):
            return media_type
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith(PDF):
        return "application/pdf"
    return _kind_of_text(content)


def _kind_of_text(content: bytes) -> str | None:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    if any((ord(char) < _SPACE and char not in _ALLOWED_CONTROLS) or ord(char) == _DELETE for char in set(text)):
        return None
    if text.lstrip()[:1] in {"{", "["}:
        try:
            strict_json.loads(content, max_bytes=len(content))
        except strict_json.JsonRefused:
            return "text/plain"
        return "application/json"
    return "text/plain"
