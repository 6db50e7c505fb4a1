"""What a site states for its surveillance: census, budget, write-back; a TOML file."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from cds_hooks.engine.service import services
from cds_hooks.settings.clients import FhirServer
from cds_hooks.settings.validation import ConfigError, mistakes

OFF = (
    "surveillance is off: to alert on patients whose chart nobody has open is time-critical and"
    " makes this a medical device, which the site must be entitled to run. It turns it on by"
    " time_critical_surveillance = true in its census file"
)

Written: TypeAlias = Literal["RiskAssessment", "Flag"]


class Surveillance(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where patients and charts come from, and what is written back."""

    server: FhirServer
    time_critical_surveillance: Annotated[
        bool, Meta(description="that the site runs this as a medical device, and is entitled to")
    ] = False
    token_file: Annotated[
        str,
        Meta(min_length=1, description="a file with the access token, read anew for each attempt"),
    ]
    scope: Annotated[str, Meta(description="what the token grants")] = "system/*.rs"
    census: Annotated[
        str, Meta(description="the FHIR search, of Encounters or Patients, that is the census")
    ] = "Encounter?status=in-progress&class=IMP"
    file: Annotated[
        str,
        Meta(description="a CSV with the column patient, and encounter, in place of the search"),
    ] = ""
    requests_a_second: Annotated[
        float, Meta(gt=0, le=1000, description="requests to the server, at the most")
    ] = 5.0
    attempts: Annotated[
        int, Meta(ge=1, le=12, description="how often a chart is asked for in an hour")
    ] = 3
    chart_seconds: Annotated[
        int, Meta(ge=1, le=60, description="seconds that one chart may take")
    ] = 30
    write: Annotated[
        tuple[Written, ...], Meta(description="what is written back; nothing if empty")
    ] = ()
    flags: Annotated[
        dict[str, Annotated[float, Meta(gt=0, lt=1)]],
        Meta(description="by service, the risk from which a Flag is raised"),
    ] = {}
    flag_hours: Annotated[
        int, Meta(ge=1, le=72, description="hours after which a Flag that nobody renews ends")
    ] = 4
    state_file: Annotated[
        str, Meta(description="where open Flags and waiting writes are kept; it holds patient ids")
    ] = "census-state.json"

    def contradictions(self) -> list[str]:
        """A line for each statement that another one excludes."""
        told = [
            f"flags.{name}: there is no such service" for name in self.flags.keys() - services()
        ]
        if "Flag" in self.write and not self.flags:
            told.append("flags: a Flag needs the risk from which it is raised")
        return told


def read_surveillance(path: Path) -> Surveillance:
    """Reads a census file; raises ConfigError, also where the site has not turned it on."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path.name}: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path.name}: {error}") from None
    if found := list(mistakes(Surveillance, tables)):
        raise ConfigError("\n".join(f"{path.name}: {line}" for line in found))
    site = msgspec.convert(tables, Surveillance, strict=True)
    if told := site.contradictions():
        raise ConfigError("\n".join(f"{path.name}: {line}" for line in told))
    if not site.time_critical_surveillance:
        raise ConfigError(OFF)
    return site
