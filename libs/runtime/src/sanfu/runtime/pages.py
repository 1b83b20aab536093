"""What pages for people need, whoever serves them: guarding headers, forms that no other site sends, one look."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qs

from fastapi import Request

from sanfu.runtime.rules import Refusal

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
FIELDS = 10
"""Fields of a form, unless a page has more."""


def guarded(sends_to: str | None = None) -> Mapping[str, str]:
    """Return a page's headers: nothing from elsewhere, nothing inline, no frame; what one saw is not kept by the
    browser. `sends_to`: the one other origin that a form of it may go to."""
    return {
        "Content-Security-Policy": f"{POLICY} {sends_to}" if sends_to else POLICY,
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


async def form(request: Request, most: int = FIELDS) -> Mapping[str, str]:
    """Read a form's fields, the first of each name. Raises Refusal 422 for more than `most`."""
    try:
        fields = parse_qs(
            (await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most
        )
    except ValueError:
        wrong = {"field": "$", "problem": "too_many", "expected": f"at most {most} fields"}
        raise Refusal(422, "invalid-input", f"A form has at most {most} fields.", errors=[wrong]) from None
    return {name: values[0] for name, values in fields.items()}


def address(request: Request) -> str:
    """Say from where it comes: through believed proxies, from where they say."""
    return request.client.host if request.client else "nowhere"


def same_site(request: Request) -> None:
    """Refuse a form that another site's page sent."""
    origin, fetched = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    elsewhere = origin is not None and origin.partition("://")[2] != request.headers.get("host")
    if elsewhere or fetched not in {"same-origin", "none"}:
        raise Refusal(403, "other-site", "This form is sent from this site's own pages only.")


@cache
def plain_style() -> bytes:
    """Return the style sheet of pages that anybody may come to, also on a small phone."""
    return files("sanfu.runtime").joinpath("plain.css").read_bytes()
