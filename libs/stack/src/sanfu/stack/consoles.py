"""Where the command line writes: what was asked for, and beside it what happens meanwhile. Ids stand as they are: no
part of one is taken for a colour's or a picture's name."""

from rich.console import Console


def answers(*, soft_wrap: bool = True, width: int | None = None) -> Console:
    """What was asked for; its lines are as long as they are."""
    return Console(highlight=False, emoji=False, soft_wrap=soft_wrap, width=width)


def notes() -> Console:
    """What happens meanwhile, and what went wrong."""
    return Console(stderr=True, highlight=False, emoji=False)
