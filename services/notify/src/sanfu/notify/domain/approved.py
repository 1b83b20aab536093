"""Texts that a provider approved beforehand: it is given their code and the variables, never the words."""

import re
from collections.abc import Mapping
from string import Formatter

_SIGNATURE = re.compile(r"^【[^】]*】")
"""How a Chinese SMS begins; such a provider puts its own approved one there."""


def variables(body: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the placeholders of a body in the order in which they first come, each with its value. What stands in the
    signature is the provider's."""
    names = (name for _, name, _, _ in Formatter().parse(_SIGNATURE.sub("", body)) if name)
    return {name: values[name] for name in names}
