"""Records and the peers' figures as Markdown: a table for each model, and the summary that the README shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from suite import Limit, Model, Peer, Peers

from edgeml.bench.record import BenchFile, MemoryInfo, Record

LEAD, LEAD_TOOLCHAIN, LEAD_AIM = "cortex-m4", "gcc", "balanced"
# how much more than gcc's build zig's may execute
ZIG_FACTOR = 1.1
_COLUMNS = (
    "core",
    "code",
    "instructions",
    "a MAC",
    "modelled cycles",
    "a MAC",
    "flash",
    "RAM",
    "of it stack",
    "at most",
    "outputs",
)


def page(bench: BenchFile, peers: Peers, models: Mapping[str, Model]) -> str:
    """Everything: environment, a table for each model, the limits, where the peers' figures come from."""
    e = bench.environment
    compilers = sorted({r.runtime.compiler for r in bench.records if r.runtime.compiler})
    parts = [
        "# MLPerf Tiny on microcontrollers",
        f"edgeml {e.edgeml}, {e.date}, {', '.join(compilers)}, Python {e.python} on {e.os}, {e.cpu}. Instructions and "
        "bytes are exact and repeat; cycles are modelled with zero wait states, not measured on silicon. Flash is the "
        "whole image with the smallest program around the model, RAM is arena + .data + .bss + stack, input and output "
        "included. `make -C benchmarks/mlperf_tiny` measures again.",
    ]
    for key, model in models.items():
        records = _of(bench, key)
        if records:
            parts += [f"## {model.title}", _model_table(key, records, peers)]
    parts += ["## Limits", _limits(bench, peers), *(f"*{k}*: {v}" for k, v in peers.sources.items())]
    return "\n\n".join(parts)


def summary(bench: BenchFile, peers: Peers) -> str:
    """The short table: each model on the lead core, gcc and zig, beside the best open peers."""
    header = ("", *(k.upper() for k in _keys(bench)))
    rows: list[tuple[str, ...]] = []
    lead = {t: {k: _lead(bench, k, t) for k in _keys(bench)} for t in ("gcc", "zig")}
    for figure in ("instructions", "flash", "ram"):
        for toolchain, found in lead.items():
            rows.append(
                (f"{figure}, edgeml, {toolchain}", *(_number(r and _figure(r, figure)) for r in found.values()))
            )
        for peer in (p for p in peers.measured if p.core == LEAD and "CMSIS" in p.name):
            rows.append((f"{figure}, {peer.name}", *(_number(getattr(peer, figure).get(k)) for k in _keys(bench))))
    for toolchain, found in lead.items():
        rows.append((f"modelled cycles a MAC, edgeml, {toolchain}", *(_per_mac(r, "cycles") for r in found.values())))
    for peer in (p for p in peers.published if p.core == LEAD):
        rows.append(
            (f"cycles a MAC on silicon, {peer.name}", *(_decimal(peer.cycles_per_mac.get(k)) for k in _keys(bench)))
        )
    return _markdown(header, rows) + "\n"


def missed_limits(bench: BenchFile, peers: Peers) -> list[str]:
    """A sentence for each limit that a record misses."""
    missed = []
    for limit in peers.limits:
        for key, most in limit.most.items():
            record = _find(bench, key, limit.core, LEAD_TOOLCHAIN, limit.optimize)
            value = record and _figure(record, limit.figure)
            if value and value > most:
                missed.append(f"{key} on {limit.core}: {limit.figure} ({limit.optimize}) {value:,}, limit {most:,}")
    for key in _keys(bench):
        gcc, zig = (_lead(bench, key, t) for t in ("gcc", "zig"))
        if gcc and zig and gcc.instructions and (zig.instructions or 0) > ZIG_FACTOR * gcc.instructions:
            missed.append(f"{key}: zig {zig.instructions:,} instructions, gcc {gcc.instructions:,}: over {ZIG_FACTOR}")
    return missed


def _model_table(key: str, records: Sequence[Record], peers: Peers) -> str:
    rows: list[tuple[str, ...]] = []
    macs = sum(layer.macs for layer in records[0].layers)
    for core in dict.fromkeys(r.target for r in records):
        rows += [_row(r) for r in records if r.target == core and not r.skipped]
        rows += [_peer_row(p, key, macs) for p in peers.measured if p.core == core and key in p.instructions]
        rows += [_peer_row(p, key, macs) for p in peers.published if p.core == core and key in p.cycles_per_mac]
    return f"{macs:,} MACs.\n\n{_markdown(_COLUMNS, rows)}"


def _row(record: Record) -> tuple[str, ...]:
    memory = record.memory or MemoryInfo()
    name = f"**edgeml**, {_toolchain(record)}, {record.optimize}"
    return (
        record.target,
        name,
        _number(record.instructions),
        _per_mac(record, "instructions"),
        _number(record.cycles),
        _per_mac(record, "cycles"),
        _number(memory.flash),
        _number(memory.ram),
        _number(memory.stack),
        _number(memory.stack_bound),
        _outputs(record),
    )


def _outputs(record: Record) -> str:
    compared = [a for a in record.agreements if a.reference in ("host", "litert")]
    if not compared:
        return "not compared"
    return "identical" if not any(a.mismatched_outputs for a in compared) else "DIFFERENT"


def _peer_row(peer: Peer, key: str, macs: int) -> tuple[str, ...]:
    instructions, cycles = peer.instructions.get(key), peer.cycles_per_mac.get(key)
    return (
        peer.core,
        peer.name,
        _number(instructions),
        _decimal(instructions and instructions / macs),
        "silicon" if cycles else "",
        _decimal(cycles),
        _number(peer.flash.get(key)),
        _number(peer.ram.get(key)),
        "",
        "",
        "",
    )


def _limits(bench: BenchFile, peers: Peers) -> str:
    keys = [k for k in _keys(bench) if any(k in limit.most for limit in peers.limits)]
    rows = []
    for limit in peers.limits:
        name = f"{limit.figure}, {limit.core}, gcc, {limit.optimize}"
        rows.append((name, *(_against(bench, limit, k) for k in keys)))
    return _markdown(("", *(k.upper() for k in keys)), rows)


def _against(bench: BenchFile, limit: Limit, key: str) -> str:
    record = _find(bench, key, limit.core, LEAD_TOOLCHAIN, limit.optimize)
    most = limit.most.get(key)
    value = record and _figure(record, limit.figure)
    if value is None or most is None:
        return ""
    return f"{value:,} {'≤' if value <= most else '**>**'} {most:,}"


def _of(bench: BenchFile, key: str) -> list[Record]:
    return [r for r in bench.records if r.model == key]


def _keys(bench: BenchFile) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.model for r in bench.records))


def _lead(bench: BenchFile, key: str, toolchain: str) -> Record | None:
    return _find(bench, key, LEAD, toolchain, LEAD_AIM)


def _find(bench: BenchFile, key: str, core: str, toolchain: str, optimize: str) -> Record | None:
    found = (r for r in _of(bench, key) if r.target == core and r.optimize == optimize and not r.skipped)
    return next((r for r in found if _toolchain(r) == toolchain), None)


def _toolchain(record: Record) -> str:
    return "zig" if record.runtime.compiler.startswith("zig") else "gcc"


def _figure(record: Record, name: str) -> int | None:
    value = record.instructions if name == "instructions" else getattr(record.memory, name, None)
    return None if value is None else int(value)


def _per_mac(record: Record | None, figure: str) -> str:
    macs = sum(layer.macs for layer in record.layers) if record else 0
    value = getattr(record, figure) if record else None
    return _decimal(value / macs if value and macs else None)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _decimal(value: float | None) -> str:
    return f"{value:.2f}" if value else ""


def _markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
