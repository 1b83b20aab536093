"""How event bodies become bytes and back: the contracts' side of the machine."""

from collections.abc import Mapping
from typing import Any, Protocol


class Codec(Protocol):
    """Both directions validate. `decode` and `encode` raise BadBody, which names the field."""

    def knows(self, type: str) -> bool: ...

    def decode(self, type: str, body: bytes) -> dict[str, Any]: ...

    def encode(self, type: str, data: Mapping[str, Any]) -> bytes: ...
