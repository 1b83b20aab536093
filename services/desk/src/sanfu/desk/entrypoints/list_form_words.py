"""The words of the forms on the pages of lists, in Chinese and English, by the glossary."""

from typing import Any, Final

from sanfu.desk.domain.affairs.entries import MOST
from sanfu.desk.entry_files import MOST_ROWS

FORMS: Final[dict[str, dict[str, Any]]] = {
    "zh": {
        "new": "新建清单", "kind": "清单种类", "title": "清单名称", "holder": "负责人账号（不填即本人）",
        "group": "体验官群体", "none": "（无）", "due": "期限（表中没有日期的行）",
        "what": "走访对象类型（表中没有该列时）",
        "file": "清单文件（CSV 或 XLSX）",
        "file_hint": f"首行为表头，如“走访对象、对象类型、镇街、走访期限”；最多 {MOST} 项。"
        "已在清单上的行不会重复添加。",
        "open": "建立清单", "add": "增补事项", "send": "上传", "mark": "登记结果", "result": "结果", "on": "日期",
        "text": "情况说明", "save": "保存", "end": "不再继续", "reason": "原因", "drop": "了结清单",
        "bad": "文件未被采用，请更正以下各行后重新上传：", "line": "第 {n} 行", "cell": "{column}：{problem}",
        "again": "请检查后再试。", "large": "文件过大。", "many": f"一份清单最多 {MOST} 项，请另建清单。",
        "not_now": "现在不能这样做：清单已有变化，或不归您办理。",
        "same": "已是这样登记的。", "gone": "请重新打开页面。",
        "no_file": f"请选择文件：CSV 或 XLSX，首行为表头，不超过 {MOST_ROWS} 行。", "away": "系统繁忙，请稍后再试。",
        "done": {"opened": "清单已建立。", "added": "文件已录入；已在清单上的行未重复添加。", "marked": "已登记。",
                 "ended": "清单已了结。"},
        "fields": {
            "what": "对象类型", "title": "名称", "code": "编号", "town": "镇街", "purpose": "目的", "theme": "主题",
            "theme_group": "大类", "theme_text": "自选主题", "due": "期限", "on": "日期", "text": "情况说明",
            "holder": "负责人", "group": "体验官群体", "reason": "原因", "kind": "清单种类", "entries": "事项",
            "entry": "事项", "result": "结果",
        },
        "problems": {
            "missing": "缺少", "unknown_code": "没有这个选项", "can_not_be_read": "无法识别",
            "unknown_town": "没有这个镇街",
            "no_date": "不是日期", "in_the_past": "日期已过", "not_then": "日期不能晚于今天",
            "not_fitting": "这类清单不填此项",
            "personal_data": "困难户只填编号，不写姓名和情况", "not_a_credit_code": "不是统一社会信用代码",
            "unknown_account": "没有这个账号", "not_yours": "已办事项由负责人填写", "too_long": "过长或过短",
        },
        "wrong": "有误",
    },
    "en": {
        "new": "New list", "kind": "Kind of list", "title": "Title", "holder": "Holder's account (empty: you)",
        "group": "Group of the monitor", "none": "(none)", "due": "Due (for rows without a date)",
        "what": "What is visited (where no column says it)", "file": "The list as a file (CSV or XLSX)",
        "file_hint": f"With a row of headers, as Name, Kind, Town, Due; {MOST} entries at most. Rows that stand on "
        "the list already are passed over.",
        "open": "Make the list", "add": "Add entries", "send": "Upload", "mark": "Say what came of it",
        "result": "Result",
        "on": "Date", "text": "Note", "save": "Save", "end": "Leave the rest undone", "reason": "Reason",
        "drop": "End the list",
        "bad": "Nothing was taken. Mend these rows and upload the file again:", "line": "Line {n}",
        "cell": "{column}: {problem}", "again": "Check it and try again.", "large": "The file is too large.",
        "many": f"A list has {MOST} entries at most: make another.",
        "not_now": "This can't be done now: the list has changed, or it is not yours to do.",
        "same": "It is marked so already.", "gone": "Open the page anew.",
        "no_file": f"Choose a file: CSV or XLSX with a row of headers, {MOST_ROWS} rows at most.",
        "away": "The system is busy: try again in a moment.",
        "done": {"opened": "The list is made.", "added": "The file was taken in; what was there was passed over.",
                 "marked": "Saved.", "ended": "The list has ended."},
        "fields": {
            "what": "Kind", "title": "Name", "code": "Code", "town": "Town", "purpose": "Purpose", "theme": "Theme",
            "theme_group": "Theme group", "theme_text": "Own theme", "due": "Due", "on": "Date", "text": "Note",
            "holder": "Holder", "group": "Group", "reason": "Reason", "kind": "Kind of list", "entries": "Entries",
            "entry": "Entry", "result": "Result",
        },
        "problems": {
            "missing": "is missing", "unknown_code": "is not one of those there are",
            "can_not_be_read": "can't be read",
            "unknown_town": "is no town of the city", "no_date": "is no date", "in_the_past": "has passed already",
            "not_then": "lies in the future", "not_fitting": "is not asked on such a list",
            "personal_data": "of a household in need the code alone is written",
            "not_a_credit_code": "is no credit code",
            "unknown_account": "is nobody's account", "not_yours": "what was done the holder says",
            "too_long": "is too long or too short",
        },
        "wrong": "is not right",
    },
}  # fmt: skip
_LENGTHS: Final = ("string_too_long", "string_too_short")


def problem_in_words(error: dict[str, Any], language: str) -> str:
    """Say what is wrong with a field or a cell, by the header of the file where it has one."""
    words = FORMS[language]
    name = str(error["field"]).removeprefix("$.").partition("[")[0]
    kind = "too_long" if error["problem"] in _LENGTHS else error["problem"]
    column = error.get("column") or words["fields"].get(name, name)
    return str(words["cell"].format(column=column, problem=words["problems"].get(kind, words["wrong"])))
