"""What a file is, told by its first bytes, whatever somebody calls it. Pure; standard library only."""

from typing import Final

HEAD: Final = 16
"""Bytes by which a file's kind is told."""
PDF: Final = "application/pdf"
ENDINGS: Final = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", PDF: "pdf", "audio/mpeg": "mp3", "audio/wav": "wav",
    "audio/ogg": "ogg", "audio/mp4": "m4a", "audio/aac": "aac", "audio/amr": "amr",
}  # fmt: skip
"""Media types that are known here, and how the name of such a file ends."""
PICTURES: Final = tuple(kind for kind in ENDINGS if kind.startswith("image/"))
SOUNDS: Final = tuple(kind for kind in ENDINGS if kind.startswith("audio/"))
_SIGNS: Final = (
    ("image/jpeg", ((0, b"\xff\xd8\xff"),)),
    ("image/png", ((0, b"\x89PNG\r\n\x1a\n"),)),
    ("image/webp", ((0, b"RIFF"), (8, b"WEBP"))),
    (PDF, ((0, b"%PDF-"),)),
    ("audio/wav", ((0, b"RIFF"), (8, b"WAVE"))),
    ("audio/ogg", ((0, b"OggS"),)),
    ("audio/amr", ((0, b"#!AMR"),)),
    ("audio/mp4", ((4, b"ftypM4A"),)),
    ("audio/mpeg", ((0, b"ID3"),)),
)
_FRAMES: Final = {
    **dict.fromkeys((b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2"), "audio/mpeg"),
    **dict.fromkeys((b"\xff\xf1", b"\xff\xf9"), "audio/aac"),
}
"""How a frame of sound begins that has no head before it."""


def kind_of(beginning: bytes) -> str | None:
    """Return the media type of a file by its first `HEAD` bytes; None for what is not known here."""
    for kind, signs in _SIGNS:
        if all(beginning[at : at + len(sign)] == sign for at, sign in signs):
            return kind
    return _FRAMES.get(beginning[:2]) if len(beginning) == HEAD else None
