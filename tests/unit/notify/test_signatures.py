"""Our signatures are those of the providers' own SDKs.

`signatures.json` was made by running alibabacloud-openapi-util 0.2.4 (`Client.get_authorization`), the common package
3.1.195 of Tencent Cloud's SDK (`_build_req_with_tc3_signature`), standardwebhooks 1.1.0 (`Webhook.sign`), and the
sample that DingTalk's page on its robots shows, each with these requests, instants and keys.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from sanfu.notify.adapters import aliyun, robots, tencent, webhook


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "signatures.json").read_text())
    return found


def test_aliyuns(made: dict[str, Any]) -> None:
    one = made["aliyun"]
    query = aliyun.canonical_query(one["params"])
    found = aliyun.authorization(query, one["headers"], "LTAIexample", "secret-of-the-example")
    assert found == one["authorization"]


def test_tencents(made: dict[str, Any]) -> None:
    one = made["tencent"]
    at = datetime.fromtimestamp(one["at"], UTC)
    found = tencent.authorization(one["body"].encode(), one["host"], at, "AKIDexample", "secret-of-the-example")
    assert found == one["authorization"]


def test_webhooks(made: dict[str, Any]) -> None:
    one = made["webhook"]
    secret = webhook.secret_bytes(one["secret"])
    found = webhook.signed(one["id"], one["at"], one["body"].encode(), [secret])
    assert found["webhook-signature"] == one["signature"]


def test_dingtalks(made: dict[str, Any]) -> None:
    one = made["dingtalk"]
    assert quote_plus(robots.signature(str(one["at"] * 1000), one["secret"])) == one["sign"]


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_!!!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2hvcnQ="])
def test_what_is_no_secret_of_a_webhook_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ValueError, match="whsec_ and 16 to 64") as caught:
        webhook.secret_bytes(text)
    assert "c2hvcnQ" not in str(caught.value)
