"""Follow-up: who asks the party, and what it says."""

from sanfu.contracts import names
from sanfu.desk.domain.deeds.ending import closing_of
from sanfu.desk.domain.deeds.order import Order, keep_secret, refused
from sanfu.desk.domain.parts import handling_units
from sanfu.desk.domain.rounds import content
from sanfu.desk.domain.scope import related
from sanfu.runtime.rules import Draft


def follow_up(order: Order) -> list[Draft]:
    said, case = order.said, order.case
    keep_secret(order, "reason")
    mine = {order.by["unit"], order.home or order.by["unit"]}
    for unit in handling_units(case):
        if any(related(order.pack.units, one, unit) for one in mine):
            raise refused("not-impartial", f"Your unit took part in handling, or is above or below {unit}: others ask.")
    body = {
        "by": order.by, "resolved": said["resolved"], "satisfied": said["satisfied"], "reason": said["reason"],
        "method": said["method"], "attempts": said["attempts"], "evidence": said["evidence"], "round": case["round"],
    }  # fmt: skip
    told = [Draft(names.ISSUE_FOLLOWED_UP, body)]
    if content(body):
        told.append(closing_of(order, "resolved"))
    return told
