"""One hour after another: the census, every chart, what failed again, and the write-back."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cds_hooks.census import flags, inpatients, state, writing
from cds_hooks.census.assessing import Assessor, NotRead, evidence, resources, rows
from cds_hooks.census.inpatients import Ask, Census, Inpatient, NoCensus
from cds_hooks.census.site import Surveillance
from cds_hooks.census.state import OpenFlag
from cds_hooks.census.writing import Put
from cds_hooks.engine.answer import Answer
from cds_hooks.engine.service import services

HOUR = timedelta(hours=1)
UNREAD, EARLIER = "the chart was not read", "assessed earlier in this hour"


@dataclass(slots=True)
class Hour:
    """What became of one hour: everyone who was listed is counted once, or named in `said`."""

    begins: datetime
    listed: int = 0
    assessed: int = 0
    parted: int = 0
    lacking: Counter[str] = field(default_factory=Counter)
    raised: int = 0
    closed: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    waiting: int = 0
    said: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways out and the time: real ones, or a test's.

    `ask` fetches from the server with a token, `turn` waits for the budget of requests, `now` is
    the time (aware), `clock` seconds that only go on, `sleep` waits so many seconds.
    """

    ask: Callable[[str], Ask]
    put: Put
    turn: Callable[[], None]
    now: Callable[[], datetime]
    clock: Callable[[], float]
    sleep: Callable[[float], object]


class Watch:
    """Goes on from the state that was kept; nothing of it is lost when the process ends."""

    def __init__(self, site: Surveillance, assessor: Assessor, ways: Ways) -> None:
        """Raises ValueError for a damaged state."""
        self.site, self.assessor, self.ways = site, assessor, ways
        self._file = Path(site.state_file)
        self.state = state.load(self._file)

    def hours(self) -> Iterator[Hour]:
        """Each hour as it is done, without end; it sleeps until the next one begins."""
        while True:
            found = self.hour()
            yield found
            left = (found.begins + HOUR - self.ways.now()).total_seconds()
            self.ways.sleep(max(left, 0.0))

    def hour(self) -> Hour:
        """The hour that it is: attempt after attempt, until everyone is assessed or it ends."""
        begins = self.ways.now().replace(minute=0, second=0, microsecond=0)
        told = Hour(begins)
        self._begin(told)
        census: Census | None = None
        for attempt in range(self.site.attempts):
            last = attempt == self.site.attempts - 1
            if attempt:
                self._wait(begins, attempt)
            token = self._token(told)
            census = census or self._census(token, told, last=last)
            if census is not None:
                self._round(census, token, told, last=last)
            state.save(self.state, self._file)
            told.writes += self._write(token)
            state.save(self.state, self._file)
            if census is not None and not told.lacking and not self.state.waiting:
                break
        told.waiting = len(self.state.waiting)
        told.rows += self._without_row(told.rows)
        return told

    def _without_row(self, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """A row for everyone of the census who has none, so that no list of theirs drops them."""
        listed, done = {each["patient"] for each in made}, self.state.done
        return [
            {"patient": each.patient, "missing": EARLIER if each.patient in done else UNREAD}
            for each in self.state.census
            if each.patient not in listed
        ]

    def _begin(self, told: Hour) -> None:
        before = self.state.hour
        if before is not None and told.begins - before > HOUR:
            missed = round((told.begins - before) / HOUR) - 1
            told.said.append(
                f"{missed} hours were missed since {before:%Y-%m-%d %H:%M}: nobody was assessed"
            )
        if before != told.begins:
            self.state.hour, self.state.done = told.begins, set()

    def _wait(self, begins: datetime, attempt: int) -> None:
        at = begins + HOUR * attempt / self.site.attempts
        self.ways.sleep(max((at - self.ways.now()).total_seconds(), 0.0))

    def _token(self, told: Hour) -> str:
        try:
            return Path(self.site.token_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            told.said.append("the token file cannot be read")
            return ""

    def _census(self, token: str, told: Hour, *, last: bool) -> Census | None:
        """The census of this hour; in its last attempt the one before, if there is no new one."""
        try:
            found = self._asked(token)
            if self.state.census and not found.inpatients:
                raise NoCensus("the census names nobody, and before it there were patients")
        except NoCensus as error:
            if not last:
                return None
            told.said.append(f"{error}; the census before is gone on with, where there is one")
            return Census(self.state.census, whole=False)
        if not found.whole:
            told.said.append("the census was not read whole: no one is taken to have left")
            before = {each.patient: each for each in self.state.census}
            now = {each.patient: each for each in found.inpatients}
            found = Census(tuple((before | now).values()), whole=False)
        self.state.census = found.inpatients
        return found

    def _asked(self, token: str) -> Census:
        if self.site.file:
            return inpatients.listed(Path(self.site.file))
        return inpatients.searched(self.ways.ask(token), self.site.census)

    def _round(self, census: Census, token: str, told: Hour, *, last: bool) -> None:
        """Everyone who was not assessed in this hour yet."""
        told.listed = len(census.inpatients)
        told.lacking = Counter()
        for each in census.inpatients:
            if each.patient in self.state.done:
                continue
            try:
                self._assess(each, token, told, whole=not last)
            except NotRead as error:
                told.lacking[str(error)] += 1
                if last:
                    self._unassessed(each, told)
        if census.whole:
            self._left({each.patient for each in census.inpatients}, told)

    def _assess(self, each: Inpatient, token: str, told: Hour, *, whole: bool) -> None:
        now = self.ways.now()
        answer = self.assessor.answer(each, token, hour=told.begins, now=now, whole=whole)
        self.state.done.add(each.patient)
        told.assessed += 1
        told.parted += bool(answer.chart.unfetched)
        told.rows += rows(answer)
        if "RiskAssessment" in self.site.write:
            for resource in resources(answer, told.begins):
                self.state.waiting[f"RiskAssessment/{resource['id']}"] = resource
        self._flag(answer, told)

    def _flag(self, answer: Answer, told: Hour) -> None:
        patient = answer.request.context.patient_id
        for service, limit in self.site.flags.items():
            held = self.state.flags.get(flags.key(patient, service))
            found, now = evidence(answer, service), self.ways.now()
            if answer.chart.unfetched and found and found.risk < limit:
                found = None  # a part of the chart says nothing of what the rest may hold
            place = (patient, service)
            opened, closed = flags.changed(
                held, place, found, limit=limit, hour=told.begins, now=now
            )
            told.raised += opened is not None and held is None
            self._keep(opened, closed, told)

    def _unassessed(self, each: Inpatient, told: Hour) -> None:
        """A chart that was not read closes no Flag: it is renewed, and says so."""
        for held in flags.of_patient(self.state.flags, each.patient):
            self._keep(held, None, told)

    def _left(self, here: set[str], told: Hour) -> None:
        """Who is no longer in a bed, by a census that was read whole, has no Flag any more."""
        for held in list(self.state.flags.values()):
            if held.patient not in here:
                self._keep(None, held, told)

    def _keep(self, opened: OpenFlag | None, closed: OpenFlag | None, told: Hour) -> None:
        for flag, active in ((opened, True), (closed, False)):
            if flag is None:
                continue
            if active:
                self.state.flags[flags.key(flag.patient, flag.service)] = flag
            else:
                del self.state.flags[flags.key(flag.patient, flag.service)]
                told.closed += 1
            if "Flag" in self.site.write:
                made = flags.resource(
                    flag,
                    services()[flag.service].title,
                    now=self.ways.now(),
                    hours=self.site.flag_hours,
                    active=active,
                )
                self.state.waiting[f"Flag/{made['id']}"] = made

    def _write(self, token: str) -> Counter[str]:
        return writing.written(
            self.state.waiting,
            self.site.server,
            token,
            put=self.ways.put,
            clock=self.ways.clock,
            turn=self.ways.turn,
        )


def lines(hour: Hour) -> Iterator[str]:
    """The hour in words, without a patient."""
    yield (
        f"{hour.begins:%Y-%m-%d %H:%M}: {hour.listed} in beds, {hour.assessed} assessed"
        f" ({hour.parted} by a part of their chart), {sum(hour.lacking.values())} not assessed;"
        f" Flags: {hour.raised} raised, {hour.closed} closed; {hour.writes['written']} written,"
        f" {hour.writes['refused']} refused by the server, {hour.waiting} waiting"
    )
    yield from (f"  not assessed, {why}: {count}" for why, count in sorted(hour.lacking.items()))
    yield from (f"  {each}" for each in hour.said)
