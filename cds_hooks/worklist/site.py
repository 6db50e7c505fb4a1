"""What a site states for its worklist: teams, services, intervals, fairness; a TOML file."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from cds_hooks.settings.validation import ConfigError, mistakes

Hours = Annotated[int, Meta(ge=0, le=8784)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Reviewed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a review can do about a service's outcome."""

    horizon: Annotated[
        float, Meta(gt=0, le=87840, description="hours that the service's risk is for")
    ]
    earliest: Annotated[
        int, Meta(ge=0, le=8784, description="hours before the event from which a review helps")
    ]
    latest: Annotated[
        int, Meta(ge=0, le=8784, description="hours before the event until which it helps")
    ]
    worth: Annotated[
        float, Meta(gt=0, le=1000, description="what an event found in time is worth beside others")
    ] = 1.0
    changes: Annotated[
        float, Meta(gt=0, le=1, description="the share of such events that a review can change")
    ] = 1.0
    skills: Annotated[
        tuple[str, ...], Meta(description="skills that whoever reviews for it must have")
    ] = ()

    @property
    def hours(self) -> int:
        """The whole hours of the window, its first and its last included."""
        return self.earliest - self.latest + 1


class Team(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who reviews, and how much of it they can do."""

    an_hour: Annotated[int, Meta(ge=0, le=1000, description="reviews that it can make in an hour")]
    a_shift: (
        Annotated[int, Meta(ge=0, le=100_000, description="reviews in all the planned hours")]
        | None
    ) = None
    locations: Annotated[
        tuple[str, ...], Meta(description="the places where it reviews; every one if none is named")
    ] = ()
    skills: Annotated[tuple[str, ...], Meta(description="what its members can do")] = ()


class Fairness(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A floor for the reviews of each group of the input's column `group`; 0 turns it off."""

    floor: Annotated[
        Share,
        Meta(
            description="each group's share of the reviews, at the least, as a part of its share of"
            " the patients: 1 is the same share"
        ),
    ] = 0.0
    basis: Annotated[
        str, Meta(description="why the site sets it: the policy, law or audit it rests on")
    ] = ""


class Site(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a site chooses; raises ConfigError where it contradicts itself."""

    services: Annotated[dict[str, Reviewed], Meta(min_length=1)]
    teams: Annotated[dict[str, Team], Meta(min_length=1)]
    hours: Annotated[int, Meta(ge=1, le=48, description="hours that are planned")] = 12
    minimum_interval: Annotated[
        Hours, Meta(description="hours after a review before the next of the same patient")
    ] = 4
    maximum_interval: Annotated[
        Hours, Meta(description="hours after which everyone is to be reviewed; 0 is no such rule")
    ] = 0
    continuity: Annotated[
        Share, Meta(description="what a review by the team of the last one is worth more")
    ] = 0.05
    fairness: Fairness = Fairness()

    def contradictions(self) -> list[str]:
        """A line for each statement that another one excludes."""
        told = [
            f"services.{name}: latest is more hours before the event than earliest"
            for name, each in self.services.items()
            if each.latest > each.earliest
        ]
        if 0 < self.maximum_interval < self.minimum_interval:
            told.append("maximum_interval is less than minimum_interval")
        if self.fairness.floor and not self.fairness.basis.strip():
            told.append("fairness.basis: a floor needs the site's stated basis")
        return told


SERVICES = "services.toml"
"""What is stated of the services whose window was tested in a replay."""


def read_site(path: Path) -> Site:
    """Reads a site's file; raises ConfigError with a line for each mistake."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return from_tables(tables)
    except OSError as error:
        raise ConfigError(f"{path.name}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: not a text in UTF-8") from None
    except (tomllib.TOMLDecodeError, ConfigError) as error:
        told = (f"{path.name}: {line}" for line in str(error).splitlines())
        raise ConfigError("\n".join(told)) from None


def from_tables(tables: dict[str, object]) -> Site:
    """The site's choices; without a table of services those of the package."""
    given = {"services": _shipped(), **tables}
    if found := list(mistakes(Site, given)):
        raise ConfigError("\n".join(found))
    site = msgspec.convert(given, Site, strict=True)
    if told := site.contradictions():
        raise ConfigError("\n".join(told))
    return site


def one_team(an_hour: int) -> Site:
    """The choices where a site states only how many reviews an hour it can make."""
    return from_tables({"teams": {"review": {"an_hour": an_hour}}})


def _shipped() -> dict[str, object]:
    text = files("cds_hooks").joinpath("worklist", SERVICES).read_text(encoding="utf-8")
    return tomllib.loads(text)
