"""Records arranged as the page shows them: one section object a model."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.bench.record import Accuracy, Agreement, BoardFit, FileSize, Layer, Record
from edgeml.report import figures
from edgeml.report import format as f
from edgeml.report.charts import Chart, accuracy_chart, cost_chart, memory_chart, size_chart
from edgeml.report.image import ImageView, image_view


@dataclass(frozen=True)
class Tile:
    """A headline figure with a line of context; `state` is "", "good" or "bad"."""

    title: str
    value: str
    note: str
    state: str = ""


@dataclass(frozen=True)
class VariantRow:
    """One variant: its accuracy where most samples ran, its sizes, its cost."""

    name: str
    series: int
    accuracy: Accuracy | None
    where: str
    file: FileSize | None
    parameters: int | None
    sparsity: float | None
    cost: Record | None


@dataclass(frozen=True)
class Bar:
    """A horizontal bar, `share` and `mark` in 0..1 of the widest."""

    label: str
    target: str
    series: int
    share: float
    mark: float
    text: str
    note: str


@dataclass(frozen=True)
class LayerTable:
    """Layers with the share of the widest bar, and their sum."""

    title: str
    note: str
    rows: tuple[tuple[Layer, float], ...]
    total: Layer
    has_costs: bool
    has_cycles: bool
    has_kernels: bool
    has_sqnr: bool


@dataclass(frozen=True)
class BoardRow:
    """A board and the core or board that was measured."""

    core: str
    board: BoardFit


@dataclass(frozen=True)
class Confusion:
    """Rows are true classes; `cells` hold (count, shade 0..1 of the row's total)."""

    title: str
    labels: tuple[str, ...]
    cells: tuple[tuple[tuple[int, float], ...], ...]
    worst: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True)
class AgreementTable:
    """Each runtime (row) against each other (column)."""

    variant: str
    targets: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class ModelView:
    """Everything the page says about one model."""

    name: str
    tiles: tuple[Tile, ...]
    records: tuple[Record, ...]
    skipped: tuple[Record, ...]
    most_samples: int
    variants: tuple[VariantRow, ...]
    accuracy: Chart | None
    size: Chart | None
    instructions: Chart | None
    flash: Chart | None
    latency: tuple[Bar, ...]
    layers: tuple[LayerTable, ...]
    memory: Chart | None
    memory_of: Record | None
    images: tuple[ImageView, ...]
    boards: tuple[BoardRow, ...]
    confusion: Confusion | None
    agreements: tuple[AgreementTable, ...]
    explained: tuple[Record, ...]
    searched: tuple[Record, ...]


def model_view(name: str, records: tuple[Record, ...]) -> ModelView:
    """Arrange the records of one model; the last variant is the delivered one."""
    ran = tuple(r for r in records if not r.skipped)
    names = figures.variants(records)
    rows = tuple(_variant(v, i, figures.of_variant(ran, v)) for i, v in enumerate(names))
    delivered = figures.of_variant(ran, names[-1])
    measured = [(r.name, r.accuracy) for r in rows if r.accuracy and r.accuracy.metric == "top1"]
    sized = [(r.name, r.accuracy, r.file) for r in rows if r.accuracy and r.accuracy.metric == "top1" and r.file]
    # a core's own plan before this machine's
    with_map = sorted((r for r in delivered if r.memory_map), key=lambda r: r.instructions is None)
    mapped = with_map[0] if with_map else None
    steps = [layer.name for layer in mapped.layers] if mapped else []
    return ModelView(
        name,
        _tiles(rows[-1], delivered),
        ran,
        tuple(r for r in records if r.skipped),
        max((r.accuracy.n for r in ran if r.accuracy), default=0),
        rows,
        accuracy_chart([(n, a.value, *a.ci95) for n, a in measured]) if measured else None,
        size_chart([(n, a.value, *a.ci95, s.bytes, s.compressed) for n, a, s in sized]) if sized else None,
        *_costs(rows),
        _latency(ran, names),
        _layer_tables(delivered),
        memory_chart(mapped.memory_map, steps) if mapped else None,
        mapped,
        tuple(v for r in delivered if (v := image_view(r)) is not None),
        tuple(BoardRow(r.target, b) for r in delivered for b in r.boards),
        _confusion(delivered),
        tuple(t for v in names if (t := _agreement_table(v, figures.of_variant(ran, v)))),
        tuple(r for r in ran if r.explanation),
        tuple(r for r in ran if r.search),
    )


def _costs(rows: tuple[VariantRow, ...]) -> tuple[Chart | None, Chart | None]:
    """Accuracy over millions of instructions and over flash, where there are variants to choose from: the float one
    takes so much more that it would hide the differences of the others.
    """
    found = [
        (r, r.accuracy, r.cost.instructions, r.cost.memory.flash)
        for r in rows
        if r.name != figures.FLOAT_VARIANT and r.accuracy and r.accuracy.metric == "top1"
        if r.cost and r.cost.instructions and r.cost.memory and r.cost.memory.flash
    ]
    if len(found) < 2:
        return None, None
    series = [r.series for r, *_ in found]
    spent = cost_chart([(r.name, a.value, *a.ci95, n / 1e6) for r, a, n, _ in found], series, "M")
    return spent, cost_chart([(r.name, a.value, *a.ci95, n / 1024) for r, a, _, n in found], series, "KiB")


def _variant(name: str, series: int, records: tuple[Record, ...]) -> VariantRow:
    if not records:
        return VariantRow(name, series, None, "", None, None, None, None)
    best = figures.leading(records)
    cost = next((r for r in records if r.instructions is not None), None)
    return VariantRow(
        name, series, best.accuracy, best.target, figures.file_size(best), best.parameters, best.sparsity, cost
    )


def _tiles(row: VariantRow, records: tuple[Record, ...]) -> tuple[Tile, ...]:
    tiles = []
    if row.accuracy:
        a = row.accuracy
        note = f"95 % interval {f.figure_interval(a)}, n = {a.n:,}"
        tiles.append(Tile(f"{'Accuracy' if a.metric == 'top1' else a.metric.upper()}, {row.name}", f.figure(a), note))
        if a.mcnemar_p is not None:
            note = f"points; {f.count(a.flips)} of {a.n:,} predictions flip, McNemar p {f.p_value(a.mcnemar_p)}"
            tiles.append(Tile("Against float32", f.figure_change(a), note))
        elif a.delta is not None:
            tiles.append(Tile("Against float32", f.figure_change(a), f.verdict(a)))
    if row.file:
        tiles.append(Tile("File", f.size(row.file.bytes), f"{row.file.name}; {f.size(row.file.compressed)} compressed"))
    if row.cost and row.cost.memory:
        c, m = row.cost, row.cost.memory
        board = figures.fastest_board(c)
        if board:
            tiles.append(Tile("Inference", f.millis(board.ms), f"{board.name}, modelled: {f.short(c.cycles)} cycles"))
        memory_note = f"{f.size(m.code)} code, {f.size(m.weights)} weights; RAM {f.size(m.ram)}"
        tiles.append(Tile("Flash", f.size(m.flash), memory_note))
    compared = [a for r in records for a in r.agreements]
    if compared:
        tiles.append(_agreement_tile(compared, len({r.target for r in records if r.agreements})))
    return tuple(tiles)


def _agreement_tile(compared: list[Agreement], runtimes: int) -> Tile:
    note = f"outputs of {runtimes} runtimes, each against each other"
    wrong = sum(1 for a in compared if a.mismatched_outputs)
    if not wrong:
        return Tile("Agreement", "identical", note, "good")
    worst = max(a.max_abs_diff for a in compared)
    if not float(worst).is_integer():
        # float32 runtimes sum in different orders: a small difference is no fault
        return Tile("Agreement", f"± {worst:.0e}", f"largest difference; {note}")
    # every pair was compared from both sides
    return Tile("Agreement", f"{wrong // 2} pairs differ", note, "bad")


def _latency(records: tuple[Record, ...], names: tuple[str, ...]) -> tuple[Bar, ...]:
    timed = [(r, r.latency) for r in records if r.latency and r.latency.unit == "us"]
    most = max((t.p95 for _, t in timed), default=0.0) or 1.0
    order = list(dict.fromkeys(r.target for r, _ in timed))
    timed.sort(key=lambda pair: (order.index(pair[0].target), names.index(pair[0].variant)))
    return tuple(
        Bar(
            r.variant, r.target, names.index(r.variant), t.median / most, t.p95 / most, f.micros(t.median),
            f"p95 {f.micros(t.p95)}, {t.runs:,} runs",
        )
        for r, t in timed
    )  # fmt: skip


def _layer_tables(records: tuple[Record, ...]) -> tuple[LayerTable, ...]:
    chosen = [r for r in records if r.instructions is not None] or [r for r in records if r.layers][:1]
    tables = []
    for r in chosen:
        costs = r.instructions is not None
        weight = [float((x.instructions if costs else x.macs) or 0) for x in r.layers]
        most = max(weight, default=0.0) or 1.0
        total = Layer(
            "whole model", "", figures.macs(r), r.instructions, r.cycles, (), sum(x.bytes or 0 for x in r.layers),
            r.sparsity,
        )  # fmt: skip
        title = f"{r.variant} on {r.target}" if costs else r.variant
        if costs and r.optimize:
            title += f", {r.runtime.compiler}, {r.optimize}"
        rows = tuple((x, w / most) for x, w in zip(r.layers, weight, strict=True))
        kernels, sqnr = any(x.kernel for x in r.layers), any(x.sqnr_db is not None for x in r.layers)
        cycles = any(x.cycles for x in r.layers)
        tables.append(LayerTable(title, r.cycles_model or "", rows, total, costs, cycles, kernels, sqnr))
    return tuple(tables)


def _confusion(records: tuple[Record, ...]) -> Confusion | None:
    with_matrix = tuple(r for r in records if r.confusion)
    if not with_matrix:
        return None
    record = figures.leading(with_matrix)
    size = len(record.confusion)
    labels = record.labels if len(record.labels) == size else tuple(map(str, range(size)))
    cells = tuple(tuple((c, c / max(1, sum(row))) for c in row) for row in record.confusion)
    wrong = [(-c, i, j) for i, row in enumerate(record.confusion) for j, c in enumerate(row) if c and i != j]
    worst = tuple((labels[i], labels[j], -c) for c, i, j in sorted(wrong)[:5])
    return Confusion(f"{record.variant} on {record.target}", labels, cells, worst)


def _agreement_table(variant: str, records: tuple[Record, ...]) -> AgreementTable | None:
    if not any(r.agreements for r in records):
        return None
    targets = tuple(r.target for r in records)
    cells = []
    for r in records:
        found = {a.reference: figures.agreement_phrase(a) for a in r.agreements}
        cells.append(tuple(found.get(t, "" if t == r.target else f.DASH) for t in targets))
    return AgreementTable(variant, targets, tuple(cells))
