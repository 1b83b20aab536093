"""SMS by any gateway that takes an HTTP POST: address, headers and body are settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from sanfu.notify.adapters.calls import Caller, called, json_of
from sanfu.notify.domain.delivery import Outcome, Sent
from sanfu.notify.ports import Message


@dataclass(slots=True)
class GatewaySms(Caller):
    """`ports.Sender`. In the body's texts, {to}, {text} and {id} are put in; `id_field` of the answer is kept."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: Mapping[str, Any]
    id_field: str = "id"

    async def send(self, message: Message) -> Outcome:
        answer = await called(self._connections, self.url, json=_filled(self.body, message), headers=self.headers)
        if not isinstance(answer, httpx.Response):
            return answer
        found = json_of(answer).get(self.id_field)
        return Sent(None if found is None else str(found)[:100])


def _filled(template: Any, message: Message) -> Any:
    """Put the message into every text of the template; a brace that is no placeholder stays."""
    if isinstance(template, Mapping):
        return {name: _filled(value, message) for name, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, message) for value in template]
    if not isinstance(template, str):
        return template
    parts = {"{to}": message.to, "{id}": message.id, "{text}": message.text}
    return parts.get(template) or _replaced(template, parts)


def _replaced(template: str, parts: Mapping[str, str]) -> str:
    for name, value in parts.items():
        template = template.replace(name, value)
    return template
