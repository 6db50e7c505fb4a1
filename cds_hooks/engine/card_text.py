"""The words of a card: what the risk is, what went in, what was missing, in short safe Markdown."""

import re
from collections.abc import Iterable, Iterator

from cds_hooks.engine.guidelines import Publication
from cds_hooks.engine.patient import Risk
from cds_hooks.engine.service import Service
from cds_hooks.protocol.cards import LONGEST_SUMMARY, Card, Coding, Source
from fhir_adapters.facts.facts import Fact, State
from fhir_adapters.record import Measurement, NoteCode, When
from fhir_adapters.terminology import value_sets
from predictors.predictor import Contribution, Link, Prediction, Predictor, Refusal

LONGEST_DETAIL = 1200
MOST_ROWS = 6
MOST_REASONS = 3
"""A card is read in seconds; every input with what it adds is in the detail behind its link."""

TOPICS = "https://cds-hooks-server.internal/CodeSystem/topic"
RESEARCH = "_Research use; not a medical device._"
NO_RECORD = "no record"
AS_IT_SHOULD_BE = (NoteCode.CONVERTED, NoteCode.DERIVED)

UNITS = {
    "mm[Hg]": "mmHg",
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "mL/min/{1.73_m2}/a": "mL/min/1.73 m² a year",
    "10*9/L": "×10⁹/L",
    "ug/L{FEU}": "µg/L FEU",
    "kg/m2": "kg/m²",
    "cm[H2O]": "cmH₂O",
    "Cel": "°C",
    "a": "years",
    "[pH]": "",
    "1": "",
}

SCALES = {
    Link.IDENTITY: "Points",
    Link.WHOLE: "Points",
    Link.LOG: "Log scale",
    Link.LOGISTIC: "Log-odds",
    Link.CLOGLOG: "Log-hazard",
}

_SPECIAL = re.compile(r"[\\`*_{}\[\]|#~<>&@]|:(?=//)|(?<=www)\.", re.IGNORECASE)


def escape(text: str) -> str:
    """Text from a record, with nothing left for Markdown, HTML or link detection to read."""
    return _SPECIAL.sub(lambda found: _harmless(found[0]), " ".join(text.split()))


def _harmless(character: str) -> str:
    # A backslash reads better where Markdown is shown raw, but only an entity stops HTML and links.
    return f"&#{ord(character)};" if character in "<>&@:." else f"\\{character}"


def percent(probability: float) -> str:
    """A probability with two significant figures, never more: 12 %, 5.7 %, 0.43 %."""
    number = probability * 100
    if number >= 99.5:
        return "over 99 %"
    decimals = 0 if number >= 9.95 else 1 if number >= 0.995 else 2
    return f"{number:.{decimals}f} %"


def frequency(prediction: Prediction) -> str:
    """A probability as people out of a hundred, or out of a thousand where it is small."""
    whole = 100 if prediction.low >= 0.01 else 1000
    fewest, most = (round(each * whole) for each in (prediction.low, prediction.high))
    people = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    return f"{people} in {whole:,}"


def span(prediction: Prediction) -> str:
    """The prediction as a percentage, or as a range where something unknown could change it."""
    if percent(prediction.low) == percent(prediction.high):
        return percent(prediction.value)
    return f"{percent(prediction.low).removesuffix(' %')} to {percent(prediction.high)}"


def points(prediction: Prediction) -> str:
    """A point score, or its range where something unknown could change it."""
    low, high = (f"{round(each, 2):g}" for each in (prediction.low, prediction.high))
    return low if prediction.certain else f"{low} to {high}"


def probable(prediction: Prediction) -> bool:
    """Whether it is a probability, not points or a measure."""
    return prediction.unit == "1"


def named(prediction: Prediction) -> bool:
    """Whether it is a category, whose number tells a person nothing."""
    return prediction.unit == "{category}" and bool(prediction.note)


def number(prediction: Prediction) -> str:
    """A prediction in large figures, with its unit, or its range; of a category its name."""
    if probable(prediction):
        return span(prediction)
    if named(prediction):
        return prediction.note
    if prediction.certain:
        return f"{prediction.value:.3g} {printed(prediction.unit)}".strip()
    return points(prediction)


def at_least(prediction: Prediction) -> str:
    """A point score that what is missing could only raise."""
    return f"{prediction.low:g}" if prediction.certain else f"at least {prediction.low:g}"


def measured(fact: Fact) -> str:
    """A fact as a clinician writes it; "no record" and "unknown" are told apart."""
    if fact.alternatives:
        return " or ".join(_value(fact, each) for each in fact.alternatives)
    if fact.state is State.NOT_GIVEN:
        return "unknown"
    if fact.value is None or fact.value is False:
        return NO_RECORD
    limit = {"<": "below ", "<=": "at most ", ">": "above ", ">=": "at least "}.get(fact.bound, "")
    return f"{limit}{_value(fact, fact.value)} {printed(fact.unit)}".strip()


def printed(unit: str) -> str:
    """A UCUM unit as it is printed, without annotations."""
    return UNITS[unit] if unit in UNITS else re.sub(r"\{.*?\}", "", unit)


def dated(fact: Fact) -> str:
    """The day, as written in the record, of the newest measurement that the fact rests on."""
    return timed(fact)[:10]


def timed(*facts: Fact) -> str:
    """The same of all of them, to the minute where the record has a time of day."""
    newest = taken(*facts)
    return newest.text[:16].replace("T", " ") if newest else ""


def taken(*facts: Fact) -> When | None:
    """When the newest measurement that the facts rest on was taken."""
    times = (item.when for fact in facts for item in fact.basis if isinstance(item, Measurement))
    return max(times, default=None)


def inputs_table(risk: Risk, prediction: Prediction) -> str:
    """The few inputs that count most, with the points of a point score.

    Without a column of dates where no input has one: a card is read in a narrow panel.
    """
    parts = most_important(prediction)
    facts = [risk.facts[part.input] for part in parts]
    columns = [
        ("Input", *(risk.label(part.input) for part in parts)),
        ("Value", *map(measured, facts)),
        *([("Date", *map(dated, facts))] if any(map(dated, facts)) else []),
    ]
    if SCALES[prediction.link] == "Points":
        columns.append(("Points", *(added(part.amount) for part in parts)))
    head, *rows = (f"| {' | '.join(row)} |" for row in zip(*columns, strict=True))
    return "\n".join((head, "|---" * len(columns) + "|", *rows))


def added(amount: float) -> str:
    """What an input adds on the scale of the link: whole points as such."""
    return f"{amount:+.2f}".removesuffix(".00")


def since(fact: Fact, days: float) -> tuple[Measurement, ...]:
    """The measurements of the last `days` that a series rests on, or the one that a value does."""
    measured = [item for item in fact.basis if isinstance(item, Measurement)]
    if not isinstance(fact.value, tuple):
        return tuple(measured)
    return tuple(item for item, (ago, _) in zip(measured, fact.value, strict=True) if ago <= days)


def evidence_table(measurements: Iterable[Measurement]) -> str:
    """Measurements as they were sent, newest first; of too many the oldest stays."""
    ordered = sorted(measurements, key=lambda each: (each.when, each.concept), reverse=True)
    shown = [*ordered[: MOST_ROWS - 1], *ordered[MOST_ROWS - 1 :][-1:]]
    rows = ["| Measurement | Value | Date |", "|---|---|---|"]
    rows += [
        f"| {label(each.concept)} | {_as_sent(each)} | {each.when.text[:10]} |" for each in shown
    ]
    return "\n".join(rows)


def _as_sent(measurement: Measurement) -> str:
    if measurement.original:
        return escape(measurement.original)
    value, unit = measurement.value, measurement.unit
    return measured(Fact(measurement.concept, State.KNOWN, unit=unit, value=value))


def remarks(risk: Risk, *, converted: bool = False) -> Iterator[str]:
    """What a reader must know of what went into a risk: assumptions and gaps."""
    assessment = risk.assessment
    facts = (risk.facts[name] for name in assessment.inputs)
    yield from remarks_of(facts, converted=converted)
    if assessment.varied:
        yield f"Not known, so varied: {', '.join(map(risk.label, assessment.varied))}"
    if assessment.missing:
        yield f"Not known: {', '.join(map(risk.label, assessment.missing))}"


def remarks_of(facts: Iterable[Fact], *, converted: bool = False) -> Iterator[str]:
    """The same of single facts, one line each that has something to say.

    A card leaves out what was converted or computed as it should be; its detail tells it.
    """
    left_out = () if converted else AS_IT_SHOULD_BE
    for fact in facts:
        notes = (note for note in fact.notes if note.code not in left_out)
        if said := dict.fromkeys(note.text for note in notes):
            yield f"{label(fact.name)}: {escape('; '.join(said))}"


def detail(*essential: str, remarks: Iterable[str] = (), closing: str = "") -> str:
    """Puts a card's detail together: the remarks are what gives way when it grows too long."""
    ends = [part for part in (closing, RESEARCH) if part]
    room = LONGEST_DETAIL - sum(len(part) + 2 for part in (*essential, *ends))
    kept = []
    for remark in remarks:
        room -= len(remark) + 3
        if room >= 0:
            kept.append(f"- {remark}")
    return "\n\n".join(filter(None, (*essential, "\n".join(kept), *ends)))


def sentence(text: str) -> str:
    """The text with a capital, without a full stop."""
    return f"{text[:1].upper()}{text[1:]}"


def label(name: str) -> str:
    """The clinical name of an input."""
    return value_sets.label(name)


def source(name: str, *, topic: str, url: str = "") -> Source:
    """Who says so, and the static topic by which an EHR groups and mutes our cards."""
    coding = Coding(code=topic, system=TOPICS)
    return Source(label=name, url=url, topic=coding) if url else Source(label=name, topic=coding)


def cited(publication: Publication, *, topic: str) -> Source:
    """The published guideline as a card's source."""
    return source(publication.cited, topic=topic, url=publication.url)


def computed(predictor: Predictor, *, topic: str) -> Source:
    """The published score as a card's source."""
    return source(predictor.title, topic=topic, url=predictor.url)


def validity(predictor: Predictor) -> str:
    """Whom the equation is for, its version, and that it gives a point estimate."""
    return f"{predictor.title}, {predictor.version}; point estimate. {predictor.population}"


def compared(predictor: Predictor) -> str:
    """The person that contributions are against, where the equation has one."""
    numbers = {n: v for n, v in predictor.reference.items() if not isinstance(v, bool | tuple)}
    if not numbers:
        return ""
    told = (f"{label(n)} {v if isinstance(v, str) else f'{v:.3g}'}" for n, v in numbers.items())
    return f"Compared with: {', '.join(told)}."


def not_assessed_card(service: Service, refusal: Refusal) -> Card:
    """One quiet card for an eligible patient whose expected result could not be computed safely."""
    names = [label(reason.input) for reason in refusal.reasons if reason.input]
    about = ", ".join(names[:3]) + (" and more" if len(names) > 3 else "")
    predictor = next(each for each in service.uses if each.name == refusal.predictor)
    return Card(
        summary=f"{service.title}: not assessed ({about})"[:LONGEST_SUMMARY],
        indicator="info",
        source=computed(predictor, topic=_topic(service)),
        detail=detail(
            f"{predictor.title} was not computed:",
            remarks=(escape(reason.text) for reason in refusal.reasons),
        ),
    )


def _topic(service: Service) -> str:
    return "".join(word.capitalize() for word in service.id.split("-"))


def most_important(prediction: Prediction) -> list[Contribution]:
    """The few inputs that move the prediction most, either way."""
    present = [part for part in prediction.contributions if part.amount]
    return sorted(present, key=lambda part: (-abs(part.amount), part.input))[:MOST_REASONS]


def _value(fact: Fact, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return escape(str(value).replace("_", " "))
    if fact.name in value_sets.encounter_facts():
        return f"{round(value, 1):g}"
    concept = value_sets.concepts().get(fact.name)
    if concept is None:
        return f"{value:g}"
    if concept.unit != fact.unit:
        return f"{value:.3g}"
    # The canonical precision keeps two decimals more than laboratories report.
    return f"{value:.{max(0, concept.precision - 2)}f}"
