"""What the officers of the demo write. Nothing here names anybody."""

from typing import Any

from sanfu.stack.demo.chance import one_of, share
from sanfu.stack.demo.steps import Case

LISTS = {"visit": "走访联系清单", "experience": "体验清单", "checkup": "体检清单"}
NO_VISIT = "企业称无需走访"
REVIEWED = "经审核，按职责交办"
AGAIN = "回访反映问题未解决，请重新办理"
NOT_OURS = "经核实不属于本单位职责，建议由更合适的单位办理"
PHOTO = "photo"
"""Stands for a picture that is kept with the case when the command is given."""
AT_THE_SCENE = "已到现场，人员安全，正在处置"
MORE_TIME = "需等待检测结果，申请延期"
MORE_TIME_GIVEN = "理由属实，同意延期"
TASK = "请到现场核实并处理，处理后报镇街"
NOT_THE_SECTIONS = "不属于本科室职责，请镇街另行安排"
SECTION_DONE = "已到现场处理，情况已报镇街"
CONSULTATION = "每周联席会商"
CAUSE = "历史遗留问题，需多方配合，期限内难以办结"
DECIDED = "同意挂账，由承办单位按节点推进"
MILESTONE = "完成方案并落实责任"
PUBLIC_REPORT = "方案已定，责任已落实，正按节点推进。"
INSTRUCTION = "请承办单位抓紧办理，一天内报告进展"
ORDER_REPLY = "已按要求整改，责任已明确"
ORDER_LIFTED = "整改到位"
FALSE = "经核查，并未办理"
SAME_MATTER = "与在办事项为同一问题，并入一起办理"
WHERE_IT_GOES_ON = "您反映的问题已并入在办事项，办结后一并回访"
URGED = "请尽快处理"
NO_LONGER = "问题已自行解决，不再反映"
NOT_MENDED = "问题仍未解决"
CURIOUS = "还想了解别的情况"
DECLINED = "本件已按规定办结，新的问题请另行反映，我们会及时办理。"
OUTCOMES = ("solved",) * 14 + ("partly", "explained", "explained", "planned", "other_route", "solved")
DONE = {
    "solved": "已到现场核实并处理完毕",
    "partly": "已处理其中一部分，其余正在协调",
    "explained": "已核实，现将政策依据说明如下",
    "planned": "已列入计划，将按期实施",
    "other_route": "此事另有办理渠道，已为您转告并说明",
}


LOOKED = frozenset({"site", "again", "monitor"})
"""Ways to follow up that ask nobody: somebody looks."""


def answer(case: Case) -> str:
    if case["kind"] == "thanks":
        return f"感谢您的肯定，我们已转达有关同志（{case['title']}）。"
    return f"关于“{case['title']}”：请携带有效证件到政务服务窗口办理，也可网上申请。"


def contact(case: Case) -> dict[str, Any]:
    method = "phone" if case["has_contact"] else "visit"
    return {"result": "reached", "method": method, "summary": "已联系并核对情况"}


def handle(report: str, case: Case, *, planned_for: str) -> dict[str, Any]:
    outcome = one_of(OUTCOMES, report, "outcome")
    before = sum(len(round.get("voided", ())) + ("handle" in round) for round in case["rounds"])
    again = f"（第{before + 1}次办理）" if before else ""
    return {
        "outcome": outcome,
        "reply": f"{DONE[outcome]}{again}：{case['title']}。如仍有问题，请凭编号告诉我们。",
        "internal": "照片与记录已留存",
        "planned_for": planned_for if outcome == "planned" else None,
        "legal_ground": "《优化营商环境条例》及本市有关规定" if outcome == "explained" else None,
    }


def follow_ups(report: str, case: Case, *, unsatisfied: bool) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What each of those says who are asked, or, where there is nobody to be asked, what was found on site; what was
    not solved is not called so."""
    said = [_follow_up(report, case, one, unsatisfied=unsatisfied) for one in case["missing"]]
    return tuple(("follow_up", one) for one in said)


def _follow_up(report: str, case: Case, one: dict[str, Any], *, unsatisfied: bool) -> dict[str, Any]:
    resolved, satisfied = _said(report, case, unsatisfied=unsatisfied, looked=one["need"] in LOOKED)
    return answered(one, resolved, satisfied)


def answered(one: dict[str, Any], resolved: str, satisfied: int | None) -> dict[str, Any]:
    """Say what one of those says who are asked: who looked shows a photo, and tells no score."""
    proof = {"evidence": [PHOTO]} if one["need"] in LOOKED else {"satisfied": satisfied}
    return {"of": one["of"], "resolved": resolved, **proof}


def _said(report: str, case: Case, *, unsatisfied: bool, looked: bool) -> tuple[str, int | None]:
    luck = share(report, case["round"], "said")
    if unsatisfied:
        return "no", 2
    if case["rounds"][-1]["handle"]["outcome"] != "solved":
        return "partly", 3 if luck < 0.7 else None
    if luck < 0.08 and not looked:
        return "declined", None
    return "yes", 5 if luck < 0.6 else 4


def close(case: Case) -> dict[str, Any]:
    """Close what the system did not: by what was done and what the party said of it."""
    ones = case["rounds"][-1]
    outcome, said = ones["handle"]["outcome"], ones["follow_up"]["resolved"]
    if outcome in {"planned", "other_route"}:
        return {"kind": outcome}
    if said in {"declined", "silent"}:
        return {"kind": "unverifiable"}
    return {"kind": "explained", "reply": f"现将情况说明如下：{DONE[outcome]}。如有疑问请凭编号与我们联系。"}
