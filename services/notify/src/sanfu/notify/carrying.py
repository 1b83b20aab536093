"""Who carries notify's messages: the providers of each medium as the settings name them, and what they are kept by."""

from collections.abc import Mapping, Sequence
from typing import get_args

import orjson

from sanfu.city.model.templates import Medium
from sanfu.notify.adapters.plan import planned
from sanfu.notify.adapters.sms import GatewaySms
from sanfu.notify.adapters.smtp import Server, SmtpMail
from sanfu.notify.handlers.carrier import Carrier, Line
from sanfu.notify.handlers.letters import REHEARSAL, Keeper
from sanfu.notify.handlers.tools import real_now
from sanfu.notify.metrics import NotifyMetrics
from sanfu.notify.ports import Provider, Sender, Stores
from sanfu.notify.settings import NotifySettings
from sanfu.runtime.sealing import Sealer

Senders = Mapping[str, "Sender | Sequence[Provider] | None"]
"""What stands in for the providers of each medium; a sender for its only one; None: it has none."""
Providers = Mapping[str, Sequence[Provider]]
"""The providers of each medium, in the order in which they are asked; none: its messages are skipped, and say so."""


def carrying(settings: NotifySettings, senders: Senders | None, stores: Stores, sealer: Sealer) -> Providers:
    """Say who carries each medium; `senders` stand in for the settings' providers."""
    given = providers(settings) if senders is None else _alone(senders)
    return _kept(settings, given, stores, sealer)


def carriers_of(given: Providers, metrics: NotifyMetrics, call_s: float) -> dict[str, Carrier | None]:
    """Make what hands the messages of each medium to its providers; None where there are none."""
    return {
        medium: Carrier(medium, [Line(one) for one in there], metrics, call_s) if (there := given.get(medium)) else None
        for medium in get_args(Medium)
    }


def providers(settings: NotifySettings) -> Providers:
    """Make the providers that the settings name. Nothing connects yet."""
    if settings.providers is not None:
        try:
            return planned(settings.providers.get_secret_value(), settings.call_s)
        except ValueError as error:
            raise SystemExit(f"SANFU_PROVIDERS: {error}") from None
    sms = settings.sms_url and GatewaySms(
        settings.sms_url, orjson.loads(settings.sms_headers.get_secret_value()), orjson.loads(settings.sms_body),
        settings.sms_id_field, width=settings.sms_at_once, timeout=settings.call_s,
    )  # fmt: skip
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    email = settings.smtp_host and SmtpMail(
        Server(settings.smtp_host, settings.smtp_port, settings.smtp_tls, settings.mail_from, settings.smtp_user,
               password, settings.call_s),
        settings.smtp_at_once,
    )  # fmt: skip
    return _alone({"sms": sms or None, "email": email or None})


def _kept(settings: NotifySettings, given: Providers, stores: Stores, sealer: Sealer) -> Providers:
    """Add the inbox, which needs nobody outside; in a rehearsal everything is kept, and nothing leaves."""
    if settings.rehearsal:
        return {
            medium: [Provider(REHEARSAL, Keeper(stores.letters, sealer, medium, real_now, REHEARSAL))]
            for medium in get_args(Medium)
        }
    return {**given, "inbox": [Provider("inbox", Keeper(stores.letters, sealer, "inbox", real_now))]}


def _alone(senders: Senders) -> Providers:
    return {
        medium: one if isinstance(one, Sequence) else [Provider(medium, one)] if one else []
        for medium, one in senders.items()
    }
