"""The topics and the types of event, as data: who writes, who reads, how long it is kept. Tests walk it.

A service's own events are not listed among what it reads, though every service folds its own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sanfu.contracts import names
from sanfu.contracts.codec import Codec, Model
from sanfu.contracts.contacts import ContactRecord
from sanfu.contracts.directory import DirectoryRecord
from sanfu.contracts.envelope import MAX_BODY
from sanfu.contracts.events import (
    affairs,
    closing,
    concerning,
    errands,
    handling,
    intake,
    limits,
    lists,
    notify,
    petitions,
    review,
    router,
    sla,
)

DAY_MS = 24 * 60 * 60 * 1000
RECORD_ROOM = 64 * 1024
"""Bytes of a record that are not its body: key, headers, what the broker adds."""
LARGEST_BY_DEFAULT = 1_048_588
"""Bytes of a record that a broker takes where nobody told it otherwise: so large may be what has to be put away."""


@dataclass(frozen=True, slots=True)
class Partitions:
    """How many partitions a topic gets when it is created. Never changed afterwards: keys would move."""

    deployment: int
    embedded: int


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic, or, with `{code}` or `{service}` in its name, one for each unit or service."""

    name: str
    title: str
    zh: str
    key: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    partitions: Partitions
    cleanup: Literal["delete", "compact"] = "delete"
    kept_days: int | None = None
    """None: for ever."""

    @property
    def is_for_dead_letters(self) -> bool:
        return self.name.endswith((".dlq", ".dlq.v1"))

    def config(self) -> dict[str, str]:
        """The topic's settings at the broker. A reader that was away for 30 days still sees every tombstone; a dead
        letter has room for the record as it came, and the reason beside it."""
        body = LARGEST_BY_DEFAULT if self.is_for_dead_letters else MAX_BODY
        settings = {
            "cleanup.policy": self.cleanup,
            "retention.ms": str(-1 if self.kept_days is None else self.kept_days * DAY_MS),
            "max.message.bytes": str(body + RECORD_ROOM),
        }
        if self.cleanup == "compact":
            settings |= {"delete.retention.ms": str(30 * DAY_MS), "min.cleanable.dirty.ratio": "0.1"}
        return settings


@dataclass(frozen=True, slots=True)
class EventType:
    """One type of event: its body, the topic it is written to, and who has to do with it."""

    type: str
    model: Model
    topic: str
    writers: tuple[str, ...]
    readers: tuple[str, ...]
    zh: str
    since: str = "0.1.0"
    """The version of these contracts in which it first stood."""
    also: tuple[str, ...] = ()
    """Other stories in which the same is told of their subjects."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic it is written to."""
        return (self.topic, *self.also)


STORY = Partitions(deployment=64, embedded=8)
SINGLE = Partitions(deployment=1, embedded=1)
SERVICES = ("intake", "router", "desk", "sla", "notify")

TOPICS = (
    Topic(names.ISSUES, "The story of every issue", "诉求全程", "issue id", SERVICES, SERVICES, STORY),
    Topic(
        names.AFFAIRS,
        "The story of every affair: orders, meetings, tasks, lists",
        "督办、会商、任务与清单",
        "affair id",
        ("desk", "sla"),
        ("desk", "sla", "router", "notify"),
        STORY,
    ),
    Topic(
        names.CONTACTS,
        "Contacts of parties and filers, encrypted; a tombstone erases the person",
        "联系方式（加密）",
        "<issue id>/<writer>",
        ("intake", "desk"),
        ("notify", "desk", "intake"),
        STORY,
        "compact",
    ),
    Topic(
        names.DIRECTORY,
        "Units and users, and how to reach them",
        "机构与人员名录",
        "unit:<code> or user:<code>",
        ("desk",),
        ("notify",),
        SINGLE,
        "compact",
    ),
    Topic(
        names.unit_topic("{code}"),
        "What a unit leads, assists in or may read, for its own systems",
        "部门（镇街）专属主题",
        "issue id",
        ("router",),
        ("unit", "notify"),
        SINGLE,
        kept_days=30,
    ),
    Topic(
        names.replies_topic("{code}"),
        "What a unit's own systems answer",
        "部门（镇街）回复",
        "issue id",
        ("unit",),
        ("desk",),
        SINGLE,
        kept_days=30,
    ),
    Topic(
        names.refused_replies_topic("{code}"),
        "Replies that nobody could take, for the unit to mend",
        "部门（镇街）回复死信",
        "as the source",
        ("desk",),
        ("unit",),
        SINGLE,
        kept_days=30,
    ),
    Topic(
        names.dead_letter_topic("{service}"),
        "Records that a service gave up, until they are drained",
        "死信",
        "as the source",
        SERVICES,
        ("operators",),
        SINGLE,
    ),
)


def _issue(type: str, model: Model, writer: str, readers: str, zh: str) -> EventType:
    return EventType(type, model, names.ISSUES, (writer,), tuple(readers.split()), zh)


def _clock(type: str, model: Model, readers: str, zh: str) -> EventType:
    return EventType(type, model, names.ISSUES, ("sla",), tuple(readers.split()), zh, also=(names.AFFAIRS,))


def _affair(type: str, model: Model, readers: str, zh: str) -> EventType:
    return EventType(type, model, names.AFFAIRS, ("desk",), tuple(readers.split()), zh)


EVENTS = (
    _issue(names.ISSUE_SUBMITTED, intake.IssueSubmitted, "intake", "router desk sla notify", "诉求提交"),
    _issue(names.ISSUE_SUPPLEMENTED, intake.IssueSupplemented, "intake", "router desk sla notify", "补充材料"),
    _issue(names.ISSUE_ASSIGNED, router.IssueAssigned, "router", "intake desk sla notify", "自动交办"),
    _issue(names.REVIEW_REQUESTED, router.ReviewRequested, "router", "intake desk sla notify", "转人工预审"),
    _issue(names.DUPLICATE_SUSPECTED, router.DuplicateSuspected, "router", "desk sla", "疑似重复"),
    _issue(names.ISSUE_DISPATCHED, review.IssueDispatched, "desk", "intake router sla notify", "人工交办"),
    _issue(names.ISSUE_ANSWERED, review.IssueAnswered, "desk", "intake router sla notify", "直接答复"),
    _issue(names.ISSUE_REFUSED, review.IssueRefused, "desk", "intake router sla notify", "不予受理"),
    _issue(names.ISSUE_FORWARDED, review.IssueForwarded, "desk", "intake router sla notify", "转办（市外）"),
    _issue(names.ISSUE_MERGED, review.IssueMerged, "desk", "intake router sla notify", "合并"),
    _issue(names.SUPPORTER_ADDED, review.SupporterAdded, "desk", "router sla", "附议"),
    _issue(names.REMINDER_ADDED, review.ReminderAdded, "desk", "router sla notify", "催办"),
    _issue(names.SUPPLEMENT_ASKED, review.SupplementAsked, "desk", "intake router sla notify", "请补充"),
    _issue(names.SUPPLEMENT_REMINDED, review.SupplementReminded, "desk", "router sla notify", "提醒补充"),
    _issue(names.MEDIATION_OFFERED, review.MediationOffered, "desk", "router sla notify", "提供调解"),
    _issue(names.REFUSAL_PROPOSED, review.RefusalProposed, "desk", "router sla", "拟不予受理"),
    _issue(names.REFUSAL_DECLINED, review.RefusalDeclined, "desk", "router sla", "不予受理未获同意"),
    _issue(names.OBJECTION_RAISED, review.ObjectionRaised, "desk", "intake router sla", "异议（复核）"),
    _issue(names.ISSUE_ACKNOWLEDGED, handling.IssueAcknowledged, "desk", "intake router sla", "签收"),
    _issue(names.ISSUE_CONTACTED, handling.IssueContacted, "desk", "intake router sla", "对接"),
    _issue(names.SCENE_REACHED, handling.SceneReached, "desk", "router sla", "到达现场"),
    _issue(names.SITUATION_REPORTED, handling.SituationReported, "desk", "router sla", "情况报告"),
    _issue(names.ISSUE_HANDLED, handling.IssueHandled, "desk", "intake router sla notify", "办结"),
    _issue(names.ISSUE_RETURNED, handling.IssueReturned, "desk", "intake router sla notify", "退单"),
    _issue(names.RETURN_ADJUDICATED, handling.ReturnAdjudicated, "desk", "router sla notify", "退单裁定"),
    _issue(names.ASSIST_ASKED, handling.AssistAsked, "desk", "router sla notify", "请求协办"),
    _issue(names.ASSIST_DONE, handling.AssistDone, "desk", "router sla", "协办完成"),
    _issue(names.ISSUE_COPIED, handling.IssueCopied, "desk", "router sla", "抄告"),
    _issue(names.ISSUE_HANDED_OVER, handling.IssueHandedOver, "desk", "intake router sla notify", "移交"),
    EventType(
        names.UNIT_SUCCEEDED,
        handling.UnitSucceeded,
        names.ISSUES,
        ("desk",),
        ("intake", "router", "sla", "notify"),
        "机构承接",
        also=(names.AFFAIRS,),
    ),
    _issue(names.CATEGORY_SUCCEEDED, handling.CategorySucceeded, "desk", "intake router sla notify", "类别承接"),
    EventType(
        names.POST_SUCCEEDED,
        handling.PostSucceeded,
        names.ISSUES,
        ("desk",),
        ("sla", "notify"),
        "岗位承接",
        also=(names.AFFAIRS,),
    ),
    _issue(names.HANDOVER_OFFERED, handling.HandoverOffered, "desk", "router sla notify", "拟移交"),
    _issue(names.COMPLAINT_NOTED, handling.ComplaintNoted, "desk", "router sla", "回避登记"),
    _issue(names.HANDOVER_DECLINED, handling.HandoverDeclined, "desk", "router sla", "移交未接受"),
    _issue(names.COMPLETION_SUBMITTED, handling.CompletionSubmitted, "desk", "router sla notify", "办结送审"),
    _issue(names.COMPLETION_SENT_BACK, handling.CompletionSentBack, "desk", "router sla notify", "办结退回"),
    _issue(names.REPLY_REFUSED, handling.ReplyRefused, "desk", "router sla", "回复未被接受"),
    _issue(names.ISSUE_SUSPENDED, limits.IssueSuspended, "desk", "intake router sla notify", "挂起"),
    _issue(names.ISSUE_RESUMED, limits.IssueResumed, "desk", "intake router sla notify", "恢复"),
    _issue(names.ISSUE_REGISTERED, limits.IssueRegistered, "desk", "intake router sla notify", "挂账"),
    _issue(names.EXTENSION_ASKED, limits.ExtensionAsked, "desk", "router sla notify", "申请延期"),
    _issue(names.EXTENSION_DECIDED, limits.ExtensionDecided, "desk", "router sla notify", "延期审批"),
    _issue(names.GRADE_CHANGE_ASKED, limits.GradeChangeAsked, "desk", "router sla notify", "申请调整难度"),
    _issue(names.GRADE_CHANGED, limits.GradeChanged, "desk", "router sla notify", "难度调整"),
    _issue(names.GRADE_CHANGE_DECLINED, limits.GradeChangeDeclined, "desk", "router sla notify", "难度不予调整"),
    _issue(names.URGENCY_CHANGED, limits.UrgencyChanged, "desk", "intake router sla notify", "紧急程度调整"),
    _issue(names.SECRECY_CHANGED, limits.SecrecyChanged, "desk", "intake router sla notify", "保密级别调整"),
    _issue(names.FLAGS_CHANGED, limits.FlagsChanged, "desk", "router sla", "标记调整"),
    _issue(names.EXEMPTION_DECIDED, limits.ExemptionDecided, "desk", "router sla", "三个一豁免"),
    _issue(names.FOLLOW_UP_PLANNED, closing.FollowUpPlanned, "desk", "sla notify", "回访安排"),
    _issue(names.FOLLOW_UP_ATTEMPTED, closing.FollowUpAttempted, "desk", "sla", "回访联系"),
    _issue(names.FOLLOW_UP_ANSWERED, closing.FollowUpAnswered, "desk", "sla", "回访答复"),
    _issue(names.ISSUE_FOLLOWED_UP, closing.IssueFollowedUp, "desk", "intake router sla", "回访"),
    _issue(names.COMPLETION_VOIDED, closing.CompletionVoided, "desk", "intake router sla notify", "虚假办结认定"),
    _issue(names.ISSUE_CLOSED, closing.IssueClosed, "desk", "intake router sla notify", "销号"),
    _issue(names.WITHDRAWAL_ASKED, closing.WithdrawalAsked, "desk", "sla notify", "申请撤回（待核实）"),
    _issue(names.WITHDRAWAL_DECLINED, closing.WithdrawalDeclined, "desk", "sla notify", "不予撤回"),
    _issue(names.ISSUE_WITHDRAWN, closing.IssueWithdrawn, "desk", "intake router sla notify", "撤回"),
    _issue(names.REOPEN_REQUESTED, closing.ReopenRequested, "desk", "intake router sla notify", "申请重办"),
    _issue(names.ISSUE_REOPENED, closing.IssueReopened, "desk", "intake router sla notify", "重办"),
    _issue(names.REOPEN_DECLINED, closing.ReopenDeclined, "desk", "intake router sla notify", "不予重办"),
    _issue(names.PARTY_DECEASED, closing.PartyDeceased, "desk", "router sla notify", "当事人亡故"),
    _issue(names.CONTACT_CORRECTED, closing.ContactCorrected, "desk", "intake router sla notify", "联系方式更正"),
    _issue(names.ERRAND_PLANNED, errands.ErrandPlanned, "desk", "router sla", "代办步骤"),
    _issue(names.ERRAND_STEPPED, errands.ErrandStepped, "desk", "router sla", "代办进度"),
    _issue(names.PETITION_ADMITTED, petitions.PetitionAdmitted, "desk", "router sla notify", "信访受理"),
    _issue(names.PETITION_REVIEW_ASKED, petitions.PetitionReviewAsked, "desk", "intake router sla", "申请复查"),
    _issue(
        names.PETITION_REVIEW_DECIDED, petitions.PetitionReviewDecided, "desk", "intake router sla notify", "复查决定"
    ),
    _issue(names.AFFAIR_NOTED, concerning.AffairNoted, "desk", "router sla", "涉及事务"),
    _issue(names.INSTRUCTION_GIVEN, concerning.InstructionGiven, "desk", "router sla", "领导批示"),
    _issue(names.MILESTONE_REACHED, concerning.MilestoneReached, "desk", "router sla", "挂账节点完成"),
    _issue(names.REGISTER_REPORTED, concerning.RegisterReported, "desk", "intake router sla", "挂账公开通报"),
    _issue(names.HEAD_HANDLED, concerning.HeadHandled, "desk", "intake router sla notify", "主件办结"),
    _issue(names.HEAD_VOIDED, concerning.HeadVoided, "desk", "intake router sla", "主件办结无效"),
    _issue(names.ISSUE_SEPARATED, concerning.IssueSeparated, "desk", "intake router sla notify", "恢复单独办理"),
    _issue(names.ORIGIN_NOTED, concerning.OriginNoted, "desk", "sla", "来源清单登记"),
    _affair(names.ORDER_RAISED, affairs.OrderRaised, "sla router notify", "督办单下达"),
    _affair(names.ORDER_REPLIED, affairs.OrderReplied, "sla router", "督办回复"),
    _affair(names.ORDER_REPLY_DECLINED, affairs.OrderReplyDeclined, "sla router notify", "督办回复退回"),
    _affair(names.ORDER_LIFTED, affairs.OrderLifted, "sla router notify", "督办解除"),
    _affair(names.AFFAIR_HUSHED, affairs.AffairHushed, "", "事务文字封存"),
    _affair(names.MEETING_CALLED, affairs.MeetingCalled, "sla router notify", "会议召集"),
    _affair(names.AGENDA_CHANGED, affairs.AgendaChanged, "sla router notify", "议题调整"),
    _affair(names.MEETING_HELD, affairs.MeetingHeld, "sla router notify", "会议召开"),
    _affair(names.TASK_SET, affairs.TaskSet, "sla router notify", "任务下达"),
    _affair(names.TASK_DONE, affairs.TaskDone, "sla router", "任务完成"),
    _affair(names.LIST_OPENED, lists.ListOpened, "sla notify", "清单建立"),
    _affair(names.ENTRIES_ADDED, lists.EntriesAdded, "sla notify", "清单增补"),
    _affair(names.ENTRY_MARKED, lists.EntryMarked, "sla", "清单销项"),
    _affair(names.FINDING_NOTED, lists.FindingNoted, "sla", "清单问题登记"),
    _affair(names.LIST_ENDED, lists.ListEnded, "sla notify", "清单了结"),
    _clock(names.DEADLINE_SET, sla.DeadlineSet, "intake router desk notify", "时限设定"),
    _clock(names.LIGHT_CHANGED, sla.LightChanged, "router desk notify", "亮灯变化"),
    _clock(names.ESCALATION_RAISED, sla.EscalationRaised, "router desk notify", "升级提醒"),
    _issue(names.PARTY_INFORMED, notify.PartyInformed, "notify", "sla desk", "已告知"),
    _issue(names.DELIVERY_FAILED, notify.DeliveryFailed, "notify", "sla desk", "告知失败"),
    EventType(
        names.CONTACT_RECORD,
        ContactRecord,
        names.CONTACTS,
        ("intake", "desk"),
        ("notify", "desk", "intake"),
        "联系方式",
    ),
    EventType(names.DIRECTORY_RECORD, DirectoryRecord, names.DIRECTORY, ("desk",), ("notify",), "名录"),
)

BY_TYPE = {event.type: event for event in EVENTS}

codec = Codec({event.type: event.model for event in EVENTS})
"""Knows every type of event there is."""


def topics_of(units: Iterable[str]) -> Iterator[tuple[str, Topic]]:
    """Return every topic with its logical name: those of a family once for each unit that has topics, or service."""
    families = {"{code}": tuple(units), "{service}": SERVICES}
    for topic in TOPICS:
        part = next((part for part in families if part in topic.name), None)
        for member in families[part] if part else ("",):
            yield (topic.name.replace(part, member) if part else topic.name), topic


def topic(name: str) -> Topic:
    """Find a topic by its own name, or by that of the family it belongs to. Raises KeyError."""
    for each in TOPICS:
        before, _, rest = each.name.partition("{")
        after = rest.partition("}")[2]
        of_family = rest and name.startswith(before) and name.endswith(after)
        if name == each.name or (of_family and "." not in name[len(before) : -len(after)]):
            return each
    raise KeyError(name)


def read_by(service: str) -> frozenset[str]:
    """The types of other services' events that a service looks at."""
    return frozenset(event.type for event in EVENTS if service in event.readers)


def written_by(service: str) -> frozenset[str]:
    return frozenset(event.type for event in EVENTS if service in event.writers)
