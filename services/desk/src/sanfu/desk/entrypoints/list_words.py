"""The words of the pages of lists, in Chinese and English, by the glossary."""

from typing import Final

LISTS: Final = {
    "zh": {
        "title": "走访、体验与体检清单", "board": "看板", "all": "全部", "open": "进行中", "over": "已了结",
        "kinds": "清单种类", "list": "清单", "progress": "进度", "findings": "发现问题", "due": "下一到期",
        "no_due": "无期限",
        "next": "下一页", "nothing": "没有清单", "none_such": "没有这份清单，或不在您的权限内", "holder": "负责人",
        "dropped_because": "不再继续：{why}", "of": "{n}/{of}",
        "sealed": "有一件发现的问题已移交", "under_way": "办理中 {n}", "handled": "已办结 {n}", "closed": "已销号 {n}",
        "unnamed": "困难户 {code}", "withheld": "文字已封存",
    },
    "en": {
        "title": "Visits, experience sheets and check-ups", "board": "Board", "all": "All", "open": "Under way",
        "over": "Ended", "kinds": "Kinds of list", "list": "List", "progress": "Progress", "findings": "Findings",
        "due": "Next due", "no_due": "no date", "next": "Next page", "nothing": "No lists",
        "none_such": "There is no such list, or it is not one of yours", "holder": "Holder",
        "dropped_because": "Not gone on with: {why}", "of": "{n} of {of}",
        "sealed": "One finding was handed over", "under_way": "{n} under way",
        "handled": "{n} handled", "closed": "{n} closed", "unnamed": "Household {code}", "withheld": "Words are sealed",
    },
}  # fmt: skip
KINDS: Final = {
    "zh": {"visit": "走访", "experience": "体验", "checkup": "体检"},
    "en": {"visit": "Visits", "experience": "Experience", "checkup": "Check-up"},
}
STANDINGS: Final = {
    "zh": {
        "visited": "已访", "closed": "无须再访", "refused": "谢绝", "overdue": "逾期", "open": "待办",
        "dropped": "未办",
    },
    "en": {
        "visited": "Visited", "closed": "Closed", "refused": "Refused", "overdue": "Overdue", "open": "Open",
        "dropped": "Left undone",
    },
}  # fmt: skip
LEVELS: Final = {"overdue": "red", "visited": "none"}
"""Result of an entry → the colour it is shown in; others have none."""
