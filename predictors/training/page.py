"""A validation as one HTML page that needs no network, no script and no other file."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from predictors.training.plots import plots
from predictors.training.report import heading, summary, tables
from predictors.training.results import Validation

PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
)


def page(validation: Validation) -> str:
    """The report with its plots, in the reader's light or dark colours, fit to be printed."""
    return PAGES.get_template("report.html").render(
        heading=heading(validation),
        summary=summary(validation),
        plots=plots(validation),
        tables=tables(validation),
    )
