"""Flask that reads the body and answers one card that never changes."""

from flask import Flask, Response, request

CARD = b'{"cards": [{"summary": "fixed", "indicator": "info", "source": {"label": "bench"}}]}'

app = Flask(__name__)


@app.post("/cds-services/<service>")
def answer(service: str) -> Response:
    """The card."""
    request.get_data()
    return Response(CARD, mimetype="application/json")
