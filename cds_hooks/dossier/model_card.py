"""The CHAI applied model card, v0.2 of coalition-for-health-ai/mc-schema."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from cds_hooks.dossier.facts import TO_COMPLETE, Facts
from predictors.manifest import Manifest, Metric, Threshold

NAMESPACE = "https://mc.chai.org/v0.2/schema.xsd"
NOT_RECORDED = "Not available: none is recorded."

Content: TypeAlias = "str | Mapping[str, Content] | Sequence[tuple[str, Content]]"
"""Text, or elements in their order; a sequence where a name may come again."""


def model_card(facts: Facts) -> bytes:
    """The card as XML; what only the site can say is marked so, and nothing is left out."""
    root = Element("AppliedModelCard", xmlns=NAMESPACE)
    _fill(root, _card(facts))
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def model_type(manifest: Manifest) -> str:
    """What was fitted."""
    if not manifest.lightgbm:
        return "Cox proportional hazards model"
    beside = ", with a linear part beside them" if manifest.blend else ""
    return f"Gradient-boosted trees (LightGBM {manifest.lightgbm}){beside}"


def inputs(facts: Facts) -> str:
    """The declared inputs with their units, in one line."""
    return ", ".join(f"{name} ({unit})" if unit else name for name, unit in facts.inputs.items())


def _card(facts: Facts) -> Content:
    said, made = facts.said, facts.manifest
    return {
        "BasicInfo": {
            "ModelName": facts.title,
            "ModelDeveloper": said("developer"),
            "DeveloperContact": said("developer"),
        },
        "ReleaseInfo": {
            "ReleaseStage": "Research use; not a medical device.",
            "ReleaseDate": NOT_RECORDED,
            "ReleaseVersion": f"{made.version} (manifest SHA-256 {facts.sha256})",
            "GlobalAvailability": TO_COMPLETE,
        },
        "ModelSummary": {"Summary": said("output_value"), "Keywords": ()},
        "UsesAndDirections": {
            "IntendedUseAndWorkflow": said("intended_use"),
            "PrimaryIntendedUsers": said("intended_users"),
            "HowToUse": said("decision_role"),
            "TargetedPatientPopulation": said("intended_population"),
            "CautionedOutOfScopeSettings": said("cautioned_use"),
        },
        "Warnings": {
            "KnownRisksAndLimitations": said("known_risks"),
            "KnownBiasesOrEthicalConsiderations": _all(
                facts, "sensitive_inputs", "training_representativeness", "internal_fairness"
            ),
            "ClinicalRiskLevel": TO_COMPLETE,
        },
        "TrustIngredients": {
            "AISystemFacts": {
                "OutcomesAndOutputs": said("output_value"),
                "ModelType": model_type(made),
                "InputDataSource": "FHIR R4 resources that the EHR sends or lets the server fetch.",
                "OutputAndInputDataTypes": f"{said('output_type')} Inputs: {inputs(facts)}.",
                "DevelopmentDataCharacterization": (
                    f"{made.training.data}: {made.training.patients} patients, "
                    f"{made.training.rows} rows, {made.training.events} with the outcome. "
                    f"{said('inclusion_exclusion')}"
                ),
                "BiasMitigationApproaches": _all(facts, "fairness_approach", "bias_management"),
                "OngoingMaintenance": _all(
                    facts, "validity_monitoring", "fairness_monitoring", "update_process"
                ),
            },
            "TransparencyInformation": {
                "FundingSource": said("funding"),
                "StakeholdersConsulted": NOT_RECORDED,
            },
        },
        "KeyMetrics": {
            "UsefulnessUsabilityEfficacy": _measured(
                facts, _metrics(m for m in made.metrics if not m.subgroup), "validity"
            ),
            "FairnessEquity": _measured(
                facts, _metrics(m for m in made.metrics if m.subgroup), "fairness"
            ),
            "SafetyReliability": _measured(
                facts, [each for t in made.thresholds for each in _burden(t)], "validity"
            ),
        },
        "Resources": {
            "PeerReviewedPublications": NOT_RECORDED,
            "PatientConsentOrDisclosure": TO_COMPLETE,
        },
        "Bibliography": f"Data: {made.training.data}.",
    }


def _all(facts: Facts, *keys: str) -> str:
    return " ".join(facts.said(key) for key in keys)


def _measured(facts: Facts, results: Sequence[tuple[str, Content]], kind: str) -> Content:
    cohorts = dict.fromkeys(each.cohort for each in facts.manifest.metrics)
    return {
        "MetricGoal": "No goal was recorded before the model was made.",
        "Results": results or [_result("none reported", None)],
        "Interpretation": _all(facts, f"internal_{kind}", f"external_{kind}"),
        "TestType": f"Retrospective; cohorts: {', '.join(cohorts) or 'none'}.",
        "TestingDataDescription": _all(facts, "external_data", "external_representativeness"),
        "ValidationProcessAndJustification": facts.said("external_process"),
    }


def _metrics(metrics: Iterable[Metric]) -> Sequence[tuple[str, Content]]:
    return [
        _result(
            ", ".join(filter(None, (each.name, each.cohort, each.subgroup))),
            _estimate(each),
        )
        for each in metrics
    ]


def _estimate(metric: Metric) -> Mapping[str, object]:
    if metric.low is None or metric.high is None:
        return {"kind": "single", "value": metric.value}
    interval = {"lower": metric.low, "upper": metric.high, "level": 95}
    return {"kind": "estimate_ci", "estimate": metric.value, **interval}


def _burden(threshold: Threshold) -> Sequence[tuple[str, Content]]:
    at = f"at the threshold {threshold.name}, risk {threshold.risk:.4f}"
    figures = {
        "sensitivity": threshold.sensitivity,
        "PPV": threshold.ppv,
        "number needed to evaluate": threshold.nne,
        "alerts per 100 assessments": threshold.alerts_per_100,
    }
    return [
        _result(f"{name} {at}", {"kind": "single", "value": value})
        for name, value in figures.items()
    ]


def _result(label: str, value: Mapping[str, object] | None) -> tuple[str, Content]:
    return "MetricResult", {"Label": label, "ValueJson": json.dumps(value)}


def _fill(element: Element, content: Content) -> None:
    if isinstance(content, str):
        element.text = content
        return
    for name, inner in content.items() if isinstance(content, Mapping) else content:
        _fill(SubElement(element, name), inner)
