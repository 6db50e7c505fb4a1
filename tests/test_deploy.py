"""What lies in deploy/ names what there is: metrics, files, settings, and the API's own fields."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from prometheus_client import CollectorRegistry

from cds_hooks.admin.app import create_admin
from cds_hooks.metrics import CallCount, CallMetrics
from cds_hooks.settings.file import load
from cds_hooks.settings.settings import Settings
from tests import stores

DEPLOY = Path(__file__).parent.parent / "deploy"
RULES = yaml.safe_load((DEPLOY / "prometheus/alerts.yml").read_text())["groups"][0]["rules"]
DASHBOARD = json.loads((DEPLOY / "grafana/cds-hooks.json").read_text())
API = "1.37.0"
NAME = re.compile(r"\bcds_hooks_\w+")


def metrics() -> set[str]:
    """Every time series that /metrics may hold."""
    registry = CollectorRegistry()
    CallMetrics(registry).count(
        CallCount("lab-safety", 200, 0.1, shown=1, outcomes=1, recorded=True)
    )
    counted = {each.name for family in registry.collect() for each in family.samples}
    text = create_admin(Settings(), stores.recorder(), demo=True).test_client().get("/metrics").text
    return counted | set(NAME.findall(text))


def resources() -> list[tuple[str, Any]]:
    kept = yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    return [
        (name, each)
        for name in kept
        for each in yaml.safe_load_all((DEPLOY / "kubernetes" / name).read_text())
    ]


def test_each_alert_and_each_panel_asks_for_metrics_that_there_are() -> None:
    alerts = [rule["expr"] for rule in RULES]
    panels = [t["expr"] for panel in DASHBOARD["panels"] for t in panel["targets"]]
    asked = [set(NAME.findall(each)) for each in (*alerts, *panels)]
    assert all(asked)
    assert set().union(*asked) <= metrics()


def test_each_alert_says_in_words_what_is_wrong_and_how_urgent_it_is() -> None:
    for rule in RULES:
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in ("info", "warning", "critical")


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's package prometheus has it")
def test_prometheus_takes_the_rules() -> None:
    file = str(DEPLOY / "prometheus/alerts.yml")
    subprocess.run(["promtool", "check", "rules", file], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(("name", "resource"), resources())
def test_a_manifest_is_as_the_kubernetes_api_has_it(name: str, resource: Any) -> None:
    assert name
    kubernetes_validate.validate(resource, API, strict=True)


def test_a_field_that_the_api_does_not_have_is_found() -> None:
    (_, wrong), *_ = resources()
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong | {"specs": {}}, API, strict=True)


def test_the_site_of_the_manifests_can_be_read() -> None:
    assert load(DEPLOY / "kubernetes/cds.toml").metrics.folder == "/run/cds-hooks/counts"


def test_compose_mounts_files_of_ours_that_there_are_and_publishes_no_admin_app() -> None:
    services = yaml.safe_load((DEPLOY / "compose/compose.yml").read_text())["services"]
    mounted = [volume for each in services.values() for volume in each.get("volumes", ())]
    ours = [each.partition(":")[0] for each in mounted if each.startswith("..")]
    assert ours
    assert all((DEPLOY / "compose" / each).is_file() for each in ours)
    assert "ports" not in services["admin"]
    assert "ports" not in services["server"]
