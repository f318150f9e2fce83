"""Results as Markdown, and the sentences about limits that were missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from choose import Tried, best
from results import ModelResult, Outcome, Results, VariantResult
from suite import ModelSuite, Variant

from edgeml.report.format import p_value

Suites = Mapping[str, ModelSuite]
# limits are met to the last sample: roundings must not decide
_EXACT = 1e-9


def page(results: Results, suites: Suites, choice: Mapping[str, Sequence[Tried]]) -> str:
    """All figures: means, what a run takes, every seed, how the settings were chosen, and what was missed."""
    e = results.environment
    lines = [
        "# What pruning costs and saves",
        f"Measured on {e['date']} by `make -C benchmarks/pruning results`; Python {e['python']} on {e['os']}, "
        f"{e['cpu']}. "
        "Every variant is the dense float32 model of its seed, pruned while it is tuned on, then rounded to int8 as "
        "`edgeml build` does. Δ is its accuracy on the whole test set less that of the dense float32 model, in points, "
        "± one standard error of the paired difference (of the seeds' mean: over test samples, not over other seeds). "
        "Instructions of one run, bytes of packed constants and flash are those of the first seed's model on cortex-m4 "
        "(zig), in brackets as a part of the dense int8 model's.",
    ]
    for model in results.models:
        suite = suites[model.key]
        lines += [f"## {suite.title}", _head(model), _means(model, suite)]
        lines += ["Every seed:", _seeds(model)]
        lines += [_chosen(suite, tuple(choice[model.key])), _tried(suite, choice[model.key])]
    sentences = missed(results, suites)
    lines += (
        ["## Limits that are missed, figures that are missing", *(f"* {text}" for text in sentences)]
        if sentences
        else []
    )
    return "\n\n".join(lines)


def summary(results: Results, suites: Suites) -> str:
    """One line a variant: mean Δ and each seed's, instructions and constants as a part of the dense int8 model's."""
    header = ["int8"]
    for model in results.models:
        n = len(model.dense.outcomes)
        header += [f"{suites[model.key].title}, Δ points ({_count(n, 'seed')})", "instructions", "constants"]
    names = list(dict.fromkeys(v.name for model in results.models for v in model.variants))
    rows = []
    for name in names:
        row = [name]
        for model in results.models:
            found = next((v for v in model.variants if v.name == name), None)
            row += _short(found, model) if found else ["", "", ""]
        rows.append(row)
    return _markdown(header, rows) + "\n"


def missed(results: Results, suites: Suites) -> list[str]:
    """A sentence for each limit that the mean of the seeds or the measured model exceeds, and for what is missing."""
    found = []
    for model in results.models:
        for variant in suites[model.key].variants:
            result = next((v for v in model.variants if v.name == variant.name), None)
            where = f"{suites[model.key].title}, {variant.name}"
            if result is None:
                found.append(f"{where}: not measured.")
                continue
            if not _keeps(result.points, variant):
                found.append(f"{where}: loses {-result.points:.3f} points, at most {variant.limit:g} are meant.")
            for what, limit, share in _shares(result, model, variant):
                if limit is not None and share > limit:
                    found.append(f"{where}: {share:.3f} of the dense model's {what}, at most {limit:g} are meant.")
            if result.cost.differing:
                found.append(f"{where}: {result.cost.differing:,} outputs differ between runtimes.")
    return found


def _head(model: ModelResult) -> str:
    floats = ", ".join(f"{o.float_accuracy:.2f} (seed {o.seed})" for o in model.dense.outcomes)
    return f"Dense float32, % of {model.n:,} test samples: {floats}."


def _means(model: ModelResult, suite: ModelSuite) -> str:
    known = {v.name: v for v in suite.variants}
    header = ("int8 model", "% (mean)", "Δ (mean)", "limit", "instructions", "constants", "flash")
    rows = []
    for result in model.variants:
        variant = known.get(result.name, Variant(result.name, {}))
        rows.append(
            (
                result.name,
                f"{result.accuracy:.2f}",
                f"{_signed(result.points)} ± {result.error:.2f}",
                "" if variant.limit is None else f"−{variant.limit:g}: {_met(_keeps(result.points, variant))}",
                *(_part(result, model, variant, what) for what in ("instructions", "constants", "flash")),
            )
        )
    return _markdown(header, rows)


def _seeds(model: ModelResult) -> str:
    header = ("int8 model", "seed", "% (95 %)", "Δ", "flips", "McNemar p")
    return _markdown(header, [_line(v.name, o) for v in model.variants for o in v.outcomes])


def _line(name: str, o: Outcome) -> tuple[str, ...]:
    accuracy = f"{o.accuracy:.2f} ({o.ci95[0]:.2f} – {o.ci95[1]:.2f})"
    return name, str(o.seed), accuracy, f"{_signed(o.points)} ± {o.error:.2f}", f"{o.flips:,}", p_value(o.p)


def _chosen(suite: ModelSuite, tried: tuple[Tried, ...]) -> str:
    return (
        f"Settings of the tuning: `{best(tried)}`, chosen by the int8 accuracy on {tried[0].n:,} validation samples, "
        f"{suite.validation:.0%} of the training set, of models trained on the rest of it (one seed; no test sample):"
    )


def _tried(suite: ModelSuite, tried: Sequence[Tried]) -> str:
    header = ("candidate", *(f"{name}, %" for name in suite.judged), "mean, %")
    rows = [
        (t.candidate, *(f"{100 * t.correct[name] / t.n:.2f}" for name in suite.judged), f"{t.accuracy:.2f}")
        for t in tried
    ]
    return _markdown(header, rows)


def _keeps(points: float, variant: Variant) -> bool:
    return variant.limit is None or -points <= variant.limit + _EXACT


def _shares(result: VariantResult, model: ModelResult, variant: Variant) -> list[tuple[str, float | None, float]]:
    """What is limited, the limit, and the part of the dense int8 model's."""
    limits = {"instructions": variant.instructions, "constants": variant.bytes, "flash": None}
    return [(k, limit, getattr(result.cost, k) / getattr(model.dense.cost, k)) for k, limit in limits.items()]


def _part(result: VariantResult, model: ModelResult, variant: Variant, what: str) -> str:
    value = f"{getattr(result.cost, what):,}"
    if result is model.dense:
        return value
    limit, share = next((limit, share) for k, limit, share in _shares(result, model, variant) if k == what)
    verdict = "" if limit is None else f", at most {limit:g}: {_met(share <= limit)}"
    return f"{value} ({share:.2f}{verdict})"


def _short(result: VariantResult, model: ModelResult) -> list[str]:
    points = _signed(result.points)
    if len(result.outcomes) > 1:
        points += f" ({', '.join(_signed(o.points) for o in result.outcomes)})"
    taken = [(key, getattr(result.cost, key)) for key in ("instructions", "constants")]
    if result is model.dense:
        return [points, *(f"{value:,}" for _, value in taken)]
    return [points, *(f"{value / getattr(model.dense.cost, key):.2f}×" for key, value in taken)]


def _met(holds: bool) -> str:
    return "met" if holds else "**missed**"


def _signed(points: float) -> str:
    return f"{points:+.2f}".replace("-", "−")


def _count(n: int, what: str) -> str:
    return f"{n} {what}" + ("s" if n != 1 else "")


def _markdown(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(text.replace('|', '/') for text in line)} |" for line in lines)
