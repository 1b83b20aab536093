"""A deadline's arithmetic in words, step by step, in Chinese and English."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sanfu.contracts.envelope import instant, moment
from sanfu.sla.domain.deadlines import Deadline, Step

LOCALES = ("zh", "en")
WORDS: Mapping[str, tuple[str, str]] = {
    "year_unknown": (
        "没有{year}年的放假调休数据：按每天都是工作日计算，请尽快补充",
        "no holidays are known for {year}: reckoned as if every date were a working day; bring the data up to date",
    ),
    "start": ("起算，时限：{limit}", "starts; limit: {limit}"),
    "same_day": ("截止时点之前派出：当天下班时止", "dispatched before the cut-off: ends with the day's service"),
    "after_cut_off": ("已到或已过当天截止时点", "the day's cut-off has come"),
    "day_off": ("{day}不上班", "{day} has no service"),
    "next_service_day": ("下一服务日下班时止", "ends with the service of the next day that has any"),
    "nth_day": ("派出日为第0天，第{n}天是{day}", "the day of dispatch is day 0; day {n} is {day}"),
    "nth_working_day": (
        "派出日为第0天，第{n}个工作日是{day}",
        "the day of dispatch is day 0; working day {n} is {day}",
    ),
    "rolls": ("止于休息日，顺延至{day}", "ends on a day off: rolls to {day}"),
    "end_of_service": ("该日下班时止", "ends with that day's service"),
    "end_of_ordinary_week": ("该日不上班：按平常一周最晚的下班时间", "a day off: the latest end of an ordinary week"),
    "same_time": ("止于该日同一时刻", "ends that day at the same time of day"),
    "days_worth": ("{n}天折合{minutes}服务分钟", "{n} days are worth {minutes} minutes of service"),
    "minutes": ("{n}分钟，不停表", "{n} minutes by the clock"),
    "service_minutes": ("{n}服务分钟", "{n} minutes of service"),
    "extended": ("延期{limit}", "extended by {limit}"),
    "paused_by_the_clock": ("{begins}至{ends}暂停，顺延{seconds}秒", "paused {begins} to {ends}: moved by {seconds} s"),
    "paused_by_service": (
        "{begins}至{ends}暂停，其中服务时间{seconds}秒，顺延同样的服务时间",
        "paused {begins} to {ends}, {seconds} s of it service: moved by as much service",
    ),
    "pause_too_late": ("暂停开始时已经超期：不影响时限", "this pause began when the limit had passed: changes nothing"),
    "capped": ("不得晚于“{grade}”（{limit}）：取较早者", "never later than {grade} ({limit}): the earlier holds"),
    "asked": ("上级要求的时限更早：以其为准", "who sent it asked for an earlier limit: that holds"),
    "limit": ("到此时刻即为红灯", "red from this instant on"),
    "yellow_at_start": ("黄灯时刻早于起算：起算时即为黄灯", "yellow would lie before the start: yellow at once"),
    "yellow_same_day": ("黄灯：止时之前{n}分钟（按钟点）", "yellow: {n} minutes before, by the clock"),
    "yellow_calendar_days": ("黄灯：提前{n}个24小时", "yellow: {n} × 24 hours before"),
    "yellow_working_days": (
        "黄灯：提前{n}个工作日的同一时刻",
        "yellow: {n} working days before, at the same time",
    ),
    "yellow_service_minutes": ("黄灯：止时之前{n}分钟（按钟点）", "yellow: {n} minutes before, by the clock"),
    "yellow_minutes": ("黄灯：止时之前{n}分钟", "yellow: {n} minutes before"),
}
"""code of a step → (Chinese, English)."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A deadline with the steps that led to it. Instants are shown in `zone`."""

    deadline: Deadline
    zone: tzinfo

    def lines(self, locale: str) -> list[str]:
        """Return one line a step: the local time it led to, and why."""
        return [f"{self._shown(step.at):16}  {self.sentence(step, locale)}" for step in self.deadline.steps]

    def sentence(self, step: Step, locale: str) -> str:
        values = {name: self._value(name, value) for name, value in step.values.items()}
        return WORDS[step.code][LOCALES.index(locale)].format(**values)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON would have it."""
        found = self.deadline
        steps = [
            {
                "step": step.code,
                "at": instant(step.at) if step.at else None,
                "values": dict(step.values),
                **{locale: self.sentence(step, locale) for locale in LOCALES},
            }
            for step in found.steps
        ]
        yellow = instant(found.yellow) if found.yellow else None
        return {"limit": instant(found.limit), "yellow": yellow, "unknown_year": found.unknown_year, "steps": steps}

    def _shown(self, at: datetime | None) -> str:
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M") if at else ""

    def _value(self, name: str, value: str | int) -> str | int:
        return self._shown(moment(value)) if name in ("begins", "ends") and isinstance(value, str) else value
