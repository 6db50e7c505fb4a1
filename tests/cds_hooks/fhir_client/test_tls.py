import os
from pathlib import Path

from cds_hooks.fhir_client.tls import trust
from cds_hooks.settings.clients import FhirServer
from tests.authority import Authority


def test_authorities_are_read_again_only_when_their_file_has_changed(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "authority")
    server = FhirServer(base="https://ehr.example/fhir", ca_file=str(authority.file))
    before = trust(server)
    assert trust(server) is before
    os.utime(authority.file, ns=(1, 1))
    assert trust(server) is not before


def test_a_certificate_is_required_and_its_name_checked() -> None:
    context = trust(FhirServer(base="https://ehr.example/fhir"))
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
