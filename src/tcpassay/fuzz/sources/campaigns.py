"""Edge campaigns: cases that people have written down as TOML, multiplied by what may vary.

docs/fuzzing.md tells how one is written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from tcpassay.core.content import content_root
from tcpassay.core.errors import ConfigurationError
from tcpassay.core.toml_places import nearest, read_toml
from tcpassay.core.toml_tables import TableReader
from tcpassay.fuzz.cases.notation import steps_of
from tcpassay.fuzz.cases.option_text import options_of
from tcpassay.fuzz.cases.steps import Do, FuzzCase, Step, Wait
from tcpassay.fuzz.cases.sums import StepError, number_of
from tcpassay.fuzz.playing.reach import STATES, Reached, Way, listen, reach
from tcpassay.fuzz.sources.places import stamped_steps
from tcpassay.model.catalogue import load_catalogue
from tcpassay.targets.capabilities import CAPABILITIES
from tcpassay.wire import Timestamps

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tcpassay.core.toml_places import TomlFile
    from tcpassay.targets.contract import IpVersion
    from tcpassay.targets.manifest import Manifest

#: One value of what varies: a word or number for a step, or whole steps.
Value = str | tuple[str, ...]

WAYS: Final = ("listen", "connect", "simultaneous")
#: How long a case may wait on a real clock: 1 ms.
SHORT_NS = 1_000_000
_PLACE = re.compile(r"\{([^{}]*)\}")
_SHOWN = 40


class Form(NamedTuple):
    """One form of a campaign: steps with names in braces, and the values these take in turn.

    `needs` are capabilities without which it makes no sense; `patient` says that it waits longer
    than a real clock allows.
    """

    name: str
    needs: frozenset[str]
    settings: tuple[str, ...]
    opening: Mapping[str, str]
    steps: tuple[str, ...]
    vary: tuple[tuple[str, tuple[Value, ...]], ...]
    patient: bool

    @property
    def total(self) -> int:
        """How many cases it is: the product of what varies."""
        return prod(len(values) for _, values in self.vary)


class Campaign:
    """A countable source of cases: the forms of one file, one after the other."""

    def __init__(
        self, name: str, title: str, why: tuple[str, ...], weight: int, forms: tuple[Form, ...]
    ) -> None:
        self.name = f"campaign {name}"
        self.title, self.why, self.weight, self.forms = title, why, weight, forms
        self._ends = (0, *accumulate(form.total for form in forms))
        self.total: int | None = self._ends[-1]

    @property
    def capabilities(self) -> frozenset[str]:
        """What a target has to have for any of it."""
        return frozenset.intersection(*(form.needs for form in self.forms), frozenset(CAPABILITIES))

    def on(self, manifest: Manifest, ip: IpVersion = 4) -> Campaign:
        """The forms that this target can be put to, over `ip` where they do not say; with a total
        of 0, none of them.
        """
        forms = tuple(
            form._replace(opening={**form.opening, "ip": form.opening["ip"] or str(ip)})
            for form in self.forms
            if form.needs <= manifest.capabilities
            and not (form.patient and manifest.clock != "virtual")
            and all(name in manifest.settings for name in form.settings)
        )
        name = self.name.removeprefix("campaign ")
        return Campaign(name, self.title, self.why, self.weight, forms)

    def case(self, number: int) -> FuzzCase:
        """The case of a number. Raises IndexError for one that is not below `total`."""
        if not 0 <= number < self._ends[-1]:
            raise IndexError(number)
        which = bisect_right(self._ends, number) - 1
        form = self.forms[which]
        return _case(self.name, form, _chosen(form, number - self._ends[which]))


def campaign_folder() -> Path:
    """Where the campaigns that ship with the project lie."""
    return content_root() / "fuzz" / "campaigns"


def load_campaigns(folder: Path | None = None) -> tuple[Campaign, ...]:
    """All campaigns of a folder, by name; raises ConfigurationError as read_campaign does."""
    return tuple(
        read_campaign(path) for path in sorted((folder or campaign_folder()).glob("*.toml"))
    )


# -- a case of a form ------------------------------------------------------------------------------


def _chosen(form: Form, rank: int) -> dict[str, int]:
    """Which value each name has in a case; the last name changes first."""
    chosen: dict[str, int] = {}
    for name, values in reversed(form.vary):
        rank, chosen[name] = divmod(rank, len(values))
    return chosen


def _case(campaign: str, form: Form, chosen: Mapping[str, int]) -> FuzzCase:
    values = {name: each[chosen[name]] for name, each in form.vary}
    opening = {key: _filled(text, values) for key, text in form.opening.items()}
    reached = _reached(
        opening["reach"], opening["way"], opening["syn"], opening["backlog"], opening["conn"]
    )
    names = {"rcv.nxt": reached.peer, "snd.nxt": reached.stack}
    steps = list(reached.steps)
    for text in form.steps:
        for line in _lines(text, values):
            steps += steps_of(line, names)
    told = [f"{name}={_told(values[name], chosen[name])}" for name, _ in reversed(form.vary)]
    origin = "/".join([campaign, form.name, *([" ".join(reversed(told))] if told else [])])
    iss = number_of(opening["iss"]) % (1 << 32) if opening["iss"] else None
    ip = cast("IpVersion", int(opening["ip"] or 4))
    return FuzzCase(tuple(steps), origin, ip, form.settings, iss)


def _told(value: Value, index: int) -> str:
    if isinstance(value, str) and len(value) <= _SHOWN:
        return value
    return f"#{index + 1}"


def _lines(text: str, values: Mapping[str, Value]) -> tuple[str, ...]:
    whole = _PLACE.fullmatch(text)
    if whole is not None:
        value = values[whole[1]]
        return (value,) if isinstance(value, str) and value else tuple(value)
    return (_filled(text, values),)


def _filled(text: str, values: Mapping[str, Value]) -> str:
    return _PLACE.sub(lambda match: str(values[match[1]]), text) if "{" in text else text


@lru_cache(maxsize=1_024)
def _reached(state: str, way: str, syn: str, backlog: str, conn: str) -> Reached:
    """The way into a state. Raises StepError for what is not one."""
    for word, known in ((state, STATES), (way, WAYS)):
        if word not in known:
            hint = nearest(word, known) or f", wanted one of {', '.join(known)}"
            raise StepError(f"unknown {'state' if known is STATES else 'way'} {word!r}{hint}")
    options = options_of(syn, number_of)
    reached = reach(state, cast("Way", way), conn=number_of(conn), syn=options)
    steps = reached.steps
    if any(isinstance(option, Timestamps) for option in options):
        steps = stamped_steps(steps)
    return reached._replace(steps=tuple(_with_backlog(steps, number_of(backlog))))


def _with_backlog(steps: tuple[Step, ...], backlog: int) -> Iterator[Step]:
    *_, asked = listen(backlog)
    for step in steps:
        yield asked if isinstance(step, Do) and step.call == "listen" else step


# -- reading a file --------------------------------------------------------------------------------


def read_campaign(path: Path) -> Campaign:
    """Read a campaign, and every step of it at least once.

    Raises ConfigurationError with file, line and, for an unknown word, the nearest one.
    """
    file = read_toml(path)
    table = TableReader(file, file.data)
    title = table.text("title")
    why = table.texts("why")
    for clause in why:
        try:
            load_catalogue().get(clause)
        except ConfigurationError as error:
            raise table.error("why", str(error)) from None
    weight = table.integer("weight", 1, least=1)
    needs, settings = _needs(table), table.texts("settings", ())
    forms = _forms(file, needs, settings)
    table.end(also=("form",))
    campaign = Campaign(path.stem, title, why, weight, forms)
    for at, form in enumerate(forms):
        _check(file, campaign.name, form, at)
    return campaign


def _needs(table: TableReader) -> frozenset[str]:
    names = table.texts("needs", ())
    for name in names:
        if name not in CAPABILITIES:
            raise table.error("needs", f"unknown capability {name!r}{nearest(name, CAPABILITIES)}")
    return frozenset(names)


def _forms(file: TomlFile, needs: frozenset[str], settings: tuple[str, ...]) -> tuple[Form, ...]:
    tables = file.data.pop("form", None)
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise file.error(("form",), "no [[form]], wanted one or more, each with steps")
    forms: list[Form] = []
    for at, each in enumerate(tables):
        table = TableReader(file, each, ("form", at))
        name = table.text("name")
        if name in {form.name for form in forms}:
            raise table.error("name", f"a second form of the name {name!r}")
        vary = _vary(table.table("vary"), table.mapping("vary"))
        steps = table.texts("steps")
        form = Form(
            name,
            needs | _needs(table),
            (*settings, *table.texts("settings", ())),
            {key: _text(each, key, table) for key in _OPENING},
            steps,
            vary,
            _patient(steps, vary),
        )
        table.end()
        _check_names(file, form, at)
        forms.append(form)
    return tuple(forms)


#: How a case opens, and how where a form does not say.
_OPENING: Final = {
    "reach": "", "way": "listen", "syn": "mss 1460", "backlog": "5", "iss": "", "ip": "",
    "conn": "0",
}  # fmt: skip


def _text(each: Mapping[str, object], key: str, table: TableReader) -> str:
    """A word or a number, as text."""
    value = each.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        table.integer(key, least=-(1 << 32))
        return str(value)
    return table.text(key, _OPENING[key] or (None if key == "reach" else ""))


def _vary(
    table: TableReader, vary: Mapping[str, object]
) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    found = []
    for name, values in vary.items():
        if not isinstance(values, list) or not values:
            raise table.error(name, f"{name!r} varies over {values!r}, wanted an array of values")
        texts = tuple(_value(table, name, value) for value in values)
        doubled = next((v for at, v in enumerate(texts) if v in texts[:at]), None)
        if doubled is not None:
            raise table.error(name, f"{name!r} has the value {doubled!r} twice")
        found.append((name, texts))
    return tuple(found)


def _value(table: TableReader, name: str, value: object) -> Value:
    if isinstance(value, list) and all(isinstance(step, str) for step in value):
        return tuple(value)
    if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return str(value)
    message = f"a value of {name!r} is {value!r}, wanted a string, a whole number or an array"
    raise table.error(name, f"{message} of steps")


def _patient(steps: tuple[str, ...], vary: tuple[tuple[str, tuple[Value, ...]], ...]) -> bool:
    texts = [*steps, *_varied_texts(vary)]
    for text in texts:
        if text.startswith("wait ") and "{" not in text:
            try:
                waits = steps_of(text)
            except StepError:
                continue  # Told with its place later on.
            if any(isinstance(step, Wait) and step.ns > SHORT_NS for step in waits):
                return True
    return any(text.startswith("wait {") for text in texts)


def _varied_texts(vary: tuple[tuple[str, tuple[Value, ...]], ...]) -> Iterator[str]:
    for _, values in vary:
        for value in values:
            yield from (value,) if isinstance(value, str) else value


def _check_names(file: TomlFile, form: Form, at: int) -> None:
    """Each name in braces varies, and all that varies is named."""
    known = {name for name, _ in form.vary}
    used: set[str] = set()
    texts = [*form.opening.items()]
    texts += [("steps", text) for text in (*form.steps, *_varied_texts(form.vary))]
    for key, text in texts:
        for name in _PLACE.findall(text):
            used.add(name)
            if name not in known:
                hint = nearest(name, known) or f"; varied: {', '.join(known) or 'nothing'}"
                line = _line(file, at, key, text)
                raise ConfigurationError(f"{file.path}:{line}: {{{name}}} does not vary{hint}")
    for name in known - used:
        raise file.error(("form", at, "vary", name), f"{name!r} varies, and no step has {{{name}}}")


def _check(file: TomlFile, campaign: str, form: Form, at: int) -> None:
    """Make a case with each value of each name once."""
    first = {name: 0 for name, _ in form.vary}
    trials = [first, *({**first, n: i} for n, values in form.vary for i in range(1, len(values)))]
    for chosen in trials:
        try:
            _case(campaign, form, chosen)
        except (StepError, ValueError) as error:
            line = _faulty_line(file, form, at, chosen, str(error))
            raise ConfigurationError(f"{file.path}:{line}: {error}") from None


def _faulty_line(
    file: TomlFile, form: Form, at: int, chosen: Mapping[str, int], message: str
) -> int:
    """The line of the step that cannot be read, or of what opens the case."""
    values = {name: each[chosen[name]] for name, each in form.vary}
    names = {"rcv.nxt": 1, "snd.nxt": 1}
    for text in form.steps:
        for line in _lines(text, values):
            try:
                steps_of(line, names)
            except (StepError, ValueError):
                return _line(file, at, "steps", line if text == f"{{{text[1:-1]}}}" else text)
    keys = (key for key, text in form.opening.items() if repr(_filled(text, values)) in message)
    return file.line("form", at, next(keys, "reach"))


def _line(file: TomlFile, at: int, key: str, text: str) -> int:
    """The line on which a text of a form stands, as far as it is written there as it is."""
    start = file.line("form", at)
    lines = file.path.read_text().splitlines()
    for number, line in enumerate(lines[start - 1 :], start):
        if text in line:
            return number
    return file.line("form", at, key)
