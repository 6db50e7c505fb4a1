"""A patient's chart as a hook opens it, of which each service is shown what it declared."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from cds_hooks.engine.finding import Finding
from cds_hooks.engine.model_set import NO_MODELS, Models
from cds_hooks.engine.patient import Answers, Assessed
from cds_hooks.engine.service import Service
from cds_hooks.protocol.hooks import Context
from cds_hooks.settings.settings import Settings
from fhir_adapters.record import PatientRecord


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Chart:
    """One patient's record, the moment to assess it at, the hook's context, and what assesses it.

    `unfetched` says by prefetch key why what was not sent was not fetched either.
    """

    record: PatientRecord
    as_of: datetime
    context: Context
    settings: Settings
    models: Models = NO_MODELS
    unfetched: Mapping[str, str] = field(default_factory=dict)
    answers: Answers = field(default_factory=Answers, repr=False, compare=False)

    def shown_to(self, service: Service, findings: tuple[Finding, ...] = ()) -> Assessed:
        """The patient as that service may see it, and what the services that it gathers found."""
        return Assessed(
            record=self.record,
            as_of=self.as_of,
            context=self.context,
            declared=service.declared,
            site=self.settings.site,
            thresholds=self.settings.of(service.id).thresholds,
            rules=self.settings.of(service.id).rules,
            removes_drafts=bool(self.settings.of(service.id).remove_drafts),
            findings=findings,
            models=self.models.active,
            answers=self.answers,
        )

    def challenged(self) -> "Chart":
        """The chart as the versions assess it that the site tries, where it tries any."""
        tried = {**self.models.active, **self.models.challengers}
        return replace(self, models=replace(self.models, active=tried), answers=Answers())
