"""Each command's body, by its name."""

from typing import Final

from sanfu.desk.entrypoints.orders import assisting, ending, handling, reviewing
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
    "follow_up": ending.FollowUp,
    "return": handling.Return,
    "reopen": ending.Reopen,
    "close": ending.Close,
}
