"""What a stack runs besides its servers: the services, the sinks, the creation of topics; and with which settings."""

import importlib.util
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping

from sanfu.stack.places import Places
from sanfu.stack.plan import Plan
from sanfu.stack.programs import Program

SERVICES = ("intake", "router", "sla", "notify", "desk")


def present() -> tuple[str, ...]:
    """Return the services that are installed here."""
    return tuple(name for name in SERVICES if importlib.util.find_spec(f"sanfu.{name}.__main__"))


def url(places: Places, name: str) -> str:
    return f"http://127.0.0.1:{places.port(name)}"


def answers(address: str) -> bool:
    """Tell whether a GET gives a 2xx within a second."""
    try:
        with urllib.request.urlopen(address, timeout=0.8):  # noqa: S310  # our own http addresses only
            return True
    except (OSError, urllib.error.HTTPError):
        return False


def service(plan: Plan, name: str) -> Program:
    """Return a service as a program: `python -m sanfu.<name>`, ready when it says so on /health/ready."""
    places = plan.places
    ready = f"{url(places, name)}/health/ready"
    settings = {"SANFU_PORT": str(places.port(name)), **_own(plan).get(name, {})}
    return _module(plan, name, f"sanfu.{name}", ready=ready, settings=settings)


def _own(plan: Plan) -> dict[str, dict[str, str]]:
    """What one service is told and no other."""
    places = plan.places
    return {
        "intake": {
            "SANFU_CHANNEL_KEYS_FILE": str(places.channel_keys),
            "SANFU_PUBLIC_URL": url(places, "desk"),
        },
        "desk": {
            "SANFU_USER_TOKENS_FILE": str(places.user_tokens),
            "SANFU_INTAKE_URL": url(places, "intake"),
            "SANFU_MESSAGES_URL": url(places, "notify"),
            "SANFU_NOTIFY_URL": url(places, "notify"),
            "SANFU_NOTIFY_KEY_FILE": str(places.notify_key),
        },
        "notify": {
            "SANFU_NOTIFY_KEY_FILE": str(places.notify_key),
            "SANFU_PUBLIC_URL": url(places, "desk"),
            "SANFU_MESSAGES_URL": url(places, "notify"),
            **_sinks(places),
            **({"SANFU_REHEARSAL": "true"} if plan.rehearsal else {}),
        },
    }


def _sinks(places: Places) -> dict[str, str]:
    """Who carries notify's messages: the sinks, unless whoever brings the stack up names others."""
    if {"SANFU_PROVIDERS", "SANFU_PROVIDERS_FILE"} & os.environ.keys():
        return {}
    return {
        "SANFU_SMS_URL": f"{url(places, 'sinks')}/sms",
        "SANFU_SMTP_HOST": "127.0.0.1",
        "SANFU_SMTP_PORT": str(places.port("smtp")),
        "SANFU_SMTP_TLS": "none",  # the sink is on this machine and keeps no secret
    }


def sinks(plan: Plan) -> Program:
    """Return the SMTP sink and SMS gateway sink as a program."""
    ports = {"SANFU_SINKS_PORT": str(plan.places.port("sinks")), "SANFU_SINKS_SMTP": str(plan.places.port("smtp"))}
    return _module(
        plan, "sinks", "sanfu.stack.sinks", ready=f"{url(plan.places, 'sinks')}/health/ready", settings=ports
    )


def topics(plan: Plan) -> Program:
    """Return the creation of missing topics as a program that ends by itself."""
    return Program(
        name="topics",
        command=(sys.executable, "-m", "sanfu.stack.topics"),
        log=plan.places.logs / "topics.log",
        environment=environment(plan),
        once=True,
    )


def environment(plan: Plan) -> dict[str, str]:
    """Return the settings that all services of this stack share."""
    return {
        "SANFU_KAFKA": plan.bootstrap,
        "SANFU_MONGO": plan.mongo_uri,
        "SANFU_PREFIX": plan.prefix,
        "SANFU_CITY": str(plan.city),
        "SANFU_HOST": "127.0.0.1",
        "SANFU_ORDINAL": "0",
        "SANFU_KEYS_FILE": str(plan.places.keys),
        "SANFU_OPS_TOKEN_FILE": str(plan.places.ops_token),
        "PYTHONUNBUFFERED": "1",
        **({"SANFU_CLOCK": str(plan.places.clock)} if plan.anchored else {}),
        **plan.environment,
    }


def _module(plan: Plan, name: str, module: str, *, ready: str, settings: Mapping[str, str]) -> Program:
    return Program(
        name=name,
        command=(sys.executable, "-m", module),
        log=plan.places.logs / f"{name}.log",
        environment={**environment(plan), **settings},
        ready=lambda: answers(ready),
        port=plan.places.port(name),
        stop_within=20,  # a service grants itself 15
    )
