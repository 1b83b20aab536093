"""What people read where no rule of the pack gave its own reason."""

from collections.abc import Mapping

REASONS: Mapping[str, Mapping[str, str]] = {
    "emergency": {"zh": "紧急事项：立即交办，并通知属地", "en": "Emergency: assigned at once, the place is told too"},
    "no_place": {
        "zh": "紧急事项：立即交办；地点所在镇街不明",
        "en": "Emergency: assigned at once; in which town it is, is not known",
    },
    "alarmed": {"zh": "升级为紧急事项：立即通知应急与属地", "en": "Became an emergency: told at once"},
    "sealed": {"zh": "密封事项：只交纪检联络员", "en": "Sealed: for the discipline liaison only"},
    "thanks": {"zh": "表扬感谢：不派单", "en": "Thanks: not dispatched"},
    "spam": {"zh": "无效信息：不派单", "en": "Spam: not dispatched"},
    "consult": {"zh": "咨询：可直接答复", "en": "A question: may be answered at once"},
    "confidential": {"zh": "保密事项：由人工决定", "en": "Confidential: a person decides"},
    "unsure": {"zh": "没有规则有把握：由人工决定", "en": "No rule was sure: a person decides"},
    "place": {"zh": "应由属地办理，但地点所在镇街不明", "en": "For the town of the place, which is not known"},
    "recusal": {"zh": "诉求涉及该单位，应当回避", "en": "The issue complains of this unit, which must not lead"},
    "second_return": {"zh": "第二次退单：由协调推进组裁定", "en": "Returned again: the coordination group decides"},
    "rerouted": {"zh": "首次退单：按退单单位的建议改派", "en": "First return: routed again, as the unit proposed"},
    "wrong_proposal": {
        "zh": "首次退单，建议的承办单位不能牵头：由人工决定",
        "en": "First return, and the unit proposed can't lead: a person decides",
    },
    "hint": {"zh": "文中有该类别的关键词", "en": "Words of this category are in the text"},
    "guess": {"zh": "分类器：像是“{category}”", "en": "The classifier takes it for “{category}”"},
    "guessed": {"zh": "分类器有把握：“{category}”", "en": "The classifier is sure: “{category}”"},
    "alarming": {"zh": "分类器提示：可能紧急，请先看", "en": "The classifier: may be an emergency, look first"},
    "proposed": {"zh": "退单单位建议的承办单位", "en": "The unit that the returning one proposes"},
    "wished": {"zh": "报送时选定的类别", "en": "The category that was chosen for it"},
    "fallback": {"zh": "兜底单位", "en": "Fallback unit"},
}


def reason(code: str, locale: str) -> str:
    return REASONS[code]["zh" if locale.startswith("zh") else "en"]
