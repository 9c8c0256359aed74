"""The body of an answer, as a file: complete, unpacked, and within its limits."""

import hashlib
import http.client
import tempfile
import zlib
from collections.abc import Iterable, Iterator

from regservice.formats.feeds.types import Fetched, Unreadable

PIECE = 64 * 1024
LONGEST_VALIDATOR = 200
PLAIN = {"", "identity"}
PACKED = {"gzip", "x-gzip"}


def received(response: http.client.HTTPResponse, most: int) -> Fetched:
    """The document in a file of its own, which is gone when it is closed. Raises Unreadable."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in PLAIN | PACKED:
        raise Unreadable("encoding", encoding)
    pieces = _pieces(response, most)
    digest, size = hashlib.sha256(), 0
    file = tempfile.TemporaryFile()  # noqa: SIM115 - whoever reads it closes it.
    try:
        for piece in _unpacked(pieces) if encoding in PACKED else pieces:
            size += len(piece)
            _refuse_above(most, size)
            digest.update(piece)
            file.write(piece)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Fetched(
        file=file,
        sha256=digest.hexdigest(),
        size=size,
        etag=_validator(response, "ETag"),
        last_modified=_validator(response, "Last-Modified"),
    )


def _refuse_above(most: int, size: int) -> None:
    if size > most:
        raise Unreadable("too_large", str(most // 1024 // 1024))


def _validator(response: http.client.HTTPResponse, name: str) -> str:
    text = response.headers.get(name, "")
    return text if len(text) <= LONGEST_VALIDATOR and text.isascii() and text.isprintable() else ""


def _pieces(response: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    announced, size = response.length, 0
    _refuse_above(most, announced or 0)
    while announced is None or size < announced:
        piece = response.read1(PIECE if announced is None else min(PIECE, announced - size))
        if not piece:
            break
        size += len(piece)
        _refuse_above(most, size)
        yield piece
    if announced is not None and size < announced:
        raise Unreadable("truncated")


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack in small steps, so that a little that unpacks to a lot is noticed in time."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        for packed in pieces:
            rest = packed
            while (piece := unpacking.decompress(rest, PIECE)) or unpacking.unconsumed_tail:
                yield piece
                rest = unpacking.unconsumed_tail
    except zlib.error:
        raise Unreadable("encoding", "gzip") from None
    if not unpacking.eof:
        raise Unreadable("truncated")
