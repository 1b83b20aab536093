"""`python -m sanfu.router train` and `evaluate`: a model made, and what it is worth."""

import argparse
import csv
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from sanfu.city.loading import MODEL, SURE_FROM, load
from sanfu.city.model import Pack
from sanfu.router.domain import model_file
from sanfu.router.domain.guessing import Model
from sanfu.router.training import evaluation, labelled, measuring
from sanfu.router.training.fitting import Lexicon, train
from sanfu.router.training.page import page

WORDS = "model/words.csv"
PAGE = Path("docs/evaluation.md")


def main(arguments: Sequence[str]) -> int:
    """Train, or evaluate what is there. Answers the exit code: 1 what was given can't be used."""
    reader = argparse.ArgumentParser("./sanfu router")
    reader.add_argument("what", choices=("train", "evaluate"))
    reader.add_argument("--city", type=Path, required=True, help="directory of the pack")
    reader.add_argument("--reports", type=Path, help="labelled reports, JSON Lines (default: the pack's)")
    reader.add_argument("--out", type=Path, help="train: directory for the model (default: the pack's model/)")
    reader.add_argument("--write", action="store_true", help=f"evaluate: write {PAGE}")
    asked = reader.parse_args(arguments)
    try:
        pack = _pack(asked.city)
        reports = labelled.read(asked.reports or _reports(pack), pack)
        if asked.what == "train":
            out = asked.out or (asked.city / MODEL).parent
            sys.stdout.write(f"{trained(pack, asked.city, reports, out)}\n")
        else:
            text = evaluated(pack, reports)
            sys.stdout.write(f"{text}\n")
            if asked.write:
                PAGE.write_text(text, encoding="utf-8")
    except (labelled.BadReports, model_file.Unreadable, OSError, ValueError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    return 0


def trained(pack: Pack, city: Path, reports: Sequence[labelled.Labelled], out: Path) -> str:
    """Train on the training part, write the model and from where on it is sure; answer the model's version."""
    lexicon = lexicon_of(pack, city)
    training = [report for report in labelled.split(reports)[0] if not report.secret]
    model, unseen = train(lexicon, training)
    figures, said = evaluation.in_training(pack, model, training, unseen)
    learning = evaluation.learning_curve(lexicon, training, reports, model)
    model = replace(model, report={"trained_on": len(training), "unseen": figures, "learning": learning})
    content = model_file.pack(model)
    out.mkdir(parents=True, exist_ok=True)
    bars = measuring.bars(training, said)
    rows = "".join(f"{category},{bar}\n" for category, bar in bars.items())
    _put(out / Path(SURE_FROM).name, f"category,sure_from\n{rows}".encode() if bars else None)
    _put(out / Path(MODEL).name, content)
    model = model_file.unpack(content)
    told = evaluation.evaluate(replace(pack, sure_from=bars), model, reports, _today())
    report = {"version": model.version, "on_the_test_part": told, "of_the_training": dict(model.report)}
    _put(out / "report.json", json.dumps(report, ensure_ascii=False, indent=1).encode())
    return model.version


def evaluated(pack: Pack, reports: Sequence[labelled.Labelled], day: date | None = None) -> str:
    """Write the page on the pack's own model. Raises Unreadable."""
    if pack.model is None:
        raise model_file.Unreadable("the pack has no model: ./sanfu router train makes one")
    model: Model = model_file.unpack(pack.model)
    return page(model.version, evaluation.evaluate(pack, model, reports, day or _today()), model.report)


def lexicon_of(pack: Pack, city: Path) -> Lexicon:
    """Gather each category's words: those of its own row, and those that are there for the classifier only."""
    further: dict[str, list[str]] = {}
    if (city / WORDS).is_file():
        with (city / WORDS).open(encoding="utf-8", newline="") as file:
            further = {row["category"]: row["words"].split("|") for row in csv.DictReader(file)}
    if unknown := further.keys() - pack.categories.keys():
        raise labelled.BadReports(f"{city / WORDS} names categories that the pack does not know: {sorted(unknown)}")
    words = {
        code: list(dict.fromkeys([*category.keywords, *further.get(code, ())]))
        for code, category in pack.categories.items()
    }
    return Lexicon(list(pack.categories.values()), words)


def _put(path: Path, content: bytes | None) -> None:
    """Replace a file at once: a service that looks meanwhile finds the old one or the new one."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)


def _pack(city: Path) -> Pack:
    found = load(city, _today())
    if found.pack is None:
        raise labelled.BadReports(f"{city} can't be used as a pack: ./sanfu city check {city} says why")
    return found.pack


def _reports(pack: Pack) -> Path:
    if pack.reports is None:
        raise labelled.BadReports("the pack has no reports: name a labelled file with --reports")
    return pack.reports


def _today() -> date:
    return datetime.now(UTC).date()
