"""Bodies of what parties say of their own accord."""

from typing import Annotated, Literal, Self

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from sanfu.desk.entrypoints.commands.words import Issue
from sanfu.runtime.bodies import Body
from sanfu.runtime.texts import Email, Line, Phone, Text


class Remind(Body):
    """The party asks again; `issue`: the report by which it did. On a closed case: it asks to have it handled again."""

    text: Annotated[str, Text(1000, 1)] | None = None
    issue: Issue | None = None


class Support(Body):
    """Another party has the same problem: its own issue."""

    issue: Issue


class RequestReopen(Body):
    """The party is not content with how it ended."""

    reason: Annotated[str, Text(1000, 1)] | None = None


class Withdraw(Body):
    """The party takes it back. `asked_to`: somebody asked it to."""

    reason: Annotated[str, Text(1000, 1)] | None = None
    asked_to: bool = False


class ConfirmWithdrawal(Body):
    """Say, having spoken with the party, that it does take it back."""

    reason: Annotated[str, Text(1000, 4)]


class DeclineWithdrawal(Body):
    """Say, having spoken with the party, that it goes on."""

    reason: Annotated[str, Text(1000, 4)]


class CorrectContact(Body):
    """Write down how the party is really reached: what is given here, the rest stays. It is sealed, and told to nobody;
    what the party had been sent before opens its page no more."""

    name: Annotated[str, Line(200, 1)] | None = None
    phone: Phone | None = None
    email: Email | None = None
    address: Annotated[str, Line(300, 1)] | None = None
    because: Literal["wrong_number", "party_said"]

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.name or self.phone or self.email or self.address):
            raise PydanticCustomError("nothing_given", "at least one of name, phone, email, address")
        return self


class PartyDeceased(Body):
    """Say that the party has died: nothing is sent to it any more. `mistaken`: it has not."""

    mistaken: bool = False
    source: Annotated[str, Line(300, 1)] | None = None
