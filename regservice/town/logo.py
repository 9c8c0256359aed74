"""Which pictures may be the town's logo, told by their content and never by their name."""

LARGEST = 1024 * 1024


def image_type(content: bytes) -> str | None:
    """The media type of a PNG, JPEG or WebP picture; None for everything else.

    SVG is refused, since it can hold scripts.
    """
    if content.startswith(b"\x89PNG\r\n\x1a\n") and content[12:16] == b"IHDR":
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    return None
