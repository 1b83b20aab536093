"""Why somebody can or can't see a case: for whoever keeps accounts, for auditors, for operators. No issue's text."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query

from sanfu.desk.domain.explaining import explained, held
from sanfu.desk.domain.people import ADMINISTRATOR
from sanfu.desk.domain.rules import unknown
from sanfu.desk.domain.scope import Viewer
from sanfu.desk.entrypoints.commanding import Who
from sanfu.desk.entrypoints.commands.words import Code
from sanfu.desk.entrypoints.words import COMMANDS, ROLES, STATES
from sanfu.desk.handlers import Desk
from sanfu.runtime.http import Guard, own_router
from sanfu.runtime.rules import Refusal

Lang = Annotated[Literal["zh", "en"], Query()]
CaseId = Annotated[str, Query(min_length=1, max_length=200)]

WORDS: Final = {
    "zh": {
        "sees": "{name}（{user}）看得到 {case}。", "not": "{name}（{user}）看不到 {case}。",
        "closed": "账号已停用，或已离岗。", "nothing": "没有任何授权。", "staff_list": "人员名册", "given": "另行授权",
        "substitution": "代理", "hand_over": "工作交接",
        "post": "岗位承接", "grant": "{source}：{role}{id}", "in_place": "（代 {id}）",
        "shows": "可见", "hides": "不可见", "over": "不在有效期内（{since} 至 {until}）",
        "caseless": "该角色不看任何办件",
        "holds": "符合", "fails": "不符合",
        "wants": "{condition}：要求 {wanted}；本件为 {found}，{holds}",
        "recused": "回避：本件投诉其单位，不得知悉诉求人，不作决定、不回访。", "commands": "现在可做：{commands}",
        "none": "无", "contact_yes": "可查阅联系方式（须写明用途）：{parts}", "contact_no": "不可查阅联系方式：{why}",
        "secrecy": "密级", "unit": "承办或参与单位", "town": "属地", "audience": "类别", "channel": "渠道",
        "raised_by": "提出单位", "filer": "填报人",
        "need": "待回访方式（本单位及上下级未参与）", "not_seen": "看不到本件", "state": "本件状态：{state}",
        "contact-closed": "只有牵头单位和三服务办可查阅",
        "officer-missing": "单位业务系统须代本单位具名人员查阅", "party": "诉求人", "original": "原文",
    },
    "en": {
        "sees": "{name} ({user}) sees {case}.", "not": "{name} ({user}) does not see {case}.",
        "closed": "The account is closed, or its holder has left.", "nothing": "No grant at all.",
        "staff_list": "staff list", "given": "given", "substitution": "substitution", "hand_over": "hand-over",
        "post": "succession of a post",
        "grant": "{source}: {role}{id}", "in_place": " (for {id})", "shows": "shows it", "hides": "does not show it",
        "over": "not in force ({since} to {until})", "caseless": "this role opens no case", "holds": "holds",
        "fails": "fails", "wants": "{condition}: wants {wanted}; the case has {found}: {holds}",
        "recused": "Recused: the issue complains of their unit; they are not told who said so, and decide nothing.",
        "commands": "May now: {commands}", "none": "nothing",
        "contact_yes": "May read the contact, for a purpose: {parts}", "contact_no": "May not read the contact: {why}",
        "secrecy": "secrecy", "unit": "unit taking part", "town": "town", "audience": "audience", "channel": "channel",
        "raised_by": "raised by", "filer": "filer", "not_seen": "the case is not seen", "state": "The case is: {state}",
        "need": "waits to be followed up by (no part of one's own unit, or of one above or below it)",
        "officer-missing": "a unit's own system reads for an officer whom it names",
        "contact-closed": "only the unit that leads and the office may", "party": "party", "original": "original text",
    },
}  # fmt: skip


def routes(desk: Desk, who: Who, operators: Guard) -> APIRouter:
    """Return the routes: one by a user's token, one by the operators'."""
    router = own_router(tags=["accounts"])

    async def told(user: str, case: str, lang: str) -> dict[str, Any]:
        found = await explain(desk, user, case)
        return {**found, "words": in_words(found, lang)}

    @router.get("/v1/access", operation_id="explain_access")
    async def access(
        viewer: Annotated[Viewer, Depends(who)], user: Annotated[Code, Query()], case: CaseId, lang: Lang = "zh"
    ) -> dict[str, Any]:
        """Why somebody can or can't see a case, and which commands they have: grant by grant."""
        if not any(viewer.holds(role, desk.clock.now()) for role in (ADMINISTRATOR, "auditor")):
            raise Refusal(403, "not-administrator", "Asked by whoever keeps accounts, or by an auditor.")
        return await told(user, case, lang)

    @router.get("/ops/access", dependencies=[Depends(operators)], operation_id="explain_access_to_operators")
    async def asked(user: Annotated[Code, Query()], case: CaseId, lang: Lang = "zh") -> dict[str, Any]:
        """The same for operators."""
        return await told(user, case, lang)

    return router


async def explain(desk: Desk, user: str, id: str) -> dict[str, Any]:
    """Raises Refusal 404 for an account or a case that there is not."""
    of = await desk.accounts.account(user)
    if of is None:
        raise Refusal(404, "account-unknown", f"There is no account {user}.")
    case = (await desk.documents.read([id])).get(id)
    if not case or "state" not in case:
        raise unknown()
    now = desk.clock.now()
    every = held(of, await desk.accounts.stood_for(of), desk.city.pack, now)
    return explained(of, every, case, desk.city.tree, now, pack=desk.city.pack)


def in_words(found: Mapping[str, Any], lang: str) -> list[str]:
    """Say an explanation in lines."""
    words, at = WORDS[lang], 0 if lang == "zh" else 1
    told = [words["sees" if found["sees"] else "not"].format(**found)]
    if not found["works"]:
        told.append(words["closed"])
    told += [line for grant in found["grants"] for line in _grant(grant, words, at)] or [words["nothing"]]
    if found["recused"]:
        told.append(words["recused"])
    if found["sees"]:
        told.append(words["state"].format(state=STATES[lang].get(found["state"], found["state"])))
        told.append(words["commands"].format(commands=_commands(found["commands"], words, at)))
        told.append(_contact(found["contact"], words))
    return told


def _grant(grant: Mapping[str, Any], words: Mapping[str, str], at: int) -> list[str]:
    id = f" {grant['id']}" if grant["source"] == "given" else words["in_place"].format(**grant) if grant["id"] else ""
    name = words["grant"].format(source=words[grant["source"]], role=ROLES[grant["role"]][at], id=id)
    lines = [f"- {name}: {words['shows' if grant['shows'] else 'hides']}"]
    if not grant["opens_cases"]:
        lines.append(f"    {words['caseless']}")
    if not grant["in_force"]:
        span = {name: (grant[name] or "…")[:16].replace("T", " ") for name in ("since", "until")}
        lines.append(f"    {words['over'].format(**span)}")
    for each in grant["conditions"]:
        wanted, has = (", ".join(each[side]) or words["none"] for side in ("wanted", "found"))
        holds = words["holds" if each["holds"] else "fails"]
        line = words["wants"].format(condition=words[each["condition"]], wanted=wanted, found=has, holds=holds)
        lines.append(f"    {line}")
    if grant["shows"]:
        lines.append(f"    {words['commands'].format(commands=_commands(grant['commands'], words, at))}")
    return lines


def _commands(names: list[str], words: Mapping[str, str], at: int) -> str:
    return ", ".join(COMMANDS[name][at] for name in names) or words["none"]


def _contact(contact: Mapping[str, Any], words: Mapping[str, str]) -> str:
    if contact["may"]:
        return words["contact_yes"].format(parts=", ".join(words[part] for part in contact["parts"]))
    return words["contact_no"].format(why=words.get(contact["why"], contact["why"]))
