"""For how long a site withholds cards that were answered (alert fatigue)."""

from typing import Annotated

from msgspec import Meta, Struct


class FatigueSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For how long a card is withheld once its user has answered it."""

    on: Annotated[bool, Meta(description="whether anything is withheld")] = False
    acute_hours: Annotated[
        float,
        Meta(
            ge=0,
            le=100_000,
            description="quiet time of a service about hours (laboratory safety, early warning)",
        ),
    ] = 12.0
    prevention_days: Annotated[
        float,
        Meta(
            ge=0,
            le=10_000,
            description="quiet time of the others; what is older than `store.retention_days` is"
            " forgotten before",
        ),
    ] = 90.0
    most_an_hour: Annotated[
        int,
        Meta(
            ge=0,
            description="how many cards a service shows a client in an hour, the critical ones"
            " neither counted nor withheld; 0: any number. Calls at the same moment may exceed it"
            " by one each",
        ),
    ] = 0
