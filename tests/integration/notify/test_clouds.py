"""Aliyun, Tencent, robots and webhooks, each with a peer that really listens and answers as theirs do."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from sanfu.notify.adapters import aliyun, tencent, webhook
from sanfu.notify.adapters.aliyun import AliyunSms
from sanfu.notify.adapters.robots import Robot, Robots, signature
from sanfu.notify.adapters.tencent import TencentSms
from sanfu.notify.adapters.webhook import Endpoint, Webhooks
from sanfu.notify.domain.addresses import networked
from sanfu.notify.domain.breaker import FAILURES
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.handlers.carrier import Carrier, Line
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Message, Provider, Sender
from tests.integration.notify.providers import Peer, peer

VALUES = {"number": "SF7K2-9MQ4X", "due": "5月9日 17:30"}
APPROVED = {"aliyun": "SMS_1", "tencent": "11"}
SMS = Message("d1", "13900000001", None, "【义乌三服务】…", approved=APPROVED, variables=VALUES)
PLAIN = Message("d1", "tax", "红灯", "SF7K2-9MQ4X已超期\n@所有人 [看](http://x.example)")


async def sent(sender: Sender, message: Message) -> Outcome:
    try:
        return await sender.send(message)
    finally:
        await sender.close()


def at_aliyun(at: Peer) -> AliyunSms:
    return AliyunSms("LTAI", "secret", "义乌三服务", at.url)


def at_tencent(at: Peer) -> TencentSms:
    return TencentSms("AKID", "secret", "1400000001", "义乌三服务", url=at.url)


async def test_aliyun_gets_the_template_its_variables_and_a_signature_over_all_of_it() -> None:
    async with peer((200, {"Code": "OK", "BizId": "9001^0", "RequestId": "r"})) as it:
        assert await sent(at_aliyun(it), SMS) == Sent("9001^0")
    (asked,) = it.asked
    assert {n: asked.query[n] for n in ("PhoneNumbers", "SignName", "TemplateCode", "OutId")} == {
        "PhoneNumbers": SMS.to, "SignName": "义乌三服务", "TemplateCode": "SMS_1", "OutId": "d1",
    }  # fmt: skip
    assert json.loads(asked.query["TemplateParam"]) == VALUES
    signed = {n: v for n, v in asked.headers.items() if n == "host" or n.startswith("x-acs-")}
    query = aliyun.canonical_query(asked.query)
    assert asked.headers["authorization"] == aliyun.authorization(query, signed, "LTAI", "secret")


async def test_tencent_gets_the_template_its_variables_in_their_order_and_a_signature() -> None:
    status = {"SerialNo": "2640:1", "Code": "Ok", "PhoneNumber": "+8613900000001"}
    async with peer((200, {"Response": {"SendStatusSet": [status], "RequestId": "r"}})) as it:
        assert await sent(at_tencent(it), SMS) == Sent("2640:1")
    (asked,) = it.asked
    assert json.loads(asked.body) == {
        "PhoneNumberSet": ["+8613900000001"], "SmsSdkAppId": "1400000001", "SignName": "义乌三服务", "TemplateId": "11",
        "TemplateParamSet": [*VALUES.values()], "SessionContext": "d1",
    }  # fmt: skip
    assert asked.headers["x-tc-action"] == "SendSms"
    at = datetime.fromtimestamp(int(asked.headers["x-tc-timestamp"]), UTC)
    expected = tencent.authorization(asked.body, asked.headers["host"], at, "AKID", "secret")
    assert asked.headers["authorization"] == expected


def failed(code: str) -> dict[str, Any]:
    return {"Response": {"SendStatusSet": [{"SerialNo": "", "Code": code}], "RequestId": "r"}}


FULL = "LimitExceeded.PhoneNumberOneHourLimit"
BLACK = "FailedOperation.PhoneNumberInBlacklist"
BAD = "FailedOperation.TemplateIncorrectOrUnapproved"


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, failed(FULL), Retry(FULL, 3600, about="message")),
        (200, failed(BLACK), Rejected(BLACK, dead=True)),
        (200, failed(BAD), Rejected(BAD, elsewhere=True)),
        (200, failed("FailedOperation.InsufficientBalanceInSmsPackage"),
         Retry("FailedOperation.InsufficientBalanceInSmsPackage")),
        (200, {"Response": {"Error": {"Code": "AuthFailure.SecretIdNotFound"}}}, Retry("AuthFailure.SecretIdNotFound")),
        (200, {"Response": {"Error": {"Code": "RequestLimitExceeded.IPLimitExceeded"}}},
         Retry("RequestLimitExceeded.IPLimitExceeded", about="pace")),
        (200, failed("InternalError.Timeout"), Lost("InternalError.Timeout")),
        (200, failed("InternalError.OtherError"), Lost("InternalError.OtherError")),
        (200, {"Response": {"Error": {"Code": "InternalError"}}}, Lost("InternalError")),
        (500, failed(BLACK), Lost("http_500")),
        (200, {"Response": {}}, Lost("no_code")),
        (200, "<html>", Lost("no_response")),
        (502, "", Lost("http_502")),
        (400, {"Response": {"Error": {"Code": "AuthFailure.SignatureExpire"}}}, Retry("AuthFailure.SignatureExpire")),
        (400, failed(BLACK), Rejected(BLACK, dead=True)),
        (400, {"Response": {"Error": "broken"}}, Retry("http_400")),
        (400, {"Response": {"SendStatusSet": [7]}}, Retry("http_400")),
        (400, failed("Ok"), Lost("http_400")),
        (429, failed(FULL), Retry(FULL, 3600, about="message")),
    ],
)  # fmt: skip
async def test_what_tencent_answers_says_whether_to_try_again_and_where(
    status: int, answer: Any, outcome: Outcome
) -> None:
    async with peer((status, answer)) as it:
        assert await sent(at_tencent(it), SMS) == outcome


@pytest.mark.parametrize(
    ("status", "answer", "outcome"),
    [
        (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, Retry("isv.BUSINESS_LIMIT_CONTROL", 60, about="message")),
        (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, Rejected("isv.MOBILE_NUMBER_ILLEGAL", dead=True)),
        (200, {"Code": "isv.SMS_TEMPLATE_ILLEGAL"}, Rejected("isv.SMS_TEMPLATE_ILLEGAL", elsewhere=True)),
        (200, {"Code": "isv.AMOUNT_NOT_ENOUGH"}, Retry("isv.AMOUNT_NOT_ENOUGH")),
        (200, {"Code": "Throttling.User"}, Retry("Throttling.User", about="pace")),
        (200, {"Code": "isp.SYSTEM_ERROR"}, Lost("isp.SYSTEM_ERROR")),
        (500, {"Code": "InternalError"}, Lost("http_500")),
        (400, {"Code": "SignatureDoesNotMatch"}, Retry("SignatureDoesNotMatch")),
        (400, {"Code": "InvalidTimeStamp.Expired"}, Retry("InvalidTimeStamp.Expired")),
        (400, {"Code": "Throttling.User"}, Retry("Throttling.User", about="pace")),
        (400, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, Retry("isv.BUSINESS_LIMIT_CONTROL", 60, about="message")),
        (400, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, Rejected("isv.MOBILE_NUMBER_ILLEGAL", dead=True)),
        (400, {"Code": "isv.SMS_TEMPLATE_ILLEGAL"}, Rejected("isv.SMS_TEMPLATE_ILLEGAL", elsewhere=True)),
        (400, {"Code": ["x"]}, Retry("http_400")),
        (400, "<html>", Retry("http_400")),
        (413, "", Retry("http_413")),
        (400, {"Code": "OK"}, Lost("http_400")),
        (403, {"Code": "InvalidAccessKeyId.Inactive"}, Retry("InvalidAccessKeyId.Inactive")),
        (404, {"Code": "InvalidAccessKeyId.NotFound"}, Retry("InvalidAccessKeyId.NotFound")),
        (429, "", Retry("http_429", about="pace")),
        (503, {"Code": "ServiceUnavailable"}, Retry("ServiceUnavailable")),
        (504, {"Code": "Throttling.User"}, Lost("http_504")),
        (200, {}, Lost("no_code")),
        (200, {"Code": ["OK"]}, Lost("no_code")),
        (504, "", Lost("http_504")),
    ],
)
async def test_what_aliyun_answers_says_whether_to_try_again_and_where(
    status: int, answer: Any, outcome: Outcome
) -> None:
    async with peer((status, answer)) as it:
        assert await sent(at_aliyun(it), SMS) == outcome


async def test_how_long_a_cloud_wants_to_be_left_alone_is_heard_along_with_its_code() -> None:
    async with peer((503, {"Code": "ServiceUnavailable"}, {"retry-after": "7"})) as it:
        assert await sent(at_aliyun(it), SMS) == Retry("ServiceUnavailable", 7)


async def test_a_wrong_key_of_the_first_cloud_loses_nothing_while_the_second_carries() -> None:
    wrong = (400, {"Code": "SignatureDoesNotMatch", "Message": "13900000001"})
    taken = (200, {"Response": {"SendStatusSet": [{"SerialNo": "2640:1", "Code": "Ok"}]}})
    async with peer(*[wrong] * FAILURES) as first, peer(*[taken] * (FAILURES + 1)) as second:
        lines = [Line(Provider("aliyun", at_aliyun(first))), Line(Provider("tencent", at_tencent(second)))]
        carrier = Carrier("sms", lines, NotifyMetrics.on(CollectorRegistry()))
        for _ in range(FAILURES + 1):
            assert await carrier.send(SMS) == Sent("2640:1", provider="tencent")
        await carrier.close()
    assert (len(first.asked), lines[0].why) == (FAILURES, "SignatureDoesNotMatch")
    assert lines[0].breaker.is_down, "somebody is told of it"


async def test_a_text_that_a_provider_did_not_approve_is_not_offered_to_it() -> None:
    message = Message("d1", SMS.to, None, "t")
    async with peer((200, {})) as it:
        assert await sent(at_aliyun(it), message) == Rejected("no_approved_template", elsewhere=True)
        assert await sent(at_tencent(it), message) == Rejected("no_approved_template", elsewhere=True)
    assert it.asked == []


@pytest.mark.parametrize(
    ("number", "written"),
    [("139 0000-0001", "+8613900000001"), ("8613900000001", "+8613900000001"), ("+85291234567", "+85291234567")],
)
def test_a_number_of_the_mainland_gets_its_prefix(number: str, written: str) -> None:
    assert tencent._written(number) == written


async def test_a_dingtalk_robot_gets_plain_words_signed_and_nobody_is_named_by_them() -> None:
    async with peer((200, {"errcode": 0, "errmsg": "ok"})) as it:
        robots = Robots("dingtalk", {"tax": Robot(f"{it.url}/robot/send?access_token=a", "SECx")}, now=lambda: 7.5)
        assert await sent(robots, PLAIN) == Sent(None)
    (asked,) = it.asked
    assert asked.query == {"access_token": "a", "timestamp": "7500", "sign": signature("7500", "SECx")}
    assert json.loads(asked.body) == {"msgtype": "text", "text": {"content": f"{PLAIN.subject}\n{PLAIN.text}"}}


async def test_a_wecom_robots_text_is_cut_between_characters_to_what_it_takes() -> None:
    async with peer((200, {"errcode": 0})) as it:
        message = Message("d1", "anybody", None, "长" * 3000)
        assert await sent(Robots("wecom", {"*": Robot(it.url)}), message) == Sent(None)
    text = json.loads(it.asked[0].body)["text"]["content"]
    assert 1990 <= len(text.encode()) <= 2000
    assert text.endswith("长…")


@pytest.mark.parametrize(
    ("kind", "answer", "outcome"),
    [
        ("dingtalk", {"errcode": 130101}, Retry("errcode_130101", 600, about="pace")),
        ("dingtalk", {"errcode": 310000}, Retry("errcode_310000", about="message")),
        ("wecom", {"errcode": 45009}, Retry("errcode_45009", 60, about="pace")),
        ("wecom", {"errcode": -1}, Retry("errcode_-1")),
        ("wecom", {"ok": True}, Lost("no_errcode")),
    ],
)
async def test_what_a_robot_answers_is_about_that_robot(kind: str, answer: Any, outcome: Outcome) -> None:
    async with peer((200, answer)) as it:
        assert await sent(Robots(kind, {"*": Robot(it.url)}), PLAIN) == outcome


async def test_who_has_neither_robot_nor_endpoint_has_no_address() -> None:
    assert await sent(Robots("wecom", {}), PLAIN) == Rejected("no_address")
    assert await sent(Webhooks({}), PLAIN) == Rejected("no_address")


HERE = (networked("127.0.0.0/8"),)


async def test_a_webhook_is_signed_with_each_secret_while_they_are_changed_and_follows_no_redirect() -> None:
    old, new = b"o" * 24, b"n" * 24
    async with peer((200, {}), (307, "")) as it:
        hooks = Webhooks({"tax": Endpoint(f"{it.url}/in", [new, old], HERE)}, now=lambda: 1778032800.9)
        assert await hooks.send(PLAIN) == Sent(None)
        assert await sent(hooks, PLAIN) == Retry("http_307")
    first = it.asked[0]
    assert json.loads(first.body) == {"id": "d1", "to": "tax", "subject": PLAIN.subject, "text": PLAIN.text}
    expected = webhook.signed("d1", 1778032800, first.body, [new, old])
    assert {name: first.headers[name] for name in expected} == expected
    assert expected["webhook-signature"].count("v1,") == 2
