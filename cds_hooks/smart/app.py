"""Our SMART app as it is registered at a client's EHR, and the one way in which a launch fails."""

from collections.abc import Mapping
from dataclasses import dataclass

from cds_hooks.settings.clients import Client, FhirServer, Smart


class LaunchRefused(Exception):
    """The page is not opened; `reason` is for our log alone, and a word of ours."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class App:
    """Our app as one client's EHR knows it: the settings, and the FHIR server that it launches."""

    name: str
    client: Client
    smart: Smart
    server: FhirServer


def registered(iss: str, clients: Mapping[str, Client]) -> App:
    """The app at that FHIR server, spelled exactly as it was registered; raises LaunchRefused."""
    for name, client in clients.items():
        for server in client.fhir_servers:
            if client.smart and server.base == iss:
                return App(name, client, client.smart, server)
    raise LaunchRefused("not registered")
