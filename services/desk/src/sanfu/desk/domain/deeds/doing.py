"""Each command's deed, by its name."""

from collections.abc import Callable, Mapping
from typing import Final

from sanfu.desk.domain.deeds import assisting, concerning, ending, following, handling, reviewing, voicing
from sanfu.desk.domain.deeds.order import Order
from sanfu.runtime.rules import Draft

DEEDS: Final[Mapping[str, Callable[[Order], list[Draft]]]] = {
    "dispatch": reviewing.dispatch,
    "answer": reviewing.answer,
    "refuse": reviewing.refuse,
    "confirm_refusal": reviewing.confirm_refusal,
    "decline_refusal": reviewing.decline_refusal,
    "forward": reviewing.forward,
    "ask_more": reviewing.ask_more,
    "object": reviewing.object_to,
    "merge": concerning.merge,
    "instruct": concerning.instruct,
    "reach_milestone": concerning.reach_milestone,
    "report_register": concerning.report_register,
    "acknowledge": handling.acknowledge,
    "contact": handling.contact,
    "reach_scene": handling.reach_scene,
    "report": handling.report,
    "handle": handling.handle,
    "return": handling.give_back,
    "ask_assist": assisting.ask_assist,
    "cancel_assist": assisting.cancel_assist,
    "assist_done": assisting.assist_done,
    "not_ours": assisting.not_ours,
    "copy": assisting.copy,
    "end_copy": assisting.end_copy,
    "offer_handover": assisting.offer_handover,
    "accept_handover": assisting.accept_handover,
    "withdraw_offer": assisting.decline_handover,
    "decline_handover": assisting.decline_handover,
    "follow_up": following.follow_up,
    "attempt": following.attempt,
    "rate": following.rate,
    "void": following.void,
    "remind": voicing.remind,
    "support": voicing.support,
    "request_reopen": voicing.request_reopen,
    "withdraw": voicing.withdraw,
    "confirm_withdrawal": voicing.confirm_withdrawal,
    "decline_withdrawal": voicing.decline_withdrawal,
    "party_deceased": voicing.party_deceased,
    "reopen": ending.reopen,
    "decline_reopen": ending.decline_reopen,
    "close": ending.close,
}
