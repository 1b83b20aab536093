"""A process that draws one picture anew: standard input to standard output. It has little memory, and is in no hurry.

Whatever a hostile file does to a decoder, it does it here: this process holds nothing, and ends.
"""

import os
import resource
import sys
import warnings
from typing import IO, Final

from PIL import Image, ImageOps

MOST_PIXELS: Final = 50_000_000
"""More than a phone takes unless it is told to; known before anything is decoded."""
MEMORY: Final = 1536 * 1024 * 1024
"""Bytes: four times 50 megapixels in four colours, and what an encoder needs."""
SECONDS: Final = 60
"""Of the processor."""
NO_PICTURE: Final = 3
"""The exit code of one who found no picture; the reason stands on standard error."""
FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
SAVED: Final = {"JPEG": {"quality": 88}, "PNG": {"compress_level": 3}, "WEBP": {"quality": 88, "method": 2}}


def drawn_anew(given: IO[bytes], form: str, into: IO[bytes]) -> None:
    """Draw a picture the way up that EXIF tells; EXIF itself, places, thumbnails, profiles, comments and frames behind
    the first stay out. Raises ValueError that says what would be right."""
    try:
        with Image.open(given, formats=[form]) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise OverflowError
            upright = ImageOps.exif_transpose(picture)
            plain = upright.convert("RGBA" if form != "JPEG" and "A" in upright.getbands() else "RGB")
            del upright
        bare = Image.new(plain.mode, plain.size)
        bare.paste(plain)
        del plain
        bare.save(into, form, **SAVED[form])
    except (OverflowError, Image.DecompressionBombError) as error:
        raise ValueError(f"a picture of at most {MOST_PIXELS // 1_000_000} megapixels") from error
    except Exception as error:  # a decoder raises whatever a broken file leads it into
        raise ValueError("a picture that can be read to its end") from error


def main() -> int:
    warnings.simplefilter("ignore")  # nothing but a reason of ours is said on standard error
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        drawn_anew(sys.stdin.buffer, FORMATS[sys.argv[1]], sys.stdout.buffer)
    except ValueError as error:
        sys.stderr.write(str(error))
        return NO_PICTURE
    return 0


if __name__ == "__main__":
    sys.exit(main())
