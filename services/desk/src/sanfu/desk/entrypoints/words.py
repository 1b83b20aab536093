"""The board's words, in Chinese and English, by the glossary."""

from typing import Final

from sanfu.city.model.pack import Pack

LANGUAGES: Final = ("zh", "en")

WORDS: Final = {
    "zh": {
        "title": "三服务实时看板", "open": "在办", "urgent": "最急事项", "states": "办理环节", "units": "承办单位",
        "receipt": "编号", "matter": "事项", "unit": "承办单位", "state": "环节", "due": "时限", "light": "灯",
        "nothing": "没有在办事项", "updated": "更新于", "live": "实时", "waiting": "连接中断，正在重试",
        "login": "登录", "logout": "退出", "more": "另有 {n} 件", "no_limit": "未定",
        "unassigned": "待派单", "other": "EN", "skip": "跳到内容", "units_more": "另有 {n} 个单位",
        "tasks": "协办 {n}", "lists": "清单", "inbox": "收件箱", "unread": "收件箱，{n} 条未读",
        "party_untold": "诉求人未获告知",
    },
    "en": {
        "title": "Three services, live", "open": "Open", "urgent": "Most urgent", "states": "Where they stand",
        "units": "Units in charge", "receipt": "Number", "matter": "Issue", "unit": "Unit", "state": "Stage",
        "due": "Limit", "light": "Light", "nothing": "Nothing is open", "updated": "Updated", "live": "Live",
        "waiting": "Connection lost, trying again", "login": "Log in", "logout": "Log out", "more": "{n} more",
        "no_limit": "not set", "unassigned": "Not yet assigned", "other": "中文", "skip": "Skip to content",
        "units_more": "{n} more units", "tasks": "{n} assisting",
        "lists": "Lists", "inbox": "Inbox", "unread": "Inbox, {n} unread",
        "party_untold": "Party not told",
    },
}  # fmt: skip
LIGHTS: Final = {
    "zh": {"red": "红灯 · 超期", "yellow": "黄灯 · 将到期", "none": "正常"},
    "en": {"red": "Red · overdue", "yellow": "Yellow · due soon", "none": "In time"},
}
URGENCIES: Final = {
    "zh": {"urgent": "紧急", "emergency": "危急"},
    "en": {"urgent": "Urgent", "emergency": "Emergency"},
}
"""What stands beside an issue's title; nothing for a normal one."""
STATES: Final = {
    "zh": {
        "submitted": "待分派", "in_review": "前置审查", "assigned": "待签收", "acknowledged": "已签收",
        "contacted": "已对接", "handled": "待回访", "followed_up": "待销号", "returned": "退单待定",
        "answered": "已答复", "refused": "不予受理", "awaiting_party": "待补充", "forwarded": "已转办",
        "withdrawn": "已撤回", "reopen_requested": "申请重办", "closed": "已销号", "merged": "已合并",
        "registered": "挂账", "suspended": "已挂起", "unsigned": "待签发", "petition_review": "申请复查",
    },
    "en": {
        "submitted": "New", "in_review": "In review", "assigned": "Assigned", "acknowledged": "Acknowledged",
        "contacted": "Contacted", "handled": "To follow up", "followed_up": "To close", "returned": "Returned",
        "suspended": "Suspended", "unsigned": "To be signed", "petition_review": "Review asked",
        "answered": "Answered", "refused": "Refused",
        "awaiting_party": "Waits for the party", "forwarded": "Forwarded", "withdrawn": "Withdrawn",
        "reopen_requested": "Asked again", "closed": "Closed", "merged": "Merged", "registered": "On the register",
    },
}  # fmt: skip
COMMANDS: Final = {
    "dispatch": ("交办", "dispatch"), "answer": ("直接答复", "answer"), "refuse": ("不予受理", "refuse"),
    "confirm_refusal": ("同意不予受理", "confirm the refusal"),
    "decline_refusal": ("不同意不予受理", "decline the refusal"), "forward": ("转办（市外）", "forward"),
    "ask_more": ("请补充", "ask for more"), "offer_mediation": ("提供调解", "offer mediation"),
    "object": ("提出异议", "object"),
    "merge": ("合并", "merge"), "separate": ("恢复单独办理", "go on by itself"),
    "succeed": ("由承接单位接续", "pass to the unit's successor"),
    "succeed_category": ("改入承接类别", "pass to the category's successor"),
    "succeed_post": ("由承接岗位接续", "pass to the post's successor"),
    "register": ("挂账", "put on the register"),
    "instruct": ("批示", "instruct"), "reach_milestone": ("完成节点", "reach a milestone"),
    "report_register": ("公开通报", "report to the public"), "acknowledge": ("签收", "acknowledge"),
    "contact": ("对接", "contact"), "reach_scene": ("到达现场", "reach the scene"), "report": ("报告情况", "report"),
    "handle": ("办结", "handle"), "submit": ("送签（按规定须签发的）", "submit, where it has to be signed"),
    "sign": ("签发", "sign"), "send_back": ("退回修改", "send back"), "return": ("退单", "return"),
    "ask_assist": ("请求协办", "ask to assist"), "cancel_assist": ("撤销协办", "cancel the task"),
    "assist_done": ("协办完成", "task done"), "not_ours": ("协办退回", "not our task"),
    "copy": ("抄告", "copy"), "end_copy": ("停止抄告", "end the copy"),
    "recuse": ("回避登记", "note a complaint"),
    "offer_handover": ("提出移交", "offer the lead"), "accept_handover": ("接受移交", "accept the lead"),
    "withdraw_offer": ("撤回移交", "withdraw the offer"), "decline_handover": ("不接受移交", "decline the lead"),
    "plan_errand": ("列出代办步骤", "plan the errand"), "step_errand": ("登记代办进度", "step the errand"),
    "admit": ("信访受理", "admit"), "ask_review": ("申请复查", "ask for a review"),
    "decide_review": ("复查决定", "decide the review"),
    "suspend": ("挂起", "suspend"), "resume": ("恢复", "resume"),
    "ask_extension": ("申请延期", "ask for more time"), "decide_extension": ("延期审批", "decide about more time"),
    "ask_grade": ("申请调整难度", "ask for another grade"), "decide_grade": ("难度审批", "decide about the grade"),
    "exempt": ("豁免", "exempt"), "raise_urgency": ("提高紧急程度", "raise the urgency"),
    "lower_urgency": ("降低紧急程度", "lower the urgency"), "raise_secrecy": ("提高保密级别", "raise the secrecy"),
    "lower_secrecy": ("降低保密级别", "lower the secrecy"),
    "follow_up": ("回访", "follow up"),
    "attempt": ("登记未联系上", "keep an attempt"), "rate": ("链接评价", "rate"),
    "void": ("认定虚假办结", "void the completion"), "remind": ("催办", "remind"), "support": ("附议", "support"),
    "request_reopen": ("申请重办", "ask to reopen"), "withdraw": ("撤回", "withdraw"),
    "confirm_withdrawal": ("核实并同意撤回", "confirm the withdrawal"),
    "decline_withdrawal": ("核实后不予撤回", "decline the withdrawal"),
    "flag": ("调整标记", "set flags"),
    "correct_contact": ("更正联系方式", "correct the contact"),
    "party_deceased": ("登记当事人亡故", "the party has died"), "reopen": ("重办", "reopen"),
    "decline_reopen": ("不予重办", "decline to reopen"), "close": ("销号", "close"),
}  # fmt: skip
"""Command → what it is called: Chinese, English."""
ROLES: Final = {
    "party": ("诉求人", "party"), "hotline_operator": ("热线话务员", "hotline operator"),
    "window_agent": ("窗口代办员", "window agent"), "officer": ("经办人", "officer"),
    "unit_head": ("单位负责人", "unit head"), "duty_officer": ("值班员", "duty officer"),
    "reviewer": ("审核员", "reviewer"), "follow_up_caller": ("回访员", "follow-up caller"),
    "coordination_office": ("三服务办", "coordination office"), "supervisor": ("督查员", "supervisor"),
    "liaison": ("联络员", "liaison"), "monitor": ("改革体验官", "monitor"), "leader": ("领导", "leader"),
    "discipline_liaison": ("纪检联络员", "discipline liaison"), "auditor": ("审计员", "auditor"),
    "system_administrator": ("系统管理员", "system administrator"), "unit_system": ("单位业务系统", "unit's system"),
    "system": ("系统", "system"),
}  # fmt: skip


def unit_name(pack: Pack, code: str | None, language: str) -> str:
    """Name a unit; an unknown code is shown as it stands."""
    if code is None or code == "-":
        return WORDS[language]["unassigned"]
    unit = pack.units.get(code)
    return unit.name(language) if unit else code


def left(seconds: float, language: str) -> str:
    """Say how much time is left, or by how much it is late, in the two largest parts."""
    minutes = int(abs(seconds) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    zh, en = [("天", "小时", "分钟"), ("d", "h", "min")]
    parts = [(n, name) for n, name in zip((days, hours, rest), zh if language == "zh" else en, strict=True) if n][:2]
    span = " ".join(f"{n} {name}" for n, name in parts) or ("不到 1 分钟" if language == "zh" else "under 1 min")
    if language == "zh":
        return f"剩 {span}" if seconds > 0 else f"超期 {span}"
    return f"{span} left" if seconds > 0 else f"{span} late"
