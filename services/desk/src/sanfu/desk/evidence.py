"""Evidence: files of a case that desk keeps. Told of in events by what they are; given out by links that end soon."""

import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Any, Final

from sanfu.contracts.envelope import instant
from sanfu.desk.domain.files import MOST, PICTURES, described, kind_of, told_publicly
from sanfu.desk.domain.reading import reader
from sanfu.desk.domain.rules import acting
from sanfu.desk.domain.scope import Viewer, covering
from sanfu.desk.domain.secrecy import SECRET
from sanfu.desk.domain.table import TABLE
from sanfu.desk.handlers import Desk
from sanfu.desk.ports import Document, NoPicture, Pictures
from sanfu.runtime.attachments import Attachment, Attachments
from sanfu.runtime.rules import Refusal

LINK_LASTS: Final = timedelta(minutes=5)
"""Long enough to click, too short to pass on."""
USERS: Final = "evidence"
PARTYS: Final = "evidence of a party"
"""What a link is signed for: whose it is."""
_BY_THE_WAY: Final = frozenset({"instruct", "raise_urgency", "raise_secrecy"})
"""Commands of who only looks on: they add no files."""
_ACTING: Final = frozenset(role for _, command, role in TABLE if command not in _BY_THE_WAY)


@dataclass(frozen=True, slots=True)
class Link:
    """How a file is got: what proves that somebody may, and until when."""

    file: str
    until: str
    signature: str

    @property
    def url(self) -> str:
        return f"/v1/evidence/{self.file}?until={self.until}&signature={self.signature}"


@dataclass(slots=True)
class Evidence:
    """Keeps and gives files. `secret` signs links, the same in every process; `limit`: bytes of one file."""

    desk: Desk
    files: Attachments
    pictures: Pictures
    secret: bytes
    limit: int

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
        whole, kind = await self._read(content)
        name = token_hex(16)
        file = await self.files.put(_once(whole), id=name, media_type=kind, limit=self.limit)
        if same := [one for one in kept if (one["sha256"], one["public"]) == (file.sha256, public)]:
            await self.files.delete(name)
            return described(same[0]), False
        record = {
            "_id": name, "version": 1, "case": id, "sha256": file.sha256, "media_type": kind, "size": file.size,
            "public": public, "by": who.id, "at": instant(self.desk.clock.now()),
        }  # fmt: skip
        await self.desk.shelves.evidence.put([record])
        return described(record), True

    async def of(self, id: str) -> list[Document]:
        """Return the records of a case's files, the oldest first."""
        kept = await self.desk.shelves.evidence.having("case", id)
        return sorted(kept, key=lambda one: (one["at"], one["_id"]))

    async def shown(self, who: Viewer, id: str) -> list[dict[str, Any]]:
        """List a case's files for somebody who sees it."""
        await self.desk.case(who, id)
        return [{**described(one), "by": one["by"], "at": one["at"]} for one in await self.of(id)]

    async def link(self, who: Viewer, id: str, file: str, purpose: str | None) -> Link:
        """Make a link to a file of a case that somebody sees. Of a confidential or sealed one it is a reading: for who
        may read its contact, with a purpose, on record. Raises Refusal: 404, 403, 422."""
        case = await self.desk.case(who, id)
        if file not in {one["_id"] for one in await self.of(id)}:
            raise _no_file()
        if case["secrecy"] in SECRET:
            clause, _ = reader(covering(self.desk.scope(who), case), case)
            if purpose is None:
                fault = {
                    "field": "$.purpose",
                    "problem": "missing",
                    "expected": f"what a {case['secrecy']} file is for",
                }
                raise Refusal(422, "invalid-input", "Not as it should be: $.purpose.", errors=[fault])
            await self.desk.note(who, [(case, clause, ["evidence"])], purpose)
        until = instant(self.desk.clock.now() + LINK_LASTS)
        return Link(file, until, self._signature(file, until))

    def party_link(self, case: Document, file: str) -> Link:
        """Make a link for a case's party to a file that it was told of. Raises Refusal 404 for any other."""
        if file not in {one["id"] for _, one in told_publicly(case)}:
            raise _no_file()
        until = instant(self.desk.clock.now() + LINK_LASTS)
        return Link(file, until, self._signature(file, until, PARTYS))

    async def open(self, link: Link) -> tuple[Attachment, AsyncIterator[bytes]]:
        """Give a file to who brings a link. Raises Refusal 404 for one that was not made here, or has ended; and for a
        party's to what was meanwhile withdrawn from it."""
        signed = link.signature.encode("utf-8", "replace")
        whose = [one for one in (USERS, PARTYS) if self._is_signed(link, signed, one)]
        if not whose or instant(self.desk.clock.now()) >= link.until:
            raise _no_file()
        if PARTYS in whose and not await self._told(link.file):
            raise _no_file()
        return await self.files.open(link.file)

    async def _told(self, file: str) -> bool:
        """Tell whether a file's party may see it now."""
        record = (await self.desk.shelves.evidence.get([file])).get(file, {"case": ""})
        case = (await self.desk.documents.read([record["case"]])).get(record["case"])
        return case is not None and file in {one["id"] for _, one in told_publicly(case)}

    def _is_signed(self, link: Link, signed: bytes, whose: str) -> bool:
        return hmac.compare_digest(signed, self._signature(link.file, link.until, whose).encode())

    def _signature(self, file: str, until: str, whose: str = USERS) -> str:
        return hmac.digest(self.secret, f"{whose}/{file}/{until}".encode("utf-8", "replace"), "sha256").hex()

    async def _read(self, content: AsyncIterator[bytes]) -> tuple[bytes, str]:
        whole = bytearray()
        async for chunk in content:
            whole += chunk
            if len(whole) > self.limit:
                raise Refusal(413, "attachment-too-large", f"A file has at most {self.limit} bytes.")
        kind = kind_of(bytes(whole[:12]))
        if kind is None:
            raise Refusal(415, "unsupported-media-type", "Files are pictures (JPEG, PNG, WebP) or PDF.")
        if kind not in PICTURES:
            return bytes(whole), kind
        try:
            return await self.pictures.drawn_anew(bytes(whole), kind), kind
        except NoPicture as error:
            fault = {"field": "$", "problem": "no_picture", "expected": str(error)}
            raise Refusal(422, "invalid-input", f"Not as it should be: $: {error}.", errors=[fault]) from None


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _no_file() -> Refusal:
    return Refusal(404, "file-unknown", "There is no such file, or the link to it has ended: make a new one.")
