"""What desk tells of lists: of visits, experience sheets, check-ups. Their findings are issues with stories of their
own."""

from typing import Literal

from pydantic import Field

from sanfu.contracts.events.words import Body, Code, Concerning, Count, Deed, Instant, Line, Subject, Text, Unit

ListKind = Literal["visit", "experience", "checkup"]
Result = Literal["visited", "closed", "refused"]


class Entry(Body):
    """What is to be visited, experienced or checked. A household in need has no name here, only the register's code."""

    number: Count = Field(description="Counts the entries of a list from 1")
    what: Code | None = Field(default=None, description="What kind of thing is visited, by the city pack")
    title: Line | None = Field(default=None, description="What it is called, masked; none of a household in need")
    code: Code | None = Field(default=None, description="Its code in a register: credit code, village, household")
    town: Unit | None = Field(default=None, description="Town in which it lies")
    purpose: Code | None = Field(default=None, description="Why it is visited, by the city pack")
    theme: Code | None = Field(default=None, description="Theme of an experience, by the city pack")
    theme_group: Code | None = Field(default=None, description="Group of themes, where the theme is one's own")
    theme_text: Line | None = Field(default=None, description="A theme of one's own, masked")
    due: Instant | None = Field(default=None, description="By when")


class ListOpened(Deed, Concerning):
    """A list was made: of visits, an experience sheet, a check-up."""

    kind: ListKind = Field(description="What kind of list: the channel of its findings")
    title: Line = Field(description="Its title, masked")
    holder: Code = Field(description="Account of who visits, experiences or checks")
    unit: Unit = Field(description="The holder's unit; it is not told of sheets and check-ups")
    group: Code | None = Field(default=None, description="Group of the monitor, by the city pack")
    entries: list[Entry] = Field(description="What stands on it")
    entry_by: Instant | None = Field(default=None, description="When the next open entry is due")
    turn: bool = Field(description="That is another instant than before")


class EntriesAdded(Deed, Concerning):
    """More stands on a list."""

    unit: Unit = Field(description="The holder's unit")
    entries: list[Entry] = Field(description="What was added")
    entry_by: Instant | None = Field(default=None, description="When the next open entry is due")
    turn: bool = Field(description="That is another instant than before")


class EntryMarked(Deed, Concerning):
    """The holder said what came of an entry. There may be no finding."""

    unit: Unit = Field(description="The holder's unit")
    entry: Count = Field(description="Number of the entry")
    result: Result = Field(description="visited; closed: it is no more, or not there; refused: no visit was wanted")
    on: str = Field(pattern=r"^\d{4}-\d\d-\d\d$", description="Date of it, in the city")
    text: Text | None = Field(default=None, description="What was done, or why not, masked; internal")
    entry_by: Instant | None = Field(default=None, description="When the next open entry is due")
    turn: bool = Field(description="That is another instant than before")


class FindingNoted(Deed, Concerning):
    """An issue was found at an entry of this list. `concerns` names it."""

    unit: Unit = Field(description="The holder's unit")
    entry: Count = Field(description="Number of the entry")
    issue: Subject = Field(description="The issue that was found")


class ListEnded(Deed, Concerning):
    """Nothing on it is open any more, or it is not gone on with."""

    unit: Unit = Field(description="The holder's unit")
    result: Literal["done", "dropped"] = Field(description="Whether every entry came to something")
    reason: Text | None = Field(default=None, description="Why it was dropped, masked; internal")
