"""Blood pressures that a panel carries as one text ("182/95"), read as its two components."""

import re

from fhir_adapters.r4.datatypes import Quantity
from fhir_adapters.r4.resources import Component, Observation
from fhir_adapters.readers.context import Context
from fhir_adapters.terminology import value_sets
from fhir_adapters.terminology.codes import Match, first_code
from fhir_adapters.terminology.systems import system_name

_PRESSURE = re.compile(r"\s*([1-9][0-9]{1,2})\s*/\s*([1-9][0-9]{1,2})\s*([^0-9/]*)", re.ASCII)
_LONGEST = 40

# Panels of blood pressure alone; those of all vital signs hold more than two numbers.
_PANELS = frozenset(value_sets.panels_of("sbp")) - frozenset(value_sets.panels_of("heart_rate"))


def written_pressure(
    observation: Observation, context: Context
) -> tuple[tuple[Component, Match], ...]:
    """Systolic and diastolic pressure of a panel whose value is the text of both; else nothing.

    Two whole numbers with a slash, the greater one first, and at most the unit mm[Hg] after them.
    """
    text = observation.value_string
    if text is None or len(text) > _LONGEST or not _is_panel(observation):
        return ()
    match = _PRESSURE.fullmatch(text)
    if match is None or context.unit(Quantity(unit=match[3])) not in ("", "mm[Hg]"):
        return ()
    if int(match[1]) <= int(match[2]):
        return ()
    code = first_code(observation.code)
    return tuple(
        (Component(value_string=f"{number} mm[Hg]"), Match(value_sets.concepts()[concept], code))
        for concept, number in (("sbp", match[1]), ("dbp", match[2]))
    )


def _is_panel(observation: Observation) -> bool:
    codings = (observation.code and observation.code.coding) or ()
    return any(
        system_name(coding.system) == "loinc" and (coding.code or "").strip() in _PANELS
        for coding in codings
    )
