"""How a recipient of messages is named where services have to agree on it."""


def outside(audience: str, subject: str) -> str:
    """Name a recipient outside of all units: the party or filer of one issue, for no more is known of them."""
    return f"{audience}:{subject}"
