"""Results as Markdown, and the sentences about figures that were missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from measured import Cell, Results, RowResult
from rows import Limits

# titles of the tools, in the order of the columns
Titles = Mapping[str, str]


def page(results: Results, limits: Mapping[str, Limits], titles: Titles) -> str:
    """The table of all figures, and what was missed."""
    e = results.environment
    lines = [
        "# What int8 costs",
        f"Measured on {e['date']} by `make -C benchmarks/accuracy results`: {e['versions']}; Python {e['python']} on "
        f"{e['os']}, {e['cpu']}. "
        "One float model, one calibration set and one test set for all tools; softmax stripped, "
        "so that logits are compared; batch norm folded. Δ is int8 less float32, in points of top-1, ± one standard "
        "error of that difference; seconds are processor time for calibration and quantisation, on a machine that had "
        "other work.",
    ]
    for row in results.rows:
        limit = limits[row.key]
        lines += [f"## {limit.title}", _head(row, limit), _cells(row, titles)]
    missed = missed_figures(results, limits)
    lines += ["## Figures that are missed", *(f"* {text}" for text in missed)] if missed else []
    return "\n\n".join(lines)


def summary(results: Results, limits: Mapping[str, Limits], titles: Titles) -> str:
    """One line a model: Δ points and flips of each tool."""
    header = ("model (float top-1, samples)", *titles.values())
    rows = []
    for row in results.rows:
        name = f"{limits[row.key].title} ({row.accuracy:.2f}, {row.n:,})"
        rows.append((name, *(_short(_find(row, tool)) for tool in titles)))
    return _markdown(header, rows) + "\n"


def missed_figures(results: Results, limits: Mapping[str, Limits]) -> list[str]:
    """A sentence for each figure of rows.toml that edgeml misses, and for each row where a peer is better."""
    missed = []
    for row in results.rows:
        mine, limit = _find(row, "edgeml"), limits[row.key]
        if mine is None:
            continue
        share = 100 * mine.flips / row.n
        if -mine.points > limit.points + 1e-9:
            missed.append(f"{row.key}: loses {-mine.points:.3f} points, at most {limit.points} are meant.")
        kept = limit.sqnr is not None and mine.sqnr >= limit.sqnr
        if share > limit.flips + 1e-9 and not kept:
            missed.append(f"{row.key}: {share:.2f} % of the predictions flip, at most {limit.flips} % are meant.")
        if row.best is not None and row.best.worse:
            missed.append(
                f"{row.key}: {-row.best.points:.2f} points behind {row.best.tool}, more than one standard error "
                f"({row.best.error:.2f})."
            )
    return missed


def _head(row: RowResult, limit: Limits) -> str:
    kept = f", or {limit.sqnr:g} dB" if limit.sqnr is not None else ""
    return (
        f"float32 {row.accuracy:.2f} % of {row.n:,} samples, {row.calibration} calibration samples; meant: at most "
        f"{limit.points:g} points, {limit.flips:g} % flips{kept}."
    )


def _cells(row: RowResult, titles: Titles) -> str:
    header = ("tool", "Δ points", "flips", "% of n", "logit SQNR, dB", "seconds", "bytes")
    return _markdown(header, [_line(row, titles[cell.tool], cell) for cell in row.cells])


def _line(row: RowResult, title: str, cell: Cell) -> tuple[str, ...]:
    name = f"**{title}** {cell.version}" if cell.tool == "edgeml" else f"{title} {cell.version}"
    if cell.error:
        return (name, f"fails: {cell.error[:120]}", "", "", "", "", "")
    share = f"{100 * cell.flips / row.n:.2f}"
    return (
        name,
        f"{cell.points:+.2f} ± {cell.points_error:.2f}",
        f"{cell.flips:,}",
        share,
        f"{cell.sqnr:.1f}",
        f"{cell.seconds:.1f}",
        f"{cell.bytes:,}",
    )


def _short(cell: Cell | None) -> str:
    if cell is None:
        return ""
    return "fails" if cell.error else f"{cell.points:+.2f} ({cell.flips:,})"


def _find(row: RowResult, tool: str) -> Cell | None:
    return next((c for c in row.cells if c.tool == tool), None)


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(text.replace('|', '/') for text in line)} |" for line in lines)
