"""`sanfu router`, `sanfu rules`: who led, why, what that was worth, and how it gets better."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sanfu.stack import services
from sanfu.stack.consoles import answers
from sanfu.stack.doors import Doors, Json
from sanfu.stack.places import checkout
from sanfu.stack.plan import shipped_city
from sanfu.stack.programs import PartError
from sanfu.stack.stack import Stack
from sanfu.stack.tools import given, hand_over

router = typer.Typer(no_args_is_help=True, help="Who leads and why: the classifier, returns, duplicates, their worth.")
rules = typer.Typer(no_args_is_help=True, help="Routing rules: try them before they decide.")
console = answers()


Name = Annotated[str, typer.Option("--name", help="which stack of this checkout")]
Since = Annotated[str | None, typer.Option("--since", help="2026-11-01, or 30d for thirty days back (default)")]
Until = Annotated[str | None, typer.Option("--until", help="a date: issues that came in before that day")]
Form = Annotated[Literal["table", "csv", "json"], typer.Option("--format")]
Out = Annotated[Path | None, typer.Option("--out", help="write it there")]


@rules.callback()
def _rules() -> None:
    """Keep `backtest` a command of its own, also while it is the only one."""


@rules.command("backtest")
def backtest(  # noqa: PLR0917  # options of a command line, never given by position
    new: Annotated[Path, typer.Option("--rules", help="the new rules.yaml")],
    since: Since = None,
    until: Until = None,
    in_use: Annotated[
        bool, typer.Option("--in-use", help="compare with the rules in use, not with what was decided")
    ] = False,
    form: Form = "table",
    out: Out = None,
    name: Name = "main",
) -> None:
    """Say what new rules would have changed of the issues that are stored: each with before, after and who was right;
    returns saved and caused. Nothing is decided by it. A bad rule set is refused with the place of each error."""
    if not new.is_file():
        raise PartError(f"there is no file {new}")
    more = ["--in-use"] if in_use else []
    look_back(name, "backtest", *given("--rules", new), *more, *_asked_for(since, until, form, out))


@router.command("report")
def report(
    since: Since = None, until: Until = None, form: Form = "table", out: Out = None, name: Name = "main"
) -> None:  # fmt: skip
    """Say how many assignments were returned, how many of those wrongly, and how many were right: by rule, by category,
    by model version."""
    look_back(name, "report", *_asked_for(since, until, form, out))


City = Annotated[Path | None, typer.Option("--city", help="directory of the pack (default: the shipped one)")]
Reports = Annotated[Path | None, typer.Option("--reports", help="labelled reports, JSON Lines (default: the pack's)")]
Source = Annotated[
    Literal["labelled", "cases", "both"],
    typer.Option("--from", help="labelled reports, the closed cases of a stack that is up, or both"),
]


@router.command("train")
def train(  # noqa: PLR0917  # options of a command line, never given by position
    city: City = None,
    reports: Reports = None,
    out: Annotated[Path | None, typer.Option("--out", help="where the model goes (default: into the pack)")] = None,
    source: Source = "labelled",
    since: Annotated[
        str | None, typer.Option("--since", help="closed cases: that came in since (default: 730d)")
    ] = None,
    name: Name = "main",
) -> None:
    """Train the classifier on labelled reports, on the city's own closed cases, or both; print the model's version.
    Confidential and sealed texts are in no training. Running services take the model by themselves."""
    arguments = [*given("--city", _city(city)), *given("--reports", reports), *given("--out", out)]
    _learn("train", arguments, source, since, name)


@router.command("evaluate")
def evaluate(  # noqa: PLR0917  # options of a command line, never given by position
    city: City = None,
    reports: Reports = None,
    write: Annotated[bool, typer.Option("--write", help="write docs/evaluation.md and docs/duplicates.md")] = False,
    source: Source = "labelled",
    since: Annotated[
        str | None, typer.Option("--since", help="closed cases: that came in since (default: 730d)")
    ] = None,
    name: Name = "main",
) -> None:
    """Print what rules and classifier are worth on what was never trained on."""
    arguments = [*given("--city", _city(city)), *given("--reports", reports), *(["--write"] if write else [])]
    _learn("evaluate", arguments, source, since, name)


@router.command("duplicates")
def duplicates(city: City = None, reports: Reports = None) -> None:
    """Print what the pack's policy on duplicates is worth on reports whose `dup_group` is known."""
    hand_over("sanfu.router", "duplicates", *given("--city", _city(city)), *given("--reports", reports))


def _learn(what: str, arguments: list[str], source: str, since: str | None, name: str) -> None:
    more = [*arguments, "--from", source, *(("--since", since) if since else ())]
    if source == "labelled":
        hand_over("sanfu.router", what, *more)
    else:
        look_back(name, what, *more)


def _city(named: Path | None) -> Path:
    return named if named else shipped_city(checkout())


def look_back(name: str, what: str, *arguments: str) -> None:
    """Run one of router's offline commands over the database of a stack that is up."""
    stack = Stack.known(name)
    if not stack.status().up:
        raise PartError(f"{name} is not up: ./sanfu up --name {name} brings it up")
    hand_over("sanfu.router", what, *arguments, settings=services.environment(stack.plan))


def _asked_for(since: str | None, until: str | None, form: str, out: Path | None) -> list[str]:
    days = [*(("--since", since) if since else ()), *(("--until", until) if until else ())]
    return [*days, "--format", form, *given("--out", out)]


@router.command("explain")
def explain(
    issue: Annotated[str, typer.Argument(help="an issue's id")],
    name: Name = "main",
    as_json: Annotated[bool, typer.Option("--json", help="for machines: one JSON object")] = False,
) -> None:
    """Say why an issue went where it went: the rule and its version, the model's first three and what weighed most for
    each, the place, likely duplicates; and what came of it."""
    told = asyncio.run(_asked(Stack.known(name), issue))
    if as_json:
        print(json.dumps(told, ensure_ascii=False))
    else:
        console.print("\n".join(_lines(told)), markup=False)


async def _asked(stack: Stack, issue: str) -> Json:
    async with Doors(stack) as doors:
        return await doors.account(issue)


def _lines(told: Json) -> Iterator[str]:
    withheld = ": nothing here was drawn from its text" if told["withheld"] else ""
    yield f"{told['issue']}  {told['secrecy']}{withheld}; {told['lead'] or 'nobody'} leads"
    for answer in told["answers"]:
        yield f"{_at(answer)}  router: {_said(answer)}"
    for lead in told["dispatched"]:
        yield f"{_at(lead)}  {lead['decided_by']}: {lead['unit']} leads (assignment {lead['assignment']})"
    for back in told["returns"]:
        yield f"{_at(back)}  returned by {back['unit']} ({back['ground']}): should be {back['proposed_unit']}"
    for ruling in told["rulings"]:
        found = "the return was right" if ruling["upheld"] else "the return was wrong"
        charged = f", {ruling['charged']} is charged the time" if ruling.get("charged") else ""
        yield f"{_at(ruling)}  adjudicated: {ruling['unit']} leads, {found}{charged}"
    if told["right"]:
        yield f"right was {told['right']['unit']} ({told['right']['known_by']})"
    if told["facts"]:
        yield "facts: " + ", ".join(f"{name} {value}" for name, value in told["facts"].items() if value)
    yield from _guessed(told)
    for other in told["duplicates"]:
        parts = ", ".join(f"{part} {share}" for part, share in other.get("parts", {}).items())
        yield f"seems to repeat {other['other']}: {other['score']} ({parts})"
    yield from _today(told)


def _said(answer: Mapping[str, Any]) -> str:
    by = f"rule {answer['rule']}" if "rule" in answer else answer.get("decided_by") or answer.get("why") or "sealed"
    sure = f", {answer['score']} sure" if "score" in answer else ""
    versions = "".join(f", {what} {answer[what]}" for what in ("pack", "model") if what in answer)
    reason = f": {answer['reason']}" if "reason" in answer else ""
    if answer["what"] == "assigned":
        return f"{answer['unit']} ({answer['grade']}), by {by}{sure}{versions}{reason}"
    shown = ", ".join(each["unit"] for each in answer.get("suggestions", ()))
    return f"a person decides ({by}{versions}){reason}" + (f"; suggested: {shown}" if shown else "")


def _guessed(told: Json) -> Iterator[str]:
    if told["guesses"]:
        then = {answer["model"] for answer in told["answers"] if "model" in answer}
        same = "the one asked then" if told["model"] in then else "it was not asked then, or was another"
        yield f"model {told['model']} ({same}) takes it for:"
    for guess in told["guesses"]:
        because = ", ".join(f"“{cause['what']}” {cause['weight']:+.2f}" for cause in guess["because"])
        yield f"  {guess['unit']} {guess['score']} ({guess['category']}): {because}"


def _today(told: Json) -> Iterator[str]:
    if told["passed_over"] is not None:
        yield f"{len(told['passed_over'])} rules before it did not hold (--json names each, with the condition)"
    if now := told["now"]:
        by = f"rule {now['rule']}" if now["rule"] else now["decided_by"] or now["why"]
        yield f"by pack {told['pack']} of today: {now['outcome']} {now['unit'] or ''} ({by})"


def _at(entry: Mapping[str, Any]) -> str:
    return str(entry["at"])[:16].replace("T", " ")
