"""The names of the topics and of the types of event. Standard library only."""

ISSUES = "sanfu.issues.v1"
AFFAIRS = "sanfu.affairs.v1"
CONTACTS = "sanfu.contacts.v1"
DIRECTORY = "sanfu.directory.v1"


def unit_topic(code: str) -> str:
    return f"sanfu.units.{code}.v1"


def replies_topic(code: str) -> str:
    return f"sanfu.replies.{code}.v1"


def dead_letter_topic(service: str) -> str:
    return f"sanfu.{service}.dlq"


ISSUE_SUBMITTED = "sanfu.issue.submitted.v1"
ISSUE_SUPPLEMENTED = "sanfu.issue.supplemented.v1"
ISSUE_ASSIGNED = "sanfu.issue.assigned.v1"
REVIEW_REQUESTED = "sanfu.issue.review-requested.v1"
DUPLICATE_SUSPECTED = "sanfu.issue.duplicate-suspected.v1"
ISSUE_DISPATCHED = "sanfu.issue.dispatched.v1"
ISSUE_ACKNOWLEDGED = "sanfu.issue.acknowledged.v1"
ISSUE_CONTACTED = "sanfu.issue.contacted.v1"
ISSUE_HANDLED = "sanfu.issue.handled.v1"
ISSUE_FOLLOWED_UP = "sanfu.issue.followed-up.v1"
ISSUE_CLOSED = "sanfu.issue.closed.v1"
ISSUE_RETURNED = "sanfu.issue.returned.v1"
DEADLINE_SET = "sanfu.issue.deadline-set.v1"
LIGHT_CHANGED = "sanfu.issue.light-changed.v1"
ESCALATION_RAISED = "sanfu.issue.escalation-raised.v1"
PARTY_INFORMED = "sanfu.issue.party-informed.v1"
DELIVERY_FAILED = "sanfu.issue.delivery-failed.v1"
