"""What the documents tell people to type exists, with those options; what they point at is there."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from sanfu.stack.cli import app
from sanfu.stack.places import checkout

ROOT = checkout()
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "docs/decisions/*.md", "*/README.md", "*/*/README.md")
    for path in ROOT.glob(pattern)
    if not {".venv", ".sanfu", "node_modules"} & set(path.relative_to(ROOT).parts)
)
CLI = typer.main.get_command(app)
MEANT = {"NAME": "machine", "SERVICE": "router", "FILE": "README.md", "CODE…": "water", "目录": "cities/yiwu"}
"""Words that stand for something: what a reader might put there."""


def typed(page: Path) -> list[str]:
    """Return what a page tells its reader to type: the lines of its code blocks, and its code spans."""
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)
    lines = [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    return [part.strip() for line in (*lines, *spans) for part in re.split(r"&&|\s#\s", line)]


def commands(program: str) -> list[tuple[str, str]]:
    """Return every command of a program in all pages: the page, and what follows the program's name."""
    start = re.compile(rf"^(?:[A-Z_]+=\S+ )*(?:\S*/)?{program} (?P<rest>.+)$")
    found = {(str(page.relative_to(ROOT)), match["rest"]) for page in PAGES for line in typed(page)
             if (match := start.match(line))}  # fmt: skip
    return sorted(found)


def words(rest: str) -> list[str]:
    plain = re.sub(r"[\[\]]", "", rest).removesuffix("…").strip()
    return [MEANT.get(word, word) for word in shlex.split(plain)]


@pytest.mark.parametrize(("page", "rest"), commands("sanfu"))
def test_a_command_of_sanfu_that_a_page_shows_is_one_with_these_options(page: str, rest: str) -> None:
    parse(CLI, words(rest))


def parse(command: Any, given: list[str]) -> None:
    """Have a command read its arguments, down to the last of its own commands, and do nothing."""
    below = getattr(command, "commands", None)
    if below is None:
        wanted = [one for one in command.params if one.param_type_name == "argument" and one.required]
        command.make_context(command.name, given or ["X"] * len(wanted))
    elif given and given[0].startswith("-") and command.invoke_without_command:  # it shows something by itself
        command.make_context(command.name, given)
    elif given:
        assert given[0] in below, f"there is no {given[0]}"
        parse(below[given[0]], given[1:])


def test_a_command_that_is_not_there_or_has_not_this_option_would_be_found() -> None:
    for wrong in (
        ["nothing"],
        ["dlq", "nothing"],
        ["up", "--nothing"],
        ["rebuild", "--nothing"],
        ["deliveries", "--nothing"],
    ):
        with pytest.raises(Exception, match="nothing"):
            parse(CLI, wrong)


@pytest.mark.parametrize(("page", "rest"), commands(r"python"))
def test_a_program_that_a_page_shows_is_there(page: str, rest: str) -> None:
    first, *more = words(rest)
    if first == "-m":
        place = more[0].removeprefix("sanfu.").split(".")
        sources = [ROOT / group / place[0] / "src" / "sanfu" / Path(*place) for group in ("libs", "services")]
        assert any(source.with_suffix(".py").is_file() or (source / "__main__.py").is_file() for source in sources)
    else:
        assert (ROOT / first).is_file()
        options = [word for word in more if word.startswith("--")]
        assert [option for option in options if option not in (ROOT / first).read_text()] == []


def links() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            yield str(page.relative_to(ROOT)), target


@pytest.mark.parametrize(("page", "target"), sorted(set(links())))
def test_what_a_page_links_to_is_there(page: str, target: str) -> None:
    assert (ROOT / page).parent.joinpath(target).exists()


PLACES = re.compile(r"^(?:\./)?((?:libs|services|tests|deploy|docs|cities|bench|\.ci)/[\w./-]*\w)$")


@pytest.mark.parametrize(
    ("page", "place"),
    sorted({(str(page.relative_to(ROOT)), match[1]) for page in PAGES for line in typed(page)
            if (match := PLACES.match(line))}),
)  # fmt: skip
def test_a_file_that_a_page_names_is_there(page: str, place: str) -> None:
    assert (ROOT / place).exists()


def test_the_two_commands_of_the_readme_stand_at_its_top() -> None:
    first = next(block for block in re.findall(r"^```\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S))
    assert [line.split("#")[0].strip() for line in first.splitlines()] == ["./sanfu demo", "./sanfu test"]


METRIC = re.compile(r"`(sanfu_[a-z0-9_]+)")


@pytest.mark.parametrize("page", [page for page in PAGES if METRIC.search(page.read_text(encoding="utf-8"))],
                         ids=lambda page: str(page.relative_to(ROOT)))  # fmt: skip
def test_a_metric_that_a_page_names_is_one_of_ours(page: Path) -> None:
    sources = "\n".join(
        path.read_text() for group in ("libs", "services") for path in ROOT.glob(f"{group}/*/src/**/*.py")
    )
    for name in set(METRIC.findall(page.read_text(encoding="utf-8"))):
        bare = re.sub(r"_(total|bucket|sum|count)$", "", name.removeprefix("sanfu_"))
        assert f'"{bare}"' in sources or f'"sanfu_{bare}"' in sources, name
