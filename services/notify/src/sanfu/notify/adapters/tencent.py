"""SMS by Tencent Cloud (2021-01-11, `SendSms`): approved templates with their variables, signed TC3-HMAC-SHA256."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson

from sanfu.notify.adapters.calls import Caller, answered, json_of, meant_with_code
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.ports import Message

VERSION, ALGORITHM, SERVICE = "2021-01-11", "TC3-HMAC-SHA256", "sms"
TYPE = "application/json"
FULL: Mapping[str, float] = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30.0, "LimitExceeded.PhoneNumberOneHourLimit": 3600.0,
    "LimitExceeded.PhoneNumberDailyLimit": 21600.0, "LimitExceeded.PhoneNumberSameContentDailyLimit": 21600.0,
    "LimitExceeded.DeliveryFrequencyLimit": 60.0,
}  # fmt: skip
"""This number has had enough: seconds until another try."""
DEAD = frozenset({"FailedOperation.PhoneNumberInBlacklist", "InvalidParameterValue.IncorrectPhoneNumber"})
TEXT = frozenset(
    {
        "FailedOperation.ContainSensitiveWord", "FailedOperation.TemplateIncorrectOrUnapproved",
        "FailedOperation.SignatureIncorrectOrUnapproved", "FailedOperation.MissingTemplateToModify",
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate", "InvalidParameterValue.ContentLengthLimit",
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        "InvalidParameterValue.TemplateParameterFormatError",
        "InvalidParameterValue.TemplateParameterLengthLimit",
    }
)  # fmt: skip
"""This text, at this provider: another may take it."""
_MAINLAND = re.compile(r"(?:\+?86)?(1\d{10})")


@dataclass(slots=True)
class TencentSms(Caller):
    """`ports.Sender`. `app` is the SDK's app id, `sign` the approved signature."""

    id: str
    secret: str = field(repr=False)
    app: str
    sign: str
    region: str = "ap-guangzhou"
    url: str = "https://sms.tencentcloudapi.com"
    name: str = "tencent"

    async def send(self, message: Message) -> Outcome:
        template = message.approved.get(self.name)
        if template is None:
            return Rejected("no_approved_template", elsewhere=True)
        body = orjson.dumps(
            {
                "PhoneNumberSet": [_written(message.to)], "SmsSdkAppId": self.app, "SignName": self.sign,
                "TemplateId": template, "TemplateParamSet": [*message.variables.values()], "SessionContext": message.id,
            }
        )  # fmt: skip
        at, host = datetime.now(UTC), httpx.URL(self.url).netloc.decode()
        headers = {
            "host": host, "content-type": TYPE, "x-tc-action": "SendSms", "x-tc-version": VERSION,
            "x-tc-region": self.region, "x-tc-timestamp": str(int(at.timestamp())),
            "authorization": authorization(body, host, at, self.id, self.secret),
        }  # fmt: skip
        answer = await answered(self._connections, self.url, content=body, headers=headers)
        return _outcome(answer) if isinstance(answer, httpx.Response) else answer


def authorization(body: bytes, host: str, at: datetime, id: str, secret: str) -> str:
    """Sign a POST of JSON to `/`: its type and the host are signed with it."""
    day, seconds, signed = at.strftime("%Y-%m-%d"), int(at.timestamp()), "content-type;host"
    headers = f"content-type:{TYPE}\nhost:{host}\n"
    asked = "\n".join(("POST", "/", "", headers, signed, hashlib.sha256(body).hexdigest()))
    scope = f"{day}/{SERVICE}/tc3_request"
    to_sign = f"{ALGORITHM}\n{seconds}\n{scope}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for part in (day, SERVICE, "tc3_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}"


def _written(to: str) -> str:
    """A number of the mainland as E.164 has it; any other as it stands."""
    found = _MAINLAND.fullmatch(re.sub(r"[ -]", "", to))
    return f"+86{found[1]}" if found else to


def _outcome(answer: httpx.Response) -> Outcome:
    response = json_of(answer).get("Response")
    said = _said(response) if isinstance(response, dict) else None
    if answer.is_success:
        return said or Lost("no_code" if isinstance(response, dict) else "no_response")
    return meant_with_code(answer, said)


def _said(response: Mapping[str, Any]) -> Outcome | None:
    """What its code means: that of the whole call, or that of the one number. None: it has none."""
    statuses = response.get("SendStatusSet")
    found = response.get("Error") or (statuses[0] if isinstance(statuses, list) and statuses else None)
    if not isinstance(found, dict) or not isinstance(code := found.get("Code"), str):
        return None
    return Sent(str(found.get("SerialNo", ""))[:100] or None) if code == "Ok" else _refused(code)


def _refused(code: str) -> Outcome:
    code = code[:80]
    if code in FULL:
        return Retry(code, FULL[code], about="message")
    if code in DEAD:
        return Rejected(code, dead=True)
    if code in TEXT:
        return Rejected(code, elsewhere=True)
    if code.startswith("InternalError"):  # after it was handed on, perhaps
        return Lost(code)
    if code.startswith("RequestLimitExceeded"):
        return Retry(code, about="pace")
    return Retry(code)
