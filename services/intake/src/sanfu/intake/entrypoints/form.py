"""The public form: what is sent from it is taken once, and whatever is wrong is said on the page itself."""

import re
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Channel
from sanfu.intake.domain import admission, urgency
from sanfu.intake.domain.attachments import Attachment
from sanfu.intake.domain.hints import hints
from sanfu.intake.domain.nearby import Near
from sanfu.intake.entrypoints import form_fields as fields
from sanfu.intake.entrypoints.attachments import read_with_files
from sanfu.intake.entrypoints.form_fields import Faults, Given
from sanfu.intake.entrypoints.form_words import FORM, span
from sanfu.intake.entrypoints.http import Intake
from sanfu.intake.entrypoints.look import Look
from sanfu.intake.entrypoints.reports import Report
from sanfu.intake.handlers.nearby import Nearby
from sanfu.intake.handlers.submissions import SHORTEST_PUBLIC_KEY, Sender
from sanfu.runtime.forms import read_form
from sanfu.runtime.outages import Unavailable
from sanfu.runtime.pages import address
from sanfu.runtime.rules import Refusal
from sanfu.runtime.store import StoreDown

_KEY = re.compile(rf"[!-~]{{{SHORTEST_PUBLIC_KEY},100}}")


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one public channel of the pack."""

    intake: Intake
    near: Nearby
    look: Look
    code: str

    def channel(self, pack: Pack) -> Channel:
        """Return the channel whose form it is. Raises Refusal 404 where the city has none that anybody may use."""
        channel = pack.channels.get(self.code)
        if channel is None or not channel.public:
            raise Refusal(404, "no-form", f"The city takes nothing in by a public channel {self.code}.")
        return channel

    def today(self) -> date:
        return self.intake.pack().day(self.intake.submissions.clock.now())

    def page(self, language: str, given: Given, status: int = 200, **said: Any) -> HTMLResponse:
        """Show the form with what was typed, and what is to be said about it: `told`, `wrong`, `near`, `sent`."""
        pack, wrong, day = self.intake.pack(), said.get("wrong", {}), self.today()
        text = "\n".join(given.get(name, "") for name in ("title", "text"))
        shown = {
            "given": given, "wrong": wrong, "told": "", "near": None, "sent": None,
            "key": given.get("key") or secrets.token_urlsafe(24), "channel": self.channel(pack),
            "danger": _dangerous(pack, given), "more_open": _opened(wrong),
            "kept": fields.kept(given), "hints": hints(pack, text, day), "day": day, **said,
        }  # fmt: skip
        return self.look.form(pack, language, status, shown)

    async def answer(self, request: Request, language: str) -> Response:
        """Answer what a browser has sent, on a page in any case. Files that came rest for a day, and go with what is
        sent once more."""
        sender = self._sender(address(request))
        try:
            self.intake.channels.count(sender)
        except Refusal as refusal:
            unread = await read_form(request, _unread, 0)
            return self.refused(refusal, unread.fields, language)
        form = await read_with_files(self.intake.attachments, request, sender.holder or "")
        ids = [*fields.kept(form.fields), *(one.id for one in form.files)]
        given = {**form.fields, fields.KEPT: " ".join(ids)}
        given.pop("drop", None)
        try:
            if form.refused is not None:
                return self._unfit(form.refused, given, language)
            return await self.take(given, sender, language)
        except Refusal as refusal:
            return self.refused(refusal, given, language)
        except (StoreDown, Unavailable):
            page = self.page(language, given, 503, told=FORM[language]["away_now"])
            page.headers["Retry-After"] = "5"
            return page

    def _sender(self, address: str) -> Sender:
        """Return who sends: nobody is known but by an address, of which the files keep no more than a keyed digest."""
        holder = f"form:{self.intake.submissions.sealer.blind_index(address, 'address')}"
        return Sender(self.code, keyed=False, address=address, holder=holder)

    async def take(self, given: Given, sender: Sender, language: str) -> Response:
        """Take what was sent, once. Raises Refusal, StoreDown, Unavailable."""
        pack, words = self.intake.pack(), FORM[language]
        channel = self.channel(pack)
        report, wrong = self._read(given, pack, channel, language)
        joins = given.get("joins", "")[:100]
        if joins and not await self.near.joinable(joins):
            wrong = {**wrong, "joins": words["wrong"]["joins"]}
        if wrong or report is None:
            near = await self._near(given, pack) if "joins" in wrong else None
            return self.page(language, _fileless(given) if "files" in wrong else given, 422, wrong=wrong, near=near)
        if not (joins or given.get("seen") or _dangerous(pack, given)) and (near := await self._near(given, pack)):
            return self.page(language, given, told=words["near"], near=near)
        plain = {**report.plain(), **({"joins": joins} if joins else {})}
        self.intake.channels.count_contacts(self.intake.submissions.indexes(plain["party"] or {}))
        received = await self.intake.submissions.submit(plain, sender, _key(given), pack.receipt_prefix)
        called = {"call": "1"} if received.alarming else {}
        query = {"number": received.state["receipt"], "lang": language, "new": "1", **called}
        return RedirectResponse(f"/receipt?{urlencode(query)}", 303)

    def _read(self, given: Given, pack: Pack, channel: Channel, language: str) -> tuple[Report | None, Faults]:
        words, own = FORM[language], []
        if given.get(fields.HONEYPOT):
            own.append({"field": f"$.{fields.HONEYPOT}"})
        if fields.unreachable(given):
            own.append({"field": "$.party"})
        try:
            report = fields.report(given, pack, channel, language)
        except ValidationError as error:
            return None, fields.faults([*fields.named(error), *own], given, words)
        now = self.intake.submissions.clock.now()
        found = [fault.shown() for fault in admission.faults(report.plain(), channel, pack, now)]
        return report, fields.faults([*found, *own], given, words)

    async def _near(self, given: Given, pack: Pack) -> list[Near]:
        """Look for what may be the same. While the store is away nobody is kept from writing by that."""
        try:
            return await self.near.look(fields.asked(given), pack)
        except StoreDown:
            return []

    def _unfit(self, refusal: Refusal, given: Given, language: str) -> HTMLResponse:
        """Say that a file was not taken; where too many wait, how long it takes until that is over."""
        if refusal.status == 429:
            return self.refused(refusal, given, language)
        return self.page(language, given, refusal.status, wrong={"files": FORM[language]["wrong"]["files"]})

    def refused(self, refusal: Refusal, given: Given, language: str) -> HTMLResponse:
        """Say on the page why it was not taken, with all that was typed. Raises it again where no page can say it."""
        words = FORM[language]
        match refusal.status, refusal.slug:
            case 429, _:
                wait = refusal.more["retry_after"]
                page = self.page(language, given, 429, told=words["wait"].format(n=span(wait, language)))
                page.headers["Retry-After"] = str(wait)
                return page
            case 409, "key-reused" | "already-submitted":
                key = given.get("key", "")
                sent = self.intake.submissions.receipt(self.code, f"form:{key}", self.intake.pack().receipt_prefix)
                return self.page(language, {**given, "key": ""}, 409, told=words["sent"], sent=sent)
            case 413, "report-too-large":
                return self.page(language, given, 413, wrong={"text": words["large"]})
            case 422, "invalid-input":
                wrong = fields.faults(refusal.more["errors"], given, words)
                return self.page(language, _fileless(given) if "files" in wrong else given, 422, wrong=wrong)
            case 409, "attachment-taken" | "too-many-files":
                return self._unfit(refusal, given, language)
        raise refusal


async def _unread(content: AsyncIterator[bytes]) -> Attachment:
    raise AssertionError("no file of this form is read")


def _fileless(given: Given) -> Given:
    """Leave out files that can't be named any more: they are to be chosen once more."""
    return {**given, fields.KEPT: ""}


def _opened(faults: Faults) -> bool:
    """Tell whether something is wrong with what is folded away."""
    return any(name in ("complains_of", "title") or name.startswith("answers.") for name in faults)


def _key(given: Mapping[str, str]) -> str | None:
    """Return the form's once-only key. Without one, or with one that could be anybody's, each sending is another."""
    key = given.get("key", "")
    return f"form:{key}" if _KEY.fullmatch(key) else None


def _dangerous(pack: Pack, given: Given) -> bool:
    """Tell whether what was typed speaks of danger to life, as it will be judged when it is taken in."""
    said = "\n".join(value for name, value in given.items() if name in ("title", "text") or name.startswith("answers."))
    category = pack.categories.get(given.get("category", ""))
    return urgency.decided(pack, text=said, category=category, chosen=None) == urgency.EMERGENCY
