"""What a delivery's state and reason mean, and what an operator does about them: the words of notify's README."""

from itertools import pairwise
from typing import Final

STATES: Final = {
    "queued": "It goes as soon as a provider takes it: ./sanfu providers says how they do.",
    "held": "It waits, and goes by itself.",
    "sending": "It is being handed over. After a crash it is looked at again once its lease is over (30 s).",
    "sent": "The provider has it, and has not said yet that it arrived; not all of them say so.",
    "delivered": "The provider says that it arrived.",
    "failed": "It was rejected, or given up when it was of no more use. Mend the cause, then resend it.",
    "skipped": "It was decided not to send it.",
    "unknown": "It was handed over without an answer, and may have arrived: who gets it twice is not to be told twice. "
    "Look at the provider's own log; resend it if it is not there.",
}
REASONS: Final = {
    "quiet_hours": "The city's quiet hours: it goes at `due`.",
    "day_off": "A day off: it goes in the morning of the next day of service.",
    "gathered": "A list is made of it and others: it goes with that.",
    "digest": "It goes, or went, with a list: `digest` names it.",
    "cap": "The recipient had as many as may be; it goes with a list.",
    "window": "This is the list itself: it goes at `due`.",
    "day_before": "A notice for the day before: it goes at `due`.",
    "contact": "The contact's version is not here yet. Over ten minutes: is intake's outbox stuck, is notify behind?",
    "directory": "The directory does not name the recipient yet: does the unit have somebody in that capacity?",
    "nobody": "The unit has nobody in that capacity: desk's accounts say who there is.",
    "being_told": "The same person is told of this by another message just now: it goes if that does not.",
    "deadline": "Its text names a limit that is not set yet; after ten minutes it goes without.",
    "story": "Notify is being rebuilt, or has not read of an issue that the order, meeting or task bears upon; it goes "
    "afterwards.",
    "key": "The key ring can't open the contact: is SANFU_KEYS_FILE the right one, with all keys?",
    "no_provider": "Nobody carries this medium: see SANFU_PROVIDERS_FILE. Then resend it.",
    "no_public_url": "Its text holds a link and SANFU_PUBLIC_URL is not set. Then resend it.",
    "no_approved_template": "The provider sends approved texts alone, and this one has no code in the pack.",
    "no_template": "The pack has no text for it.",
    "no_address": "The recipient has no address of this medium.",
    "no_contact": "Who reported it left no contact.",
    "nowhere": "Who is to be told has neither phone nor e-mail: the case says so, and somebody tells them.",
    "no_recipient": "Nobody was found in that capacity for as long as it was waited for.",
    "no_lead": "It is for the unit that leads, and none does yet: a text with `unit:` tells others meanwhile.",
    "told_already": "The same recipient, or person, hears of this by this medium in another text.",
    "stopped": "What it asks for was over: the light out, the case ended, or the unit had handled it or led no more.",
    "sealed": "The issue is sealed: no staff hears of it but the discipline liaison, nor who would have, here.",
    "overtaken": "A redder light, or a higher step of the ladder, came with it after an outage: that is told.",
    "own_deed": "Who is named did it himself.",
    "too_late": "It announces a meeting that had begun, or was for the day before and the meeting was called later.",
    "opted_out": "The recipient wants none by this medium.",
    "nothing_held": "The list had become empty.",
    "erased": "The person was erased: nothing is sent there any more.",
    "party_deceased": "The party has died: nothing is sent there any more.",
    "stale": "When it could have gone it was of no use any more (`useful_for` of its template). Resend it if it is.",
    "unreachable": "There was no way to the provider: its address, the network, or it is down.",
    "unreachable:": "A provider said that nobody is at this address. Corrected contacts are other addresses; DELETE "
    "/v1/deliveries/ID/unreachable lifts it.",
    "gave_up": "It was tried until it was of no more use; the reason behind it is the last answer.",
    "crashed_while_sending": "A process died while it was handed over.",
    "timeout": "The provider did not answer in time.",
    "rehearsal": "A rehearsal: nothing leaves. GET /v1/rehearsal shows it.",
}


def meaning(state: str, why: str | None) -> str:
    """Say what it means, in a sentence or two."""
    parts = (why or "").split(": ")  # with a provider's code behind it, it is of an address
    codes = [f"{one}:" if one == "unreachable" and code else one for one, code in pairwise([*parts, ""])]
    known = [STATES.get(state, ""), *(REASONS.get(code, "") for code in codes)]
    return " ".join(one for one in known if one)
