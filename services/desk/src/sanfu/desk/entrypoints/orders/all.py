"""Each command's body, by its name."""

from typing import Final

from sanfu.desk.entrypoints.orders import assisting, ending, following, handling, reviewing, voicing
from sanfu.runtime.bodies import Body

ORDERS: Final[dict[str, type[Body]]] = {
    "dispatch": reviewing.Dispatch,
    "answer": reviewing.Answer,
    "refuse": reviewing.Refuse,
    "confirm_refusal": reviewing.ConfirmRefusal,
    "decline_refusal": reviewing.DeclineRefusal,
    "forward": reviewing.Forward,
    "ask_more": reviewing.AskMore,
    "object": reviewing.ObjectTo,
    "acknowledge": handling.Acknowledge,
    "contact": handling.Contact,
    "reach_scene": handling.ReachScene,
    "report": handling.Report,
    "handle": handling.Handle,
    "ask_assist": assisting.AskAssist,
    "cancel_assist": assisting.CancelAssist,
    "assist_done": assisting.AssistDone,
    "not_ours": assisting.NotOurs,
    "copy": assisting.Copy,
    "end_copy": assisting.EndCopy,
    "offer_handover": assisting.OfferHandover,
    "accept_handover": assisting.AcceptHandover,
    "withdraw_offer": assisting.WithdrawOffer,
    "decline_handover": assisting.DeclineHandover,
    "follow_up": following.FollowUp,
    "attempt": following.Attempt,
    "rate": following.Rate,
    "void": following.Void,
    "remind": voicing.Remind,
    "support": voicing.Support,
    "request_reopen": voicing.RequestReopen,
    "withdraw": voicing.Withdraw,
    "confirm_withdrawal": voicing.ConfirmWithdrawal,
    "decline_withdrawal": voicing.DeclineWithdrawal,
    "party_deceased": voicing.PartyDeceased,
    "return": handling.Return,
    "reopen": ending.Reopen,
    "decline_reopen": ending.DeclineReopen,
    "close": ending.Close,
}
