"""The contact of a party or filer, as it travels on `sanfu.contacts.v1`: encrypted before it enters an outbox.

Contacts are state, not a story: each record is the whole value, the higher version wins, and a record without a value
(a tombstone) erases the person. Nothing by which a person could be looked up (a blind index) is in it.
"""

from typing import Literal

from pydantic import Field

from sanfu.contracts.events.words import Answers, Body, Count, Subject


class Box(Body):
    """Something sealed with AES-256-GCM. All bytes are base64."""

    key: str = Field(min_length=1, max_length=40, description="Id of the key it was sealed with")
    nonce: str = Field(min_length=16, max_length=16, description="Nonce, 12 bytes")
    sealed: str = Field(max_length=400_000, description="Ciphertext and tag")


class ContactRecord(Body):
    """All that one writer knows of an issue's people; desk's lies over intake's, field by field.

    An absent box says nothing: the other writer's stands. The associated data of each box is
    `<issue>/<writer>/<party|filer|original>`, so that a box can't be moved to another issue.
    """

    issue: Subject = Field(description="Issue it belongs to")
    writer: Literal["intake", "desk"] = Field(description="Service that wrote it")
    version: Count = Field(description="The higher wins")
    party: Box | None = Field(default=None, description="Sealed JSON: the party as a `Contact`")
    filer: Box | None = Field(default=None, description="Sealed JSON: the filer as a `Contact`")
    original: Box | None = Field(default=None, description="Sealed JSON: an `Original`")


class Contact(Body):
    """What is inside a party's or a filer's box. A party that has a guardian is reached through them alone: phone,
    e-mail and language are the guardian's."""

    guardian: str | None = Field(
        default=None, max_length=200, description="Who speaks for a child, or for one who can't; empty: nobody any more"
    )
    own_phone: str | None = Field(
        default=None, max_length=40, description="The party's own, where a guardian has theirs"
    )
    own_email: str | None = Field(default=None, max_length=254, description="Likewise")
    name: str | None = Field(default=None, max_length=200, description="Name")
    phone: str | None = Field(default=None, max_length=40, description="Phone, as dialled from within the country")
    email: str | None = Field(default=None, max_length=254, description="E-mail address")
    address: str | None = Field(default=None, max_length=300, description="Address at which the person lives or sits")
    language: str | None = Field(default=None, max_length=20, description="Language to write in")


class Added(Body):
    """What was really written in a supplement."""

    number: Count = Field(description="The supplement's number")
    text: str = Field(description="Text")


class Original(Body):
    """What is inside the original's box: what was really written."""

    title: str | None = Field(default=None, description="Title, if it had to be masked or withheld")
    text: str | None = Field(default=None, description="Text, likewise")
    address: str | None = Field(default=None, description="Address of the place of the problem, before masking")
    answers: Answers = Field(default_factory=dict, description="Answers to the channel's own questions, before masking")
    added: list[Added] = Field(default_factory=list, description="Supplements that were masked or withheld, as written")
