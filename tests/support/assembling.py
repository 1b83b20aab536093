"""How the five services are put together for a journey: settings, keys, topics."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import httpx
import orjson

from sanfu.city.calendar import Holidays
from sanfu.city.holidays_cn import national_calendar
from sanfu.city.model.pack import Pack
from sanfu.city.watching import PackHolder
from sanfu.contracts import names
from sanfu.contracts.registry import SERVICES
from sanfu.desk import app as desk
from sanfu.desk.settings import DeskSettings
from sanfu.intake import app as intake
from sanfu.intake.settings import IntakeSettings
from sanfu.notify import app as notify
from sanfu.notify.carrying import Senders
from sanfu.notify.settings import NotifySettings
from sanfu.router import app as router
from sanfu.router.settings import RouterSettings
from sanfu.runtime.sealing import Keys
from sanfu.runtime.service import Parts, Service
from sanfu.sla import app as sla
from sanfu.sla.settings import SlaSettings
from tests.support.packs import A_DAY, SHIPPED
from tests.support.people import token

KEYS = Keys("k1", {"k1": b"k" * 32}, b"i" * 32)
RING = orjson.dumps(
    {
        "current": KEYS.current,
        "keys": {name: base64.b64encode(key).decode() for name, key in KEYS.ring.items()},
        "index_key": base64.b64encode(KEYS.index).decode(),
    }
).decode()
OPS_TOKEN = "operators-token-of-tests"
REPLYING = ("housing-construction", "tax")
"""Units whose own systems answer in a journey: a real broker would have to carry the others' topics for nothing."""
PARTITIONS = 4
"""Of the story: enough for several issues to lie apart."""


@cache
def packs() -> PackHolder:
    """Hold the shipped pack: read once, for it takes half a second."""
    return PackHolder(SHIPPED, today=lambda: A_DAY)


@cache
def holidays() -> Holidays:
    return national_calendar()


@dataclass(frozen=True, slots=True)
class NotifyParts:
    """What notify is given: who carries each medium, and settings beside those of tests; and what desk is: settings,
    and how it asks notify."""

    senders: Senders
    settings: Mapping[str, Any] = field(default_factory=dict)
    desk: Mapping[str, Any] = field(default_factory=dict)
    asking: httpx.AsyncBaseTransport | None = None


def assembled(
    name: str, parts: Parts, telling: NotifyParts, ordinal: int = 0, holder: PackHolder | None = None
) -> Service:
    """Make one service, or a further copy of it, on these parts, with this pack or the shipped one."""
    there = holder or packs()
    settings = settings_of(name, there.current).model_copy(update={"ordinal": ordinal})
    match settings:
        case IntakeSettings():
            return intake.assemble(settings, parts, lambda: there.current)
        case RouterSettings():
            return router.assemble(settings, parts, there)
        case SlaSettings():
            return sla.assemble(settings, parts, there, holidays())
        case NotifySettings():
            return notify.assemble(settings.model_copy(update=telling.settings), parts, there, telling.senders)
        case DeskSettings():
            settings = settings.model_copy(update=telling.desk)
            return desk.assemble(settings, parts, there, holidays(), asking=telling.asking)


Settings = IntakeSettings | RouterSettings | SlaSettings | NotifySettings | DeskSettings


PAGES, INTAKE, TOLD = "http://city.example", "http://intake.example", "http://told.example"
"""Where parties find desk's pages, and where their browsers find intake, and notify."""


def channel_key(channel: str) -> str:
    return f"{channel}-key-".ljust(40, "x")


def settings_of(name: str, pack: Pack) -> Settings:
    """Settings of a service for tests; nothing is read from files."""
    match name:
        case "intake":
            keys = {code: channel_key(code) for code, channel in pack.channels.items() if channel.keyed}
            seeds = orjson.dumps(keys).decode()
            return IntakeSettings(
                keys=RING,
                ops_token=OPS_TOKEN,
                channel_keys=seeds,
                public_rate="1000/minute",
                public_url=PAGES,
                open311_reading="10000/minute",
                open311_writing="10000/minute",
            )
        case "router":
            return RouterSettings(ops_token=OPS_TOKEN)
        case "sla":
            return SlaSettings(ops_token=OPS_TOKEN)
        case "notify":
            return NotifySettings(keys=RING, ops_token=OPS_TOKEN, public_url=PAGES)
    tokens = orjson.dumps({user: token(user) for user in pack.staff}).decode()
    return DeskSettings(keys=RING, ops_token=OPS_TOKEN, user_tokens=tokens, intake_url=INTAKE, messages_url=TOLD)


def topics(pack: Pack) -> dict[str, int]:
    """Every topic that the services need, with its partitions."""
    units = [unit.code for unit in pack.units.values() if unit.has_topic]
    single = [names.DIRECTORY, *map(names.unit_topic, units), *map(names.dead_letter_topic, SERVICES)]
    single += [topic(code) for code in REPLYING for topic in (names.replies_topic, names.refused_replies_topic)]
    return {names.ISSUES: PARTITIONS, names.AFFAIRS: PARTITIONS, names.CONTACTS: 2, **dict.fromkeys(single, 1)}
