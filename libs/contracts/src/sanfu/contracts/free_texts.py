"""Where people write in their own words. Made by `python -m sanfu.contracts.generate`, imports nothing.

By type of event: each place, `[]` behind a list's name, and whether nothing may stand there. Of a confidential or
sealed issue no event holds any such text.
"""

from collections.abc import Mapping
from types import MappingProxyType

FREE_TEXTS: Mapping[str, Mapping[str, bool]] = MappingProxyType(
    {
        "sanfu.issue.answered.v1": MappingProxyType(
            {
                "reply": False,
            }
        ),
        "sanfu.issue.assigned.v1": MappingProxyType(
            {
                "reason": False,
                "issue.title": False,
                "issue.text": True,
                "issue.place.address": True,
            }
        ),
        "sanfu.issue.assist-asked.v1": MappingProxyType(
            {
                "task": False,
            }
        ),
        "sanfu.issue.assist-done.v1": MappingProxyType(
            {
                "text": True,
            }
        ),
        "sanfu.issue.closed.v1": MappingProxyType(
            {
                "reply": True,
                "reason": True,
            }
        ),
        "sanfu.issue.complaint-noted.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.completion-sent-back.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.completion-submitted.v1": MappingProxyType(
            {
                "reply": False,
                "internal": True,
                "legal_ground": True,
            }
        ),
        "sanfu.issue.completion-voided.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.issue.contacted.v1": MappingProxyType(
            {
                "summary": True,
            }
        ),
        "sanfu.issue.copied.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.delivery-failed.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.dispatched.v1": MappingProxyType(
            {
                "reason": False,
                "issue.title": False,
                "issue.text": True,
                "issue.place.address": True,
            }
        ),
        "sanfu.issue.duplicate-suspected.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.errand-stepped.v1": MappingProxyType(
            {
                "text": True,
            }
        ),
        "sanfu.issue.escalation-raised.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.exemption-decided.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.extension-asked.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.extension-decided.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.flags-changed.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.follow-up-answered.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.follow-up-attempted.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.followed-up.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.forwarded.v1": MappingProxyType(
            {
                "to": False,
                "reply": False,
            }
        ),
        "sanfu.issue.grade-change-asked.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.grade-change-declined.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.grade-changed.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.handed-over.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.handled.v1": MappingProxyType(
            {
                "reply": False,
                "internal": True,
                "legal_ground": True,
            }
        ),
        "sanfu.issue.handover-declined.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.handover-offered.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.head-handled.v1": MappingProxyType(
            {
                "reply": False,
            }
        ),
        "sanfu.issue.instruction-given.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.issue.mediation-offered.v1": MappingProxyType(
            {
                "mediator": False,
                "reply": False,
            }
        ),
        "sanfu.issue.merged.v1": MappingProxyType(
            {
                "reason": False,
                "reply": True,
            }
        ),
        "sanfu.issue.milestone-reached.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.issue.objection-raised.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.party-deceased.v1": MappingProxyType(
            {
                "source": True,
            }
        ),
        "sanfu.issue.party-informed.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.petition-review-asked.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.petition-review-decided.v1": MappingProxyType(
            {
                "reply": False,
            }
        ),
        "sanfu.issue.refusal-declined.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.refusal-proposed.v1": MappingProxyType(
            {
                "reply": False,
            }
        ),
        "sanfu.issue.refused.v1": MappingProxyType(
            {
                "reply": False,
            }
        ),
        "sanfu.issue.register-reported.v1": MappingProxyType(
            {
                "report": False,
            }
        ),
        "sanfu.issue.registered.v1": MappingProxyType(
            {
                "cause": False,
                "plan[].text": False,
            }
        ),
        "sanfu.issue.reminder-added.v1": MappingProxyType(
            {
                "text": True,
            }
        ),
        "sanfu.issue.reopen-declined.v1": MappingProxyType(
            {
                "reply": False,
            }
        ),
        "sanfu.issue.reopen-requested.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.reopened.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.return-adjudicated.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.returned.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.issue.review-requested.v1": MappingProxyType(
            {
                "reason": False,
                "suggestions[].reason": False,
            }
        ),
        "sanfu.issue.secrecy-changed.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.situation-reported.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.issue.submitted.v1": MappingProxyType(
            {
                "title": False,
                "text": True,
                "place.address": True,
            }
        ),
        "sanfu.issue.supplement-asked.v1": MappingProxyType(
            {
                "question": False,
            }
        ),
        "sanfu.issue.supplemented.v1": MappingProxyType(
            {
                "text": True,
            }
        ),
        "sanfu.issue.supporter-added.v1": MappingProxyType(
            {
                "party_code": True,
            }
        ),
        "sanfu.issue.suspended.v1": MappingProxyType(
            {
                "text": True,
            }
        ),
        "sanfu.issue.urgency-changed.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.withdrawal-asked.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.issue.withdrawal-declined.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.issue.withdrawn.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.list.ended.v1": MappingProxyType(
            {
                "reason": True,
            }
        ),
        "sanfu.list.entries-added.v1": MappingProxyType(
            {
                "entries[].title": True,
                "entries[].theme_text": True,
            }
        ),
        "sanfu.list.entry-marked.v1": MappingProxyType(
            {
                "text": True,
            }
        ),
        "sanfu.list.opened.v1": MappingProxyType(
            {
                "title": False,
                "entries[].title": True,
                "entries[].theme_text": True,
            }
        ),
        "sanfu.meeting.called.v1": MappingProxyType(
            {
                "title": False,
            }
        ),
        "sanfu.meeting.held.v1": MappingProxyType(
            {
                "title": False,
                "decisions[].text": False,
                "decisions[].plan.cause": False,
                "decisions[].plan.plan[].text": False,
            }
        ),
        "sanfu.order.lifted.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.order.raised.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.order.replied.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.order.reply-declined.v1": MappingProxyType(
            {
                "reason": False,
            }
        ),
        "sanfu.task.done.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
        "sanfu.task.set.v1": MappingProxyType(
            {
                "text": False,
            }
        ),
    }
)
