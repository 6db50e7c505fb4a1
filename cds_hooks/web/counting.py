"""Counts each request when it has been answered: only where the site asks for metrics."""

from time import monotonic

from flask import Flask, Response

from cds_hooks.metrics import CallMetrics, counted
from cds_hooks.web.incoming import incoming


def count_calls(app: Flask, metrics: CallMetrics) -> None:
    """From here on the application counts every request of which the log tells."""

    def count(response: Response) -> Response:
        coming = incoming()
        if coming.told:
            seconds = monotonic() - coming.began
            metrics.count(counted(coming.told, status=response.status_code, seconds=seconds))
        return response

    app.after_request(count)
