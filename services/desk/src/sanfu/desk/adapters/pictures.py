"""Pictures drawn anew: what is kept shows what the picture showed, and holds nothing else."""

import asyncio
import io
import warnings
from typing import Final

from PIL import Image, ImageOps

from sanfu.desk.ports import NoPicture

MOST_PIXELS: Final = 50_000_000
"""More than any phone takes; drawn, it needs 200 MB."""
FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


class Pictures:
    """`ports.Pictures` by Pillow, off the loop, one at a time: so memory is bounded by one picture."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def drawn_anew(self, content: bytes, media_type: str) -> bytes:
        async with self._one:
            return await asyncio.to_thread(_drawn_anew, content, FORMATS[media_type])


def _drawn_anew(content: bytes, form: str) -> bytes:
    """Draw it the way up that EXIF tells; EXIF itself, places, thumbnails and frames behind the first stay out."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(content), formats=[form]) as picture:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if picture.width * picture.height > MOST_PIXELS:
                raise NoPicture(f"at most {MOST_PIXELS // 1_000_000} megapixels")
            upright = ImageOps.exif_transpose(picture)
            plain = upright.convert("RGBA" if form != "JPEG" and "A" in upright.getbands() else "RGB")
            bare = Image.frombytes(plain.mode, plain.size, plain.tobytes())
    except NoPicture:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Warning) as error:
        raise NoPicture("a picture that can be read to its end") from error
    out = io.BytesIO()
    bare.save(out, form, **({} if form == "PNG" else {"quality": 88}))
    return out.getvalue()
