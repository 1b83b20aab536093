"""Load a city pack from its directory, whole or not at all."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from sanfu.city import directory, ground
from sanfu.city import vocabulary as words
from sanfu.city.atlas import Atlas
from sanfu.city.checks import remarks
from sanfu.city.decency import Decency
from sanfu.city.decency_file import FILE as TELLING
from sanfu.city.decency_file import decency
from sanfu.city.endings import used
from sanfu.city.form import Form
from sanfu.city.forms import ENTRY_COLUMNS, cell_words, columns, forms, theme_lists
from sanfu.city.mapping import AtlasReader
from sanfu.city.messages import Known, templates
from sanfu.city.model.clocks import Clock
from sanfu.city.model.pack import Pack
from sanfu.city.model.what import Category, Channel
from sanfu.city.model.who import Bounds, Localised, Staff, Town, Unit
from sanfu.city.open311 import Open311
from sanfu.city.open311_file import FILE as OPEN311
from sanfu.city.open311_file import open311
from sanfu.city.placeholders import PUBLIC_URL, longest
from sanfu.city.policies import PolicyReader
from sanfu.city.problems import Findings, Place, Problem
from sanfu.city.quantities import share, whole
from sanfu.city.reading import Row, Section, document, rows
from sanfu.city.rosters_file import FILE as ROSTERS
from sanfu.city.rosters_file import rosters
from sanfu.city.routing import RuleReader, word_list
from sanfu.city.wordlists import WordList

SUFFIXES = frozenset({".yaml", ".csv", ".jsonl", ".geojson", ".npz"})
"""Files that belong to a pack; others (a README, an editor's backup) change no decision."""

PLACES = "places.csv"
MODEL, SURE_FROM = "model/guess.npz", "model/thresholds.csv"
"""What `sanfu router train` writes; a pack may be without it."""

Check = Callable[[Pack], Iterable[Problem]]
"""A further check of a whole pack, brought by whoever knows more: the calendar's arithmetic, say."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a look at a directory brought: the pack, unless a problem was fatal, and all that was found."""

    pack: Pack | None
    problems: tuple[Problem, ...]


def read(root: Path) -> dict[str, bytes]:
    """Read the pack's files at once: path below the root → content. Raises OSError."""
    files = (path for path in sorted(root.rglob("*")) if path.suffix in SUFFIXES and path.is_file())
    found = {path.relative_to(root).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in found.items() if not name.startswith(".") and "/." not in name}


def version_of(files: Mapping[str, bytes]) -> str:
    """Hash names and contents: 12 hex digits, the same wherever and whenever the directory is read."""
    digest = sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return digest.hexdigest()[:12]


def load(root: Path, today: date, further: Sequence[Check] = (), instead: Mapping[str, bytes] | None = None) -> Loaded:
    """Read, check and build the pack as of `today` (a rule whose unit is gone by then is switched off). `instead`:
    contents of files that take the place of the pack's own, to try them.

    Never raises for what a directory holds or lacks: every mistake is a problem that says what would be right. Where
    whole files can't be read, they alone are told of.
    """
    try:
        files = {**read(root), **(instead or {})}
    except OSError as error:
        problem = Problem(str(root), 0, "", f"can't be read: {error.strerror}", "let the service read the directory")
        return Loaded(None, (problem,))
    reader = _PackReader(root, files, today)
    pack = reader.pack()
    problems = list(reader.findings.unreadable or reader.findings.problems)
    if not reader.findings.fatal:
        problems += remarks(pack, today)
        problems += [problem for check in further for problem in check(pack)]
    fatal = any(problem.fatal for problem in problems)
    return Loaded(None if fatal else pack, _once(problems))


def _once(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort by place; what stands once in a file (behind a YAML anchor) but is read twice is told once."""
    ordered = sorted(problems, key=lambda each: (each.file, each.line, each.key))
    told = dict[tuple[object, ...], Problem]()
    for each in ordered:
        told.setdefault((each.file, each.line, each.key.rpartition(".")[2], each.message), each)
    return tuple(told.values())


class _PackReader:
    def __init__(self, root: Path, files: Mapping[str, bytes], today: date) -> None:
        self.root, self.files, self.today = root, files, today
        self.findings = Findings()

    def pack(self) -> Pack:
        """Build the pack from what can be read; it is of use only if no finding is fatal."""
        head, policy_file = self._yaml("pack.yaml"), self._yaml("policy.yaml")
        lists = self._lists()
        locales = tuple(head.raw("locales")) or ("zh",)
        grades = tuple(policy_file.raw("grades")) or ("simple",)
        units = directory.units(self._csv("units.csv", directory.UNIT_COLUMNS))
        channels = directory.channels(self._csv("channels.csv", directory.CHANNEL_COLUMNS))
        categories = directory.categories(self._csv("categories.csv", directory.CATEGORY_COLUMNS), units, grades)
        policy, errands = PolicyReader(units, channels, grades, locales), policy_file.section("errands")
        for code in errands.names:
            used(errands, code, [code], categories, self.today)
        towns = directory.towns(self._csv("towns.csv", directory.TOWN_COLUMNS), units)
        name = head.section("name").localised(locales)
        bounds = self._bounds(head.section("bounds"))
        notices = {key: part.localised(locales) for key, part in head.section("notices").named()}
        themes = tuple(row.cells for row in self._csv("themes.csv", ("code", "category_code", "theme_zh")))
        asked = self._forms(channels, locales, themes, notices.get(OTHER_THEME) or dict.fromkeys(locales, "—"))
        atlas = self._atlas(units, bounds, locales, head.section("areas"))
        rules = RuleReader(units, channels, categories, grades, self.today, forms=asked, areas=atlas.areas)
        rules_of_time = policy.policy(policy_file, policy.overrides(self._yaml("holidays.yaml")))
        prefix = head.text("receipt_prefix", "")
        public_url = head.parsed("public_url_length", whole(12, 200), PUBLIC_URL)
        measured = _names(name, units, categories, towns, rules_of_time.clocks)
        known = Known(
            {one: longest(one, own, prefix=prefix, public_url=public_url) for one, own in measured.items()},
            {"clock": rules_of_time.clocks, "channel": channels, "unit": units, "town": towns, "language": locales},
        )
        staff = self._staff(units, locales)
        pack = Pack(
            version=version_of(self.files),
            code=head.text("code"),
            name=name,
            zone=head.parsed("zone", _zone, "UTC"),
            locales=locales,
            bounds=bounds,
            atlas=atlas,
            receipt_prefix=prefix,
            public_url_length=public_url,
            fallback_unit=self._present_unit(head, "fallback_unit", units),
            emergency_unit=self._present_unit(head, "emergency_unit", units),
            office_unit=self._present_unit(head, "office_unit", units),
            audience_groups=self._groups(head.section("audience_groups"), units),
            units=units,
            staff=staff,
            rosters=rosters(self._yaml(ROSTERS), units, staff) if ROSTERS in self.files else {},
            towns=towns,
            channels=channels,
            categories=categories,
            rules=rules.rules(self._yaml("rules.yaml")),
            policy=rules_of_time,
            templates=templates(self._folder("texts"), known),
            notices=notices,
            urgency_words=self._words("urgency.yaml", words.URGENCIES[:0:-1]),
            secrecy_words=self._words("secrecy.yaml", words.SECRECIES[:0:-1]),
            abuse=self._abuse(),
            themes=themes,
            indicators=self._indicators(units),
            reports=self._reports(head),
            model=self.files.get(MODEL),
            sure_from=self._sure_from(categories),
            forms=asked,
            columns=columns(lists.section("columns")),
            entry_columns=columns(lists.section("entries"), ENTRY_COLUMNS, "an entry"),
            cell_words=cell_words(lists.section("words")),
            decency=self._decency(name),
            open311=self._open311(channels, categories, towns, notices, locales),
        )
        lists.done()
        head.text("zone")
        self._some(head, "locales")
        self._some(policy_file, "grades")
        head.done()
        return pack

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def _content(self, file: str) -> str:
        if file not in self.files:
            self.findings.broken(Place(file), "the file is missing", f"add {file} to the pack's directory")
            return ""
        try:
            content = self.files[file].decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = self.files[file][: error.start].count(b"\n") + 1
            self.findings.broken(Place(file, line), "is not UTF-8", "save the file as UTF-8")
            return ""
        if not content.strip():
            self.findings.broken(Place(file), "the file is empty", "write it, or copy the shipped pack's and change it")
            return ""
        return content

    def _yaml(self, file: str) -> Section:
        return document(file, self._content(file), self.findings)

    def _folder(self, folder: str) -> list[Section]:
        names = sorted(name for name in self.files if name.startswith(f"{folder}/") and name.endswith(".yaml"))
        if not names:
            self.findings.broken(Place(f"{folder}/"), "has no .yaml file", "add the city's messages")
        return [self._yaml(name) for name in names]

    def _csv(self, file: str, columns: Sequence[str]) -> list[Row]:
        content = self._content(file)
        found = rows(file, content, columns, self.findings) if content else []
        if content and not found and not self.findings.unreadable:
            self.findings.broken(Place(file), "has no row below its head", "add a row for each")
        return found

    def _staff(self, units: Mapping[str, Unit], locales: tuple[str, ...]) -> dict[str, Staff]:
        table = self._csv("staff.csv", directory.STAFF_COLUMNS)
        people = directory.staff(table, units, locales)
        directory.bound_twice(people, table)
        return people

    def _atlas(self, units: Mapping[str, Unit], bounds: Bounds, locales: Sequence[str], head: Section) -> Atlas:
        """Where things lie; a pack may be without areas, and without names of places."""
        reader = AtlasReader(self.findings, units, bounds, locales)
        drawn = reader.areas(self._content(ground.FILE)) if ground.FILE in self.files else None
        listed = self._csv(PLACES, directory.PLACE_COLUMNS) if PLACES in self.files else []
        return reader.atlas(drawn, listed, head)

    def _forms(
        self,
        channels: Mapping[str, Channel],
        locales: Sequence[str],
        themes: Iterable[Mapping[str, str]],
        other: Localised,
    ) -> dict[str, Form]:
        names = sorted(name for name in self.files if name.startswith("forms/") and name.endswith(".yaml"))
        files = [(Path(name).stem, self._yaml(name)) for name in names]
        return forms(files, channels, locales, theme_lists(themes, locales, other))

    # ── parts of pack.yaml ───────────────────────────────────────────────────────────────────────────────────────────

    def _some(self, section: Section, key: str) -> None:
        values = section.raw(key)
        if not values:
            section.wrong(key, "is missing", f"add a list: {key}: [...]")
        if len(set(values)) < len(values):
            section.wrong(key, "names something twice", "name each once")

    def _present_unit(self, head: Section, key: str, units: Mapping[str, Unit]) -> str:
        """A unit that must be there today: nothing else could take its place."""
        code = head.one_known(key, units, "unit", required=True) or ""
        if code in units and not units[code].valid_on(self.today):
            head.wrong(key, f"{code!r} is not there today", "name a unit that is")
        return code

    def _groups(self, section: Section, units: Mapping[str, Unit]) -> dict[str, str]:
        found = {audience: self._present_unit(section, audience, units) for audience in words.AUDIENCES}
        section.done()
        return found

    def _bounds(self, section: Section) -> Bounds:
        west, south, east, north = (section.parsed(key, directory.degrees, 0.0) for key in _BOX)
        if not (west < east and south < north):
            section.findings.add(section.place, "is no box", "write west < east and south < north, in degrees")
        section.done()
        return Bounds(west, south, east, north)

    def _reports(self, head: Section) -> Path | None:
        name = head.text("reports", "")
        if name and name not in self.files:
            head.wrong("reports", f"there is no file {name!r}", "name a .jsonl file of the pack, or leave it out")
        return self.root / name if name else None

    def _sure_from(self, categories: Mapping[str, Category]) -> dict[str, float]:
        if SURE_FROM not in self.files:
            return {}
        found = {}
        for row in self._csv(SURE_FROM, ("category", "sure_from")):
            if category := row.one_known("category", categories, "category", required=True):
                used(row, "category", [category], categories, self.today)
                found[category] = row.parsed("sure_from", share, 1.0)
        return found

    # ── other files ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _words(self, file: str, levels: Sequence[str]) -> dict[str, WordList]:
        section = self._yaml(file)
        found = {}
        for level in levels:
            if section.has(level):
                part = section.section(level)
                found[level] = word_list(part, "words")
                part.done()
        section.done()
        return found

    def _lists(self) -> Section:
        """What columns of lists are called; a pack may do without."""
        file = "columns.yaml"
        return self._yaml(file) if file in self.files else Section(None, Place(file), self.findings)

    def _open311(
        self,
        channels: Mapping[str, Channel],
        categories: Mapping[str, Category],
        towns: Mapping[str, Town],
        notices: Mapping[str, Localised],
        locales: Sequence[str],
    ) -> Open311 | None:
        """What it shows and takes over Open311; a pack may do without."""
        if OPEN311 not in self.files:
            return None
        return open311(
            self._yaml(OPEN311),
            channels=channels, categories=categories, towns=towns, notices=notices, locales=locales, today=self.today,
        )  # fmt: skip

    def _decency(self, name: Localised) -> Decency:
        """With what decency people are told; a pack may do without."""
        return decency(self._yaml(TELLING), name) if TELLING in self.files else Decency()

    def _abuse(self) -> WordList:
        """Words that no officer has to read; a pack may do without."""
        if "abuse.yaml" not in self.files:
            return WordList()
        section = self._yaml("abuse.yaml")
        found = word_list(section, "words")
        for word, *more in found.sets:
            if more or len(word) < 2:
                section.wrong("words", f"{word!r} can't be masked", "write one word of two characters or more a line")
        section.done()
        return found

    def _indicators(self, units: Mapping[str, Unit]) -> tuple[Mapping[str, str], ...]:
        table = self._csv("indicators.csv", ("code", "name_zh", "name_en", "group", "unit_in_charge"))
        for row in table:
            row.one_known("unit_in_charge", units, "unit", required=True)
        return tuple(row.cells for row in table)


OTHER_THEME = "theme.other"
"""The notice that names a theme which the list does not have."""
_BOX = ("west", "south", "east", "north")


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError("write a time zone of the IANA database, such as Europe/Berlin") from None


def _names(
    name: Localised,
    units: Mapping[str, Unit],
    categories: Mapping[str, Category],
    towns: Iterable[str],
    clocks: Mapping[str, Clock],
) -> dict[str, Mapping[str, Sequence[str]]]:
    """Say for each locale which of the city's own names a placeholder may hold; where no town is known, the city's."""
    return {
        locale: {
            "city": [city],
            "unit": [unit.name(locale) for unit in units.values()],
            "town": [city, *(units[code].name(locale) for code in towns if code in units)],
            "category": [category.name(locale) for category in categories.values()],
            "clock": [clock.name[locale] for clock in clocks.values()],
        }
        for locale, city in name.items()
    }
