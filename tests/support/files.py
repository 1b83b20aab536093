"""Files as people send them, and as nobody should."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

PDF = b"%PDF-1.7\n" + b"x" * 100
SOUND = b"ID3\x04" + bytes(200)
MAKER = "SecretPhone"


def photo(form: str = "JPEG", size: tuple[int, int] = (40, 20), **saved: Any) -> bytes:
    """A picture that lies on its side, with what a phone writes into one."""
    picture, out = Image.new("RGB", size, (200, 30, 30)), io.BytesIO()
    exif = picture.getexif()
    exif[0x0112], exif[0x010F] = 6, MAKER
    exif.get_ifd(0x8825)[2] = (29.0, 18.0, 0.0)  # where it was taken
    picture.save(out, form, exif=exif, **saved)
    return out.getvalue()


def claims_to_be(width: int, height: int) -> bytes:
    """A PNG of few bytes whose head says that it is this large: flat, it packs to nothing."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    lines = zlib.compressobj(9)
    packed = b"".join(lines.compress(b"\0" * (1 + 3 * width)) for _ in range(height)) + lines.flush()
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b"")))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
