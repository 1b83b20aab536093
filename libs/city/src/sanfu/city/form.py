"""What a channel asks beside what every report has: its own questions, and which of the report's fields it must bring.

Standard library only, as `sanfu.city.model`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

Localised = Mapping[str, str]
QuestionType = Literal["text", "choice", "integer", "yes_no", "date"]
TYPES: tuple[QuestionType, ...] = ("text", "choice", "integer", "yes_no", "date")
FIELDS = (
    *("external_id", "reported_at", "limit_asked", "unit", "category", "party_code", "party", "filer"),
    *("place.town", "place.address"),
)
"""Fields of a report that a form may insist on."""
RESERVED = ("limit_asked", "party_code", "found_on")
"""Fields that only the channels whose forms say so may bring: what they say has weight, and anybody could say it."""
DRAFT = "https://json-schema.org/draft/2020-12/schema"
LONGEST_INTEGER = 10**9


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a channel. `when`: asked only where other questions have one of these answers.

    `headers` are what its column is called in lists, beside its title and code. `example` is an answer that fits.
    """

    code: str
    title: Localised
    type: QuestionType
    required: bool
    longest: int
    choices: Mapping[str, Localised]
    when: Mapping[str, tuple[Any, ...]]
    headers: tuple[str, ...]
    example: Any

    def asked(self, answers: Mapping[str, Any]) -> bool:
        """Tell whether the question arises, given the other answers."""
        return all(answers.get(code) in allowed for code, allowed in self.when.items())

    def right(self, answer: Any) -> bool:
        """Tell whether an answer is one to this question."""
        match self.type:
            case "choice":
                return isinstance(answer, str) and answer in self.choices
            case "yes_no":
                return isinstance(answer, bool)
            case "integer":
                whole = isinstance(answer, int) and not isinstance(answer, bool)
                return whole and 0 <= answer <= LONGEST_INTEGER
            case "date":
                return isinstance(answer, str) and _a_date(answer)
            case "text":
                return isinstance(answer, str) and len(answer.strip()) > 0 and len(answer) <= self.longest

    def expected(self) -> str:
        """Say what would be right."""
        match self.type:
            case "choice":
                return f"one of: {', '.join(list(self.choices)[:60])}"
            case "yes_no":
                return "true or false"
            case "integer":
                return f"a whole number from 0 to {LONGEST_INTEGER}"
            case "date":
                return "a date as 2026-05-06"
            case "text":
                return f"a text of 1 to {self.longest} characters"

    def schema(self, locale: str) -> dict[str, Any]:
        """Return it as JSON Schema, worded in a language."""
        named = {"title": self.title[locale], "examples": [self.example]}
        match self.type:
            case "choice":
                choices = [{"const": code, "title": label[locale]} for code, label in self.choices.items()]
                return {**named, "type": "string", "oneOf": choices}
            case "yes_no":
                return {**named, "type": "boolean"}
            case "integer":
                return {**named, "type": "integer", "minimum": 0, "maximum": LONGEST_INTEGER}
            case "date":
                return {**named, "type": "string", "format": "date"}
            case "text":
                return {**named, "type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class Form:
    """All that a channel asks. `must`: fields of the report that have to be there. `takes`: reserved ones it may bring.

    `section_of_place`: a section that is wished for is one of the town where the problem lies. `flags`: those it may
    set; None: any. `columns`: header in a list → field of the report, beside those that every channel has.
    """

    channel: str
    title: Localised
    must: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    flags: tuple[str, ...] | None = None
    section_of_place: bool = False
    columns: Mapping[str, str] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)

    def wrong(self, answers: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
        """Name each answer that does not fit: its code, what is wrong, and what would be right. None is no answer."""
        given = {code: answer for code, answer in answers.items() if answer is not None}
        for code in given.keys() - self.questions.keys():
            asked = ", ".join(self.questions)
            yield (
                code,
                "not_asked",
                f"one of the channel's questions: {asked}" if asked else "no answers: none is asked",
            )
        for code, question in self.questions.items():
            if not question.asked(given):
                if code in given:
                    yield code, "not_asked", f"nothing, unless {_conditions(question)}"
            elif code in given and not question.right(given[code]):
                yield code, "not_allowed", question.expected()
            elif code not in given and question.required:
                yield code, "missing", question.expected()

    def examples(self) -> dict[str, Any]:
        """Return answers that fit: to each question that has to be answered."""
        found = dict[str, Any]()
        for code, question in self.questions.items():
            if question.required and question.asked(found):
                found[code] = question.example
        return found

    def schema(self, locale: str) -> dict[str, Any]:
        """Return the answers' JSON Schema, draft 2020-12, worded in a language."""
        rules = [_rule(question) for question in self.questions.values() if question.when]
        required = [code for code, question in self.questions.items() if question.required and not question.when]
        return {
            "$schema": DRAFT,
            "title": self.title[locale],
            "type": "object",
            "properties": {code: question.schema(locale) for code, question in self.questions.items()},
            "required": required,
            "additionalProperties": False,
            **({"allOf": rules} if rules else {}),
        }


def _rule(question: Question) -> dict[str, Any]:
    conditions = {code: {"enum": list(allowed)} for code, allowed in question.when.items()}
    asked = {"required": [question.code]} if question.required else True
    return {
        "if": {"properties": conditions, "required": list(conditions)},
        "then": asked,
        "else": {"properties": {question.code: False}},
    }


def _conditions(question: Question) -> str:
    return " and ".join(f"{code} is {' or '.join(map(str, allowed))}" for code, allowed in question.when.items())


def _a_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
