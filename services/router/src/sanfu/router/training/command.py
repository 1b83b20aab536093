"""`python -m sanfu.router train`, `evaluate` and `duplicates`: a model made; its worth, and suspicions'."""

import argparse
import asyncio
import csv
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sanfu.city.loading import MODEL, SURE_FROM, load
from sanfu.city.model.pack import Pack
from sanfu.router.adapters.encoder import asking
from sanfu.router.domain import model_file
from sanfu.router.domain.guessing import Model
from sanfu.router.hindsight.asked import Unusable, period_of
from sanfu.router.hindsight.cases import stored
from sanfu.router.settings import RouterSettings
from sanfu.router.training import evaluation, labelled, measuring
from sanfu.router.training.closed import LEAST, Harvest
from sanfu.router.training.fitting import Lexicon, train
from sanfu.router.training.labelled import Labelled
from sanfu.router.training.page import page
from sanfu.router.training.suspicions import rows
from sanfu.router.training.suspicions_page import worth_report
from sanfu.runtime.service import Parts, real_parts
from sanfu.runtime.store import StoreDown

WORDS = "model/words.csv"
PAGE = Path("docs/evaluation.md")
DUPLICATES = Path("docs/duplicates.md")
LEARNT_FROM = "730d"
"""Closed cases that came in since: what people wrote of before, others handle by now."""


@dataclass(frozen=True)
class Material:
    """What a model is trained on or measured on, and where that came from."""

    reports: Sequence[Labelled]
    origin: Mapping[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Train, or measure what is there. Answers the exit code: 1 what was given can't be used."""
    asked = _reader().parse_args(arguments)
    try:
        pack = _pack(asked.city)
        match asked.what:
            case "duplicates":
                sys.stdout.write(f"{worth_report(pack, rows(asked.reports or _reports(pack)), asking())}\n")
            case "train":
                out = asked.out or (asked.city / MODEL).parent
                sys.stdout.write(f"{trained(pack, asked.city, _material(asked, pack), out)}\n")
            case _:
                _evaluate(asked, pack)
    except (labelled.BadReports, model_file.Unreadable, Unusable, StoreDown, OSError, ValueError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 1
    return 0


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser("python -m sanfu.router")
    commands = reader.add_subparsers(dest="what", required=True)
    for what in ("train", "evaluate", "duplicates"):
        command = commands.add_parser(what)
        command.add_argument("--city", type=Path, required=True, help="directory of the pack")
        command.add_argument("--reports", type=Path, help="labelled reports, JSON Lines (default: the pack's)")
        if what == "duplicates":
            continue
        command.add_argument("--from", dest="source", choices=("labelled", "cases", "both"), default="labelled")
        command.add_argument("--since", default=LEARNT_FROM, help="closed cases that came in since: a date, or 730d")
        if what == "train":
            command.add_argument("--out", type=Path, help="directory for the model (default: the pack's model/)")
        else:
            command.add_argument("--write", action="store_true", help=f"write {PAGE} and {DUPLICATES}")
    return reader


def _evaluate(asked: argparse.Namespace, pack: Pack) -> None:
    if asked.write and (asked.source != "labelled" or asked.reports):
        raise Unusable("--write is for the pack's own labelled reports: leave --from and --reports out")
    text = evaluated(pack, _material(asked, pack).reports)
    sys.stdout.write(f"{text}\n")
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
        DUPLICATES.write_text(worth_report(pack, rows(_reports(pack)), asking()), encoding="utf-8")


def _material(asked: argparse.Namespace, pack: Pack) -> Material:
    """Gather what is asked for. Raises BadReports, Unusable, StoreDown."""
    reports: list[Labelled] = []
    origin: dict[str, Any] = {}
    if asked.source != "cases":
        reports += labelled.read(asked.reports or _reports(pack), pack)
        origin["labelled"] = len(reports)
    if asked.source != "labelled":
        settings = RouterSettings()
        found, left_out = asyncio.run(_closed(pack, real_parts(settings, "router"), asked.since))
        origin |= {"cases": len(found), "since": asked.since, "left_out": left_out}
        sys.stderr.write(f"{len(found)} closed cases; left out: {left_out}\n")
        reports += found
        if asked.source == "cases" and len(found) < LEAST:  # nor is there much to measure on
            raise Unusable(f"only {len(found)} closed cases may be learnt from, {LEAST} are needed: take --from both")
    return Material(reports, origin)


async def _closed(pack: Pack, parts: Parts, since: str) -> tuple[list[Labelled], dict[str, int]]:
    now = parts.clock.now()
    harvest = Harvest(pack, pack.day(now))
    try:
        found = await harvest.gather(stored(parts.documents, period_of(since, None, pack.zone, now)))
    finally:
        if parts.database is not None:
            parts.database.client.close()
    return found, dict(harvest.left_out)


def trained(pack: Pack, city: Path, material: Material, out: Path) -> str:
    """Train on the training part, write the model and from where on it is sure; answer the model's version."""
    lexicon, reports = lexicon_of(pack, city), material.reports
    training = [report for report in labelled.split(reports)[0] if not report.secret]
    model, unseen = train(lexicon, training)
    figures, said = evaluation.in_training(pack, model, training, unseen)
    learning = evaluation.learning_curve(lexicon, training, reports, model)
    learnt = {"trained_on": len(training), "unseen": figures, "learning": learning}
    if "cases" in material.origin:
        learnt["from"] = dict(material.origin)
    model = replace(model, report=learnt)
    content = model_file.pack(model)
    out.mkdir(parents=True, exist_ok=True)
    bars = measuring.bars(training, said)
    table = "".join(f"{category},{bar}\n" for category, bar in bars.items())
    _put(out / Path(SURE_FROM).name, f"category,sure_from\n{table}".encode() if bars else None)
    _put(out / Path(MODEL).name, content)
    model = model_file.unpack(content)
    told = evaluation.evaluate(replace(pack, sure_from=bars), model, reports, _today())
    report = {"version": model.version, "on_the_test_part": told, "of_the_training": dict(model.report)}
    _put(out / "report.json", json.dumps(report, ensure_ascii=False, indent=1).encode())
    return model.version


def evaluated(pack: Pack, reports: Sequence[Labelled], day: date | None = None) -> str:
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
