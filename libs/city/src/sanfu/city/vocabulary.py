"""The words of the field that a pack may use: events, roles, kinds, levels (design page "What the words mean")."""

import re


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


ISSUE_EVENTS = _words(
    "IssueSubmitted IssueSupplemented IssueAssigned ReviewRequested DuplicateSuspected IssueDispatched "
    "IssueAnswered IssueRefused IssueForwarded IssueMerged SupporterAdded ReminderAdded SupplementAsked "
    "SupplementReminded MediationOffered RefusalProposed RefusalDeclined ObjectionRaised "
    "IssueAcknowledged IssueContacted SceneReached SituationReported IssueHandled "
    "FollowUpPlanned FollowUpAttempted FollowUpAnswered IssueFollowedUp "
    "CompletionVoided IssueClosed IssueReturned ReturnAdjudicated AssistAsked AssistDone IssueCopied "
    "IssueHandedOver UnitSucceeded CategorySucceeded PostSucceeded HandoverOffered HandoverDeclined ComplaintNoted "
    "CompletionSubmitted CompletionSentBack GradeChangeDeclined "
    "ReopenRequested IssueReopened ReopenDeclined IssueSuspended IssueResumed IssueRegistered "
    "ExtensionAsked ExtensionDecided GradeChangeAsked GradeChanged UrgencyChanged SecrecyChanged ExemptionDecided "
    "FlagsChanged "
    "ErrandPlanned ErrandStepped PetitionAdmitted PetitionReviewAsked PetitionReviewDecided "
    "AffairNoted InstructionGiven MilestoneReached RegisterReported HeadHandled HeadVoided IssueSeparated OriginNoted "
    "WithdrawalAsked WithdrawalDeclined PartyDeceased ContactCorrected "
    "IssueWithdrawn ReplyRefused DeadlineSet LightChanged EscalationRaised PartyInformed DeliveryFailed"
)
AFFAIR_EVENTS = _words(
    "OrderRaised OrderReplied OrderReplyDeclined OrderLifted AffairHushed MeetingCalled AgendaChanged MeetingHeld "
    "TaskSet TaskDone ListOpened EntriesAdded EntryMarked FindingNoted ListEnded"
)
EVENTS = (*ISSUE_EVENTS, *AFFAIR_EVENTS)

AUDIENCES = ("enterprise", "resident", "grassroots")
URGENCIES = ("normal", "urgent", "emergency")
SECRECIES = ("open", "internal", "confidential", "sealed")
ISSUE_KINDS = ("issue", "consult", "thanks", "spam")
FLAGS = _words("group media leader superior legacy foreign minor")
PARTY_KINDS = ("person", "enterprise", "village", "organisation", "none")
FLAGS = ("group", "media", "leader", "superior", "legacy", "foreign", "minor")
HAS_CONTACT = ("yes", "no", "optional", "desk", "filer")
UNIT_KINDS = _words("department vertical company party office leading_group group team town section village external")
ROLES = _words(
    "hotline_operator window_agent officer unit_head duty_officer reviewer follow_up_caller coordination_office "
    "supervisor liaison monitor leader discipline_liaison auditor system_administrator"
)
IN_CHARGE = ("city", "lead", "lead_and_place", "coordination_office", "audience_group", "unit_of_affair", "assistant")
PER = ("issue", "assist")
LIMITS_ASKED = ("limit_asked",)
"""What a clock is kept for: once for the issue, or once for each assist."""
LIST_KINDS = ("visit", "experience", "checkup")
ORDER_LEVELS = ("normal", "yellow", "red")
ORDER_CAUSES = ("red_light", "two_unsatisfied", "false_completion", "instruction")
"""What may raise a supervision order by rule."""
LOOKED_AT = {"place": "site", "officer": "again", "monitor": "monitor"}
"""Whom a follow-up asks by one way only: the place is looked at, an officer experiences it again, the monitor looks."""
ASKED = ("party", "desk", "committee", "office", *LOOKED_AT)
"""Whom a follow-up asks."""
ASKED_BY = ("call", "writing")
FACTS = ("grade", "urgency", "channel", "audience", "unit", "kind", "level")
"""What a clock's limits may depend on."""


PARTS = {"Agenda": "Meeting", "Entries": "List", "Entry": "List", "Finding": "List"}
"""What an event may be told of that is only a part of a subject."""


def wire_type(event: str) -> str:
    """Turn a word of the field into the type on the wire: IssueDispatched → sanfu.issue.dispatched.v1."""
    words = re.findall(r"[A-Z][a-z]*", event)
    noun = "Issue" if event in ISSUE_EVENTS else PARTS.get(words[0], words[0])
    rest = words[1:] if words[0] == noun else words
    return f"sanfu.{noun.lower()}.{'-'.join(rest).lower()}.v1"
