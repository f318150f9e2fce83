"""The records as one self-contained HTML page: no network, no scripts, the same bytes for the same records."""

from __future__ import annotations

from edgeml.bench.record import BenchFile
from edgeml.extras import require
from edgeml.report import explanation, figures, search
from edgeml.report import format as f
from edgeml.report.view import model_view


def render(bench: BenchFile) -> str:
    """The page as text. Every name is escaped: names come from model files."""
    jinja2 = require("jinja2", "all")
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("edgeml.report"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.globals["f"] = f
    environment.globals["figures"] = figures
    environment.globals["search"] = search
    environment.globals["explanation"] = explanation
    models = [
        model_view(name, tuple(r for r in bench.records if r.model == name)) for name in figures.models(bench.records)
    ]
    page = environment.get_template("report.html.j2").render(environment=bench.environment, models=models)
    return str(page)
