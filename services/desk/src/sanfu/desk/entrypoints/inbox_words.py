"""The words of the pages of an inbox, in Chinese and English, by the glossary."""

from typing import Final

INBOX: Final = {
    "zh": {
        "title": "收件箱", "board": "看板", "lists": "清单", "own": "我的消息", "all": "全部", "unread_only": "未读",
        "which": "收件箱", "unread": "未读", "open": "查看", "next": "更早的消息", "nothing": "没有消息",
        "nothing_unread": "没有未读消息", "read_all": "全部标为已读",
        "mark": "标为已读", "done": "已全部标为已读。", "back": "返回收件箱",
        "issue": "所述事项", "kept": "消息保存180天，之后自动清除。",
        "not_set_up": "本系统未启用收件箱。消息仍按短信、邮件等方式送达。",
        "away": "暂时读不到消息，请稍后再试。消息不会丢失，其他页面不受影响。",
        "none_such": "没有这条消息，或不在您的权限内", "other_form": "页面已失效，请重新打开后再试。",
    },
    "en": {
        "title": "Inbox", "board": "Board", "lists": "Lists", "own": "My messages", "all": "All",
        "unread_only": "Unread", "which": "Inboxes", "unread": "Unread", "open": "Open", "next": "Older messages",
        "nothing": "No messages", "nothing_unread": "Nothing is unread", "read_all": "Mark all as read",
        "mark": "Mark as read",
        "done": "All are marked as read.", "back": "Back to the inbox", "issue": "The issue",
        "kept": "Messages are kept for 180 days.",
        "not_set_up": "There is no inbox here. Messages still come by SMS, e-mail and so on.",
        "away": "Messages can't be read just now; try again in a while. Nothing is lost, all other pages work.",
        "none_such": "There is no such message, or it is not one of yours",
        "other_form": "This page is out of date: open it anew and try again.",
    },
}  # fmt: skip
