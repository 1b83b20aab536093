"""A party adds what few may read: nobody hears it, and from then on the whole issue is theirs alone."""

import pytest

from tests.support.city import City


@pytest.mark.parametrize(
    ("words", "level"), [("请替我保密，怕对面店主报复", "confidential"), ("村干部收红包才肯修", "sealed")]
)
async def test_what_is_added_in_confidence_is_on_no_topic_and_makes_the_issue_confidential(
    city: City, words: str, level: str
) -> None:
    issue = await city.report("hotline", category="road-lamp", title="路灯不亮", text="路灯坏了三天")
    await city.add(issue, words)
    [changed] = await city.of(issue, "secrecy-changed")
    assert (changed.data["secrecy"], changed.data["supplement"], changed.data["by"]["role"]) == (level, 1, "system")
    assert words not in await city.everything()
    await city.add(issue, "下午在家")
    assert "下午在家" not in await city.everything(), "so is what comes after it"
