"""The names of the topics and of the types of event. Standard library only."""

ISSUES = "sanfu.issues.v1"
AFFAIRS = "sanfu.affairs.v1"
CONTACTS = "sanfu.contacts.v1"
DIRECTORY = "sanfu.directory.v1"


def unit_topic(code: str) -> str:
    return f"sanfu.units.{code}.v1"


def replies_topic(code: str) -> str:
    return f"sanfu.replies.{code}.v1"


def replying_unit(topic: str) -> str:
    """Return whose replies stand on a replies topic."""
    return topic.split(".")[2]


def reply_type(command: str) -> str:
    """Name the type of a reply: that of the command, as the API spells it."""
    return f"sanfu.reply.{command}.v1"


def refused_replies_topic(code: str) -> str:
    return f"sanfu.replies.{code}.dlq.v1"


def dead_letter_topic(service: str) -> str:
    return f"sanfu.{service}.dlq"


# intake: what was received
ISSUE_SUBMITTED = "sanfu.issue.submitted.v1"
ISSUE_SUPPLEMENTED = "sanfu.issue.supplemented.v1"

# router: who handles it
ISSUE_ASSIGNED = "sanfu.issue.assigned.v1"
REVIEW_REQUESTED = "sanfu.issue.review-requested.v1"
DUPLICATE_SUSPECTED = "sanfu.issue.duplicate-suspected.v1"

# desk, pre-review
ISSUE_DISPATCHED = "sanfu.issue.dispatched.v1"
ISSUE_ANSWERED = "sanfu.issue.answered.v1"
ISSUE_REFUSED = "sanfu.issue.refused.v1"
ISSUE_FORWARDED = "sanfu.issue.forwarded.v1"
ISSUE_MERGED = "sanfu.issue.merged.v1"
SUPPORTER_ADDED = "sanfu.issue.supporter-added.v1"
REMINDER_ADDED = "sanfu.issue.reminder-added.v1"
SUPPLEMENT_ASKED = "sanfu.issue.supplement-asked.v1"
SUPPLEMENT_REMINDED = "sanfu.issue.supplement-reminded.v1"
MEDIATION_OFFERED = "sanfu.issue.mediation-offered.v1"
REFUSAL_PROPOSED = "sanfu.issue.refusal-proposed.v1"
REFUSAL_DECLINED = "sanfu.issue.refusal-declined.v1"
OBJECTION_RAISED = "sanfu.issue.objection-raised.v1"

# desk, handling
ISSUE_ACKNOWLEDGED = "sanfu.issue.acknowledged.v1"
ISSUE_CONTACTED = "sanfu.issue.contacted.v1"
SCENE_REACHED = "sanfu.issue.scene-reached.v1"
SITUATION_REPORTED = "sanfu.issue.situation-reported.v1"
ISSUE_HANDLED = "sanfu.issue.handled.v1"
ISSUE_RETURNED = "sanfu.issue.returned.v1"
RETURN_ADJUDICATED = "sanfu.issue.return-adjudicated.v1"
ASSIST_ASKED = "sanfu.issue.assist-asked.v1"
ASSIST_DONE = "sanfu.issue.assist-done.v1"
ISSUE_COPIED = "sanfu.issue.copied.v1"
ISSUE_HANDED_OVER = "sanfu.issue.handed-over.v1"
UNIT_SUCCEEDED = "sanfu.issue.unit-succeeded.v1"
CATEGORY_SUCCEEDED = "sanfu.issue.category-succeeded.v1"
POST_SUCCEEDED = "sanfu.issue.post-succeeded.v1"
HANDOVER_OFFERED = "sanfu.issue.handover-offered.v1"
HANDOVER_DECLINED = "sanfu.issue.handover-declined.v1"
COMPLAINT_NOTED = "sanfu.issue.complaint-noted.v1"
COMPLETION_SUBMITTED = "sanfu.issue.completion-submitted.v1"
COMPLETION_SENT_BACK = "sanfu.issue.completion-sent-back.v1"
GRADE_CHANGE_DECLINED = "sanfu.issue.grade-change-declined.v1"
REPLY_REFUSED = "sanfu.issue.reply-refused.v1"

# desk, what changes limits and levels
ISSUE_SUSPENDED = "sanfu.issue.suspended.v1"
ISSUE_RESUMED = "sanfu.issue.resumed.v1"
ISSUE_REGISTERED = "sanfu.issue.registered.v1"
EXTENSION_ASKED = "sanfu.issue.extension-asked.v1"
EXTENSION_DECIDED = "sanfu.issue.extension-decided.v1"
GRADE_CHANGE_ASKED = "sanfu.issue.grade-change-asked.v1"
GRADE_CHANGED = "sanfu.issue.grade-changed.v1"
URGENCY_CHANGED = "sanfu.issue.urgency-changed.v1"
SECRECY_CHANGED = "sanfu.issue.secrecy-changed.v1"
FLAGS_CHANGED = "sanfu.issue.flags-changed.v1"
EXEMPTION_DECIDED = "sanfu.issue.exemption-decided.v1"

# desk, the end and what follows it
FOLLOW_UP_PLANNED = "sanfu.issue.follow-up-planned.v1"
FOLLOW_UP_ATTEMPTED = "sanfu.issue.follow-up-attempted.v1"
FOLLOW_UP_ANSWERED = "sanfu.issue.follow-up-answered.v1"
ISSUE_FOLLOWED_UP = "sanfu.issue.followed-up.v1"
COMPLETION_VOIDED = "sanfu.issue.completion-voided.v1"
ISSUE_CLOSED = "sanfu.issue.closed.v1"
WITHDRAWAL_ASKED = "sanfu.issue.withdrawal-asked.v1"
WITHDRAWAL_DECLINED = "sanfu.issue.withdrawal-declined.v1"
ISSUE_WITHDRAWN = "sanfu.issue.withdrawn.v1"
REOPEN_REQUESTED = "sanfu.issue.reopen-requested.v1"
ISSUE_REOPENED = "sanfu.issue.reopened.v1"
REOPEN_DECLINED = "sanfu.issue.reopen-declined.v1"
PARTY_DECEASED = "sanfu.issue.party-deceased.v1"
CONTACT_CORRECTED = "sanfu.issue.contact-corrected.v1"

# desk, errands that a window carries for somebody
ERRAND_PLANNED = "sanfu.issue.errand-planned.v1"
ERRAND_STEPPED = "sanfu.issue.errand-stepped.v1"

# desk, petitions
PETITION_ADMITTED = "sanfu.issue.petition-admitted.v1"
PETITION_REVIEW_ASKED = "sanfu.issue.petition-review-asked.v1"
PETITION_REVIEW_DECIDED = "sanfu.issue.petition-review-decided.v1"

# desk, what affairs and other issues do to an issue
AFFAIR_NOTED = "sanfu.issue.affair-noted.v1"
INSTRUCTION_GIVEN = "sanfu.issue.instruction-given.v1"
MILESTONE_REACHED = "sanfu.issue.milestone-reached.v1"
REGISTER_REPORTED = "sanfu.issue.register-reported.v1"
HEAD_HANDLED = "sanfu.issue.head-handled.v1"
HEAD_VOIDED = "sanfu.issue.head-voided.v1"
ISSUE_SEPARATED = "sanfu.issue.separated.v1"
ORIGIN_NOTED = "sanfu.issue.origin-noted.v1"

# desk, affairs
ORDER_RAISED = "sanfu.order.raised.v1"
ORDER_REPLIED = "sanfu.order.replied.v1"
ORDER_REPLY_DECLINED = "sanfu.order.reply-declined.v1"
ORDER_LIFTED = "sanfu.order.lifted.v1"
AFFAIR_HUSHED = "sanfu.affair.hushed.v1"
MEETING_CALLED = "sanfu.meeting.called.v1"
AGENDA_CHANGED = "sanfu.meeting.agenda-changed.v1"
MEETING_HELD = "sanfu.meeting.held.v1"
TASK_SET = "sanfu.task.set.v1"
TASK_DONE = "sanfu.task.done.v1"
LIST_OPENED = "sanfu.list.opened.v1"
ENTRIES_ADDED = "sanfu.list.entries-added.v1"
ENTRY_MARKED = "sanfu.list.entry-marked.v1"
FINDING_NOTED = "sanfu.list.finding-noted.v1"
LIST_ENDED = "sanfu.list.ended.v1"

# sla: when it is due
DEADLINE_SET = "sanfu.issue.deadline-set.v1"
LIGHT_CHANGED = "sanfu.issue.light-changed.v1"
ESCALATION_RAISED = "sanfu.issue.escalation-raised.v1"

# notify: who was told
PARTY_INFORMED = "sanfu.issue.party-informed.v1"
DELIVERY_FAILED = "sanfu.issue.delivery-failed.v1"

# state, not a story
CONTACT_RECORD = "sanfu.contact.record.v1"
DIRECTORY_RECORD = "sanfu.directory.record.v1"
