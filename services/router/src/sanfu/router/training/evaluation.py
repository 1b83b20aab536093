"""The evaluation of a model: figures on the part that was never trained on, the same for rules alone and for both."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from hashlib import sha256

from sanfu.city.model.pack import Pack
from sanfu.router.domain.guessing import Model
from sanfu.router.domain.routing import Routing
from sanfu.router.training import measuring
from sanfu.router.training.fitting import Lexicon, Numbers, fit, questions
from sanfu.router.training.labelled import Labelled, split
from sanfu.router.training.measuring import Figures, Said

SHARES = (0.25, 0.5, 0.75, 1.0)


def evaluate(pack: Pack, model: Model, reports: Sequence[Labelled], day: date) -> Figures:
    """Measure on the test part, on those reports whose text a model may read; beside it, on all of the test part."""
    _, test = split(reports)
    readable = [report for report in test if not report.secret]
    rules = measuring.by_routing(Routing(pack), day)
    both = measuring.by_routing(Routing(pack, model), day)
    alone = measuring.by_model(model)
    said = {name: list(map(say, readable)) for name, say in (("rules", rules), ("model", alone), ("both", both))}
    return {
        "accuracy": {name: measuring.accuracy(readable, one) for name, one in said.items()},
        "accuracy_with_secret": {
            name: measuring.accuracy(test, list(map(say, test)))
            for name, say in (("rules", rules), ("model", alone), ("both", both))
        },
        "automatic": {name: measuring.automatic(readable, said[name]) for name in ("rules", "both")},
        "curve": measuring.curve(readable, said["model"]),
        "calibration": measuring.calibration(readable, said["model"]),
        "emergencies": _emergencies(pack, model, readable),
        "emergencies_of_all": _emergencies(pack, model, reports),
        "kind": _kind(model, readable),
        "confusions": measuring.confusions(readable, said["both"]),
        "units": measuring.by_unit(readable, said["both"]),
    }


def in_training(pack: Pack, model: Model, reports: Sequence[Labelled], unseen: Numbers) -> tuple[Figures, list[Said]]:
    """Measure on the training part what models said that had not seen the report: the larger sample, beside."""
    by = measuring.by_scores(model, {id(report): scores for report, scores in zip(reports, unseen, strict=True)})
    said = list(map(by, reports))
    alarm = unseen[:, model.heads["alarm"].columns][:, 0] >= model.alarm_from
    words = [measuring.by_words(pack, report) for report in reports]
    figures = {
        "accuracy": measuring.accuracy(reports, said),
        "curve": measuring.curve(reports, said),
        "calibration": measuring.calibration(reports, said),
        "emergencies": {
            "words": measuring.alarms(reports, words),
            "model": measuring.alarms(reports, [bool(one) for one in alarm]),
            "both": measuring.alarms(reports, [bool(a or w) for a, w in zip(alarm, words, strict=True)]),
        },
    }
    return figures, said


def learning_curve(
    lexicon: Lexicon, training: Sequence[Labelled], reports: Sequence[Labelled], final: Model
) -> Figures:
    """Say what a part of the training would have brought: unit right at first and among three, on the test part."""
    readable = [report for report in split(reports)[1] if not report.secret]
    ordered = sorted(training, key=lambda report: sha256(f"curve:{report.group}".encode()).digest())
    asked, points = questions(lexicon, training), []
    for share in SHARES:
        part = ordered[: round(share * len(ordered))]
        model = replace(fit(lexicon, part, asked), sharpness=final.sharpness)
        model = replace(
            model, heads={n: replace(h, sharpness=final.heads[n].sharpness) for n, h in model.heads.items()}
        )
        points.append(
            {"trained_on": len(part), **measuring.accuracy(readable, list(map(measuring.by_model(model), readable)))}
        )
    return {"points": points}


def _emergencies(pack: Pack, model: Model, reports: Sequence[Labelled]) -> Figures:
    finders: dict[str, Callable[[Labelled], bool]] = {
        "words": lambda report: measuring.by_words(pack, report),
        "model": lambda report: model.guess(report.facts).alarm,
        "both": lambda report: measuring.by_words(pack, report) or model.guess(report.facts).alarm,
    }
    return {name: measuring.alarms(reports, [find(report) for report in reports]) for name, find in finders.items()}


def _kind(model: Model, reports: Sequence[Labelled]) -> Figures:
    said = [(report.kind, model.guess(report.facts).kind) for report in reports]
    others = [(kind, guessed) for kind, guessed in said if kind != "issue"]
    return {
        "right": round(sum(kind == guessed for kind, guessed in said) / len(said), 3),
        "no_issues": len(others),
        "no_issues_found": sum(guessed != "issue" for _, guessed in others),
        "issues_mistaken": sum(kind == "issue" and guessed != "issue" for kind, guessed in said),
    }
