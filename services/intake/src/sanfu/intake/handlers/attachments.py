"""Files: taken in by themselves, bound to a report by the write that takes it in, given out by links, and forgotten.

What decides whether a report has a file is the report: a file is claimed for a command before that is done, and where
the process is lost in between, the sweep asks the issue's document whether the command was.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, Final

from sanfu.intake.domain.attachments import MOST_OF_AN_ISSUE, UNBOUND, Attachment, Claim, copies, named, taken, too_many
from sanfu.intake.domain.secrecy import HIDDEN
from sanfu.intake.metrics import AttachmentMetrics
from sanfu.intake.ports import AttachmentLog
from sanfu.runtime import attachments as store
from sanfu.runtime.clock import Clock
from sanfu.runtime.crash import crashpoint, declare
from sanfu.runtime.file_links import FileLink, FileLinks, no_file
from sanfu.runtime.fold import Done
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import Documents
from sanfu.runtime.uploads import Uploads

declare("intake.attachment_noted", "a file is written down, and not yet there")
declare("intake.attachment_kept", "a file is there, and belongs to no report")
declare("intake.attachment_claimed", "a file is claimed for a report that is not there yet")
declare("intake.attachment_taken", "a report has a file, which is not written down as its own yet")

SEEN: Final = "attachment"
READING: Final = "reading of an attachment"
"""What a link is signed for: of what is confidential or sealed only a reading, which desk has on record, opens any."""
PAGE: Final = 100
TRIES: Final = 5
"""Claims of one file at one instant before it counts as taken."""
Act = Callable[[Sequence[Attachment]], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Attachments:
    """`waiting`: files of one sender that may wait for their reports. `closed` says why nothing is known of issues
    now, if so: while they are being rebuilt nothing is swept."""

    log: AttachmentLog
    uploads: Uploads
    documents: Documents
    links: FileLinks
    clock: Clock
    metrics: AttachmentMetrics
    waiting: int
    closed: Callable[[], str | None] = field(default=lambda: None)

    async def take(self, holder: str, content: AsyncIterator[bytes]) -> Attachment:
        """Keep a file that its sender may name in a report within a day. Raises Refusal; then nothing is left of it."""
        try:
            return await self._take(holder, content)
        except Refusal as refusal:
            self.metrics.refused.labels(refusal.slug).inc()
            raise

    async def _take(self, holder: str, content: AsyncIterator[bytes]) -> Attachment:
        if await self.log.unbound(holder) >= self.waiting:
            raise Refusal(
                429, "too-many-files-wait", f"{self.waiting} files wait for their reports: send those first.",
                retry_after=60,
            )  # fmt: skip
        one = Attachment(token_hex(16), holder, self.clock.now() + UNBOUND)
        await self.log.note(one)
        crashpoint("intake.attachment_noted")
        try:
            upload = await self.uploads.keep(one.id, content)
        except BaseException:
            await self._delete([one.id])
            raise
        crashpoint("intake.attachment_kept")
        kept = upload.kept
        whole = replace(one, received=upload.received, sha256=kept.sha256, media_type=kept.media_type, size=kept.size)
        await self.log.note(whole)
        self.metrics.bytes.labels(kept.media_type).inc(kept.size)
        return whole

    async def give_up(self, files: Sequence[Attachment]) -> None:
        """Delete those of these files that no report has, or is about to have. Raises StoreDown."""
        known = await self.log.get([one.id for one in files])
        await self._delete([id for id, one in known.items() if one.issue is None])

    async def bind(self, ids: Sequence[str], holder: str | None, issue: str, command: str, act: Act) -> Done:
        """Do a command that brings these files; they are its own exactly if it is done. Raises what `act` raises, and
        Refusal: 422 or 409 for a file that can't be brought."""
        if not ids:
            return await act(())
        files, fresh, claim = await self._claimed(ids, holder, issue, command)
        crashpoint("intake.attachment_claimed")
        try:
            if fresh and await self.log.count(issue) > MOST_OF_AN_ISSUE:
                raise too_many()
            done = await act(files)
        except Refusal:
            await self.log.release(fresh, claim)
            raise
        crashpoint("intake.attachment_taken")
        if done.repeated and fresh and await self._sent_before(fresh[0]):
            await self._delete(fresh)
        else:
            await self.log.settle(ids, issue, command)
        return done

    async def _claimed(
        self, ids: Sequence[str], holder: str | None, issue: str, command: str
    ) -> tuple[list[Attachment], list[str], Claim]:
        """Claim files; return them, and those that no request for the same command had claimed yet."""
        claim = Claim(issue, command, token_hex(8))
        for _ in range(TRIES):
            files = named(ids, await self.log.get(ids), holder, issue, command)
            fresh = [one.id for one in files if one.issue is None]
            if not fresh or await self.log.claim(fresh, claim, self.clock.now() + UNBOUND) == len(fresh):
                return files, fresh, claim
            await self.log.release(fresh, claim)
        raise taken()

    async def _sent_before(self, id: str) -> bool:
        """Tell whether other files than those that were claimed with this one came for the same command."""
        one = (await self.log.get([id])).get(id)
        return one is not None and one.issue is not None and bool(copies(one, await self.log.of(one.issue)))

    async def open(self, link: FileLink) -> tuple[store.Attachment, AsyncIterator[bytes]]:
        """Give a file to who brings a link that desk has made. Raises Refusal 404 for one that nobody made, that has
        ended, or that is not for a reading where the issue is secret by now."""
        purpose = self.links.purpose(link, (SEEN, READING), self.clock.now())
        one = (await self.log.get([link.file])).get(link.file)
        if one is None or one.issue is None or one.going:
            raise no_file()
        issue = (await self.documents.read([one.issue])).get(one.issue, {})
        if purpose != READING and issue.get("secrecy", "sealed") in HIDDEN:
            raise no_file()
        return await self.uploads.files.open(link.file)

    async def forget(self, issue: str) -> None:
        """Delete all files of an issue. Safe to repeat. Raises StoreDown."""
        await self._delete([one.id for one in await self.log.of(issue)])

    async def sweep(self) -> None:
        """Delete what no report took in time, and note what one took. Raises StoreDown."""
        while self.closed() is None and (found := await self.log.due(self.clock.now(), PAGE)):
            for one in found:
                await self._settled_or_deleted(one)

    async def _settled_or_deleted(self, one: Attachment) -> None:
        if one.issue and one.command and not one.going:
            document = (await self.documents.read([one.issue])).get(one.issue, {})
            settled = [each for each in copies(one, await self.log.of(one.issue)) if each.due is None]
            if not settled and _was_done(document, one.command):
                await self.log.settle([one.id], one.issue, one.command)
                return
        if await self.log.condemn(one.id, one.due):
            await self._delete([one.id])

    async def _delete(self, ids: Sequence[str]) -> None:
        for id in ids:
            await self.log.condemn(id)
            await self.uploads.files.delete(id)
            await self.log.drop([id])


def _was_done(document: Mapping[str, Any], command: str) -> bool:
    return any(was["key"] == command for was in document.get("applied", ()))
