"""What to say when a part we need is away."""


class Unavailable(Exception):
    """A store or broker can't be reached, or the service isn't ready: nothing was done that was not answered for.

    `retry_after`: whole seconds after which a repeat makes sense. Rendered as a 503 problem with `Retry-After`.
    """

    def __init__(self, detail: str, retry_after: int = 5) -> None:
        super().__init__(detail)
        self.detail, self.retry_after = detail, retry_after
