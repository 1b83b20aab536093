"""SMS by Aliyun (Dysmsapi 2017-05-25, `SendSms`): approved templates with their variables, signed ACS3-HMAC-SHA256."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import orjson

from sanfu.notify.adapters.calls import Caller, answered, json_of, meant_with_code
from sanfu.notify.domain.delivery import Lost, Outcome, Rejected, Retry, Sent
from sanfu.notify.ports import Message

VERSION, ALGORITHM = "2017-05-25", "ACS3-HMAC-SHA256"
UNKNOWN = frozenset({"isp.SYSTEM_ERROR", "isp.GATEWAY_ERROR", "isp.UNKNOWN"})
"""Its own trouble, after it was handed on, perhaps."""
FULL = "isv.BUSINESS_LIMIT_CONTROL"
"""This number has had as much as Aliyun's own rules allow in a minute, an hour or a day; it does not say which."""
FULL_S = 60.0
DEAD = frozenset({"isv.MOBILE_NUMBER_ILLEGAL"})
"""The number is none."""
TEXT = frozenset(
    {
        "isv.SMS_TEMPLATE_ILLEGAL", "isv.SMS_SIGNATURE_ILLEGAL", "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.INVALID_PARAMETERS", "isv.INVALID_JSON_PARAM", "isv.BLACK_KEY_CONTROL_LIMIT", "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL", "isv.TEMPLATE_PARAMS_ILLEGAL", "isv.SMS_CONTENT_ILLEGAL",
    }
)  # fmt: skip
"""This text, at this provider: another may take it."""


@dataclass(slots=True)
class AliyunSms(Caller):
    """`ports.Sender`. `sign` is the approved signature, put before the text by Aliyun."""

    key: str
    secret: str = field(repr=False)
    sign: str
    url: str = "https://dysmsapi.aliyuncs.com"
    name: str = "aliyun"

    async def send(self, message: Message) -> Outcome:
        template = message.approved.get(self.name)
        if template is None:
            return Rejected("no_approved_template", elsewhere=True)
        asked = {
            "PhoneNumbers": message.to, "SignName": self.sign, "TemplateCode": template, "OutId": message.id,
            "TemplateParam": orjson.dumps(dict(message.variables)).decode(),
        }  # fmt: skip
        query = canonical_query(asked)
        headers = {
            "host": httpx.URL(self.url).netloc.decode(), "x-acs-action": "SendSms", "x-acs-version": VERSION,
            "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "x-acs-signature-nonce": uuid4().hex,
            "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        }  # fmt: skip
        headers["authorization"] = authorization(query, headers, self.key, self.secret)
        answer = await answered(self._connections, f"{self.url}/?{query}", headers=headers)
        return _outcome(answer) if isinstance(answer, httpx.Response) else answer


def canonical_query(asked: Mapping[str, str]) -> str:
    """Write parameters as they are signed: by name, percent-encoded as RFC 3986 says."""
    return "&".join(f"{quote(name, safe='~')}={quote(asked[name], safe='~')}" for name in sorted(asked))


def authorization(query: str, headers: Mapping[str, str], key: str, secret: str) -> str:
    """Sign a POST to `/` without a body. `headers`: those that are signed, names in lower case."""
    names = sorted(headers)
    written = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    asked = "\n".join(("POST", "/", query, written, ";".join(names), headers["x-acs-content-sha256"]))
    to_sign = f"{ALGORITHM}\n{hashlib.sha256(asked.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), to_sign.encode(), "sha256").hex()
    return f"{ALGORITHM} Credential={key},SignedHeaders={';'.join(names)},Signature={signature}"


def _outcome(answer: httpx.Response) -> Outcome:
    body = json_of(answer)
    said = _said(body["Code"][:80], body) if isinstance(body.get("Code"), str) else None
    return (said or Lost("no_code")) if answer.is_success else meant_with_code(answer, said)


def _said(code: str, body: Mapping[str, Any]) -> Outcome:
    if code == "OK":
        return Sent(str(body.get("BizId", ""))[:100] or None)
    if code == FULL:
        return Retry(code, FULL_S, about="message")
    if code in DEAD:
        return Rejected(code, dead=True)
    if code in TEXT:
        return Rejected(code, elsewhere=True)
    if code in UNKNOWN or code.startswith("InternalError"):
        return Lost(code)
    return Retry(code, about="pace" if code.startswith("Throttling") else "provider")
