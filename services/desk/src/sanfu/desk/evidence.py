"""Files of a case: evidence that desk keeps, and what came with the report, which intake keeps. Events tell of them by
what they are; they are given out by links that end soon."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, Final

from sanfu.contracts.envelope import instant
from sanfu.desk.contacts import opened
from sanfu.desk.domain.files import MOST, described, received, told_publicly
from sanfu.desk.domain.reading import reader
from sanfu.desk.domain.rules import acting
from sanfu.desk.domain.scope import Clause, Viewer, covering
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.domain.table import TABLE
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document
from sanfu.runtime.attachments import Attachment
from sanfu.runtime.file_links import EVERYBODYS, FileLink, FileLinks, no_file
from sanfu.runtime.rules import Refusal
from sanfu.runtime.uploads import Uploads

PATH: Final = "/v1/evidence"
USERS: Final = "evidence"
PARTYS: Final = "evidence of a party"
"""What a link to a file of desk's is signed for: whose it is."""
SEEN: Final = "attachment"
READING: Final = "reading of an attachment"
"""What a link to a file of intake's is signed for: of what is secret intake gives out none but for a reading."""
_BY_THE_WAY: Final = frozenset({"instruct", "raise_urgency", "raise_secrecy"})
"""Commands of who only looks on: they add no files."""
_ACTING: Final = frozenset(role for _, command, role in TABLE if command not in _BY_THE_WAY)


@dataclass(frozen=True, slots=True)
class Received:
    """How files that came with reports are reached. `intake`: where a browser finds intake, without a slash."""

    links: FileLinks | None
    intake: str | None

    def link(self, file: str, purpose: str, now: datetime) -> tuple[str, str]:
        """Make a link; return its address, and until when it lasts. Raises Refusal 409 where nobody said where intake
        is."""
        if self.links is None or self.intake is None:
            raise Refusal(
                409, "no-intake", "This service was not told where intake is: set SANFU_INTAKE_URL, and keys."
            )
        made = self.links.link(file, purpose, now)
        return f"{self.intake}{made.under('/v1/attachments')}", made.until


@dataclass(slots=True)
class Evidence:
    """Keeps and gives files. `links` signs those to desk's own, the same in every process; `everybodys` are intake's,
    to what everybody may see."""

    desk: Desk
    uploads: Uploads
    links: FileLinks
    received: Received
    everybodys: FileLinks | None = None

    async def keep(self, who: Viewer, id: str, content: AsyncIterator[bytes], *, public: bool) -> tuple[Document, bool]:
        """Keep a file with an open case; pictures are drawn anew first. Return how events describe it, and whether it
        is new: the same content is kept once. Raises Refusal: 404, 403, 409, 413, 415, 422."""
        case = await self.desk.case(who, id)
        if not any(role in _ACTING for role, _ in acting(case, covering(self.desk.scope(who), case))):
            raise Refusal(403, "evidence-closed", "Files are added by who works on the case.")
        if not case["open"]:
            raise Refusal(409, "case-closed", "The case is closed: nothing is added to it.")
        kept = await self.of(id)
        if len(kept) >= MOST:
            raise Refusal(409, "too-many-files", f"A case has at most {MOST} files.")
        name = token_hex(16)
        file = (await self.uploads.keep(name, content)).kept
        if same := [one for one in kept if (one["sha256"], one["public"]) == (file.sha256, public)]:
            await self.uploads.files.delete(name)
            return described(same[0]), False
        record = {
            "_id": name, "version": 1, "case": id, "sha256": file.sha256, "media_type": file.media_type,
            "size": file.size, "public": public, "by": who.id, "at": instant(self.desk.clock.now()),
        }  # fmt: skip
        await self.desk.shelves.evidence.put([record])
        return described(record), True

    async def of(self, id: str) -> list[Document]:
        """Return the records of a case's files that desk keeps, the oldest first."""
        kept = await self.desk.shelves.evidence.having("case", id)
        return sorted(kept, key=lambda one: (one["at"], one["_id"]))

    async def shown(self, who: Viewer, id: str) -> list[dict[str, Any]]:
        """List a case's files for somebody who sees it: what came with it, then what was added here."""
        case = await self.desk.case(who, id)
        own = [{**described(one), "by": one["by"], "at": one["at"]} for one in await self.of(id)]
        return [*({**one, "by": None, "at": None} for one in case["attachments"]), *own]

    async def link(self, who: Viewer, id: str, file: str, purpose: str | None) -> tuple[str, str]:
        """Make a link to a file of a case that somebody sees; return its address, and until when it lasts. Of a
        confidential or sealed case it is a reading: for who may read its contact, with a purpose, on record. Raises
        Refusal: 404, 403, 422, 409."""
        case = await self.desk.case(who, id)
        secret = case["secrecy"] in SECRET
        clause, parts = reader(covering(self.desk.scope(who), case), case) if secret else (None, frozenset[str]())
        came = {one["id"] for one in received(case, await self._original(id) if "original" in parts else None)}
        if file not in came and file not in {one["_id"] for one in await self.of(id)}:
            raise no_file()
        link = self._link(file, file in came, secret=secret)
        if clause:
            await self._note(who, case, clause, purpose)
        return link

    def _link(self, file: str, came: bool, *, secret: bool) -> tuple[str, str]:
        if came:
            return self.received.link(file, READING if secret else SEEN, self.desk.clock.now())
        made = self.links.link(file, USERS, self.desk.clock.now())
        return made.under(PATH), made.until

    async def _note(self, who: Viewer, case: Document, clause: Clause, purpose: str | None) -> None:
        if purpose is None:
            expected = f"what a {case['secrecy']} file is for"
            fault = {"field": "$.purpose", "problem": "missing", "expected": expected}
            raise Refusal(422, "invalid-input", "Not as it should be: $.purpose.", errors=[fault])
        await self.desk.note(who, [(case, clause, ["evidence"])], purpose)

    async def _original(self, id: str) -> Any:
        """Open what was really sent, for a look at which files came with it."""
        if self.desk.sealer is None:
            return None
        boxes = await self.desk.shelves.contacts.having("issue", id)
        return opened(self.desk.sealer, boxes, {"original"})["original"]

    def party_link(self, case: Document, file: str) -> str:
        """Make a link for a case's party to a file that it was told of. Raises Refusal 404 for any other."""
        if file not in {one["id"] for _, one in told_publicly(case)}:
            raise no_file()
        return self.links.link(file, PARTYS, self.desk.clock.now()).under(PATH)

    async def open(self, link: FileLink) -> tuple[Attachment, AsyncIterator[bytes]]:
        """Give a file to who brings a link. Raises Refusal 404 for one that was not made here, or has ended; and for a
        party's to what was meanwhile withdrawn from it."""
        whose = self.links.purpose(link, (USERS, PARTYS), self.desk.clock.now())
        if whose == PARTYS and not await self._told(link.file):
            raise no_file()
        return await self.uploads.files.open(link.file)

    async def open_to_all(self, link: FileLink) -> tuple[Attachment, AsyncIterator[bytes]]:
        """Give a file that everybody may see, to who brings a link of intake's. Raises Refusal 404 for any other, and
        for what was meanwhile withdrawn or became secret."""
        if self.everybodys is None:
            raise no_file()
        self.everybodys.purpose(link, (EVERYBODYS,), self.desk.clock.now())
        if not await self._told(link.file):
            raise no_file()
        return await self.uploads.files.open(link.file)

    async def _told(self, file: str) -> bool:
        """Tell whether a file's party may see it now: it was kept for everybody, and named in what counts."""
        record = (await self.desk.shelves.evidence.get([file])).get(file, {"case": ""})
        case = (await self.desk.documents.read([record["case"]])).get(record["case"])
        return case is not None and file in {one["id"] for _, one in told_publicly(case)}
