"""Numbers as people read them; None is a dash."""

from __future__ import annotations

from edgeml.bench.record import Accuracy

DASH = "–"
# p below which a difference is said to be one
_SIGNIFICANT = 0.05


def count(value: float | None) -> str:
    """1234567 -> 1,234,567."""
    return DASH if value is None else f"{value:,.0f}"


def short(value: float | None) -> str:
    """Three digits and a unit: 30,123,456 -> 30.1 M."""
    if value is None:
        return DASH
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:.3g} {unit}"
    return f"{value:,.0f}"


def size(value: float | None) -> str:
    """Bytes in binary units: 31,744 -> 31.0 KiB."""
    if value is None:
        return DASH
    if abs(value) < 1024:
        return f"{value:,.0f} B"
    return f"{value / 1024:.1f} KiB" if abs(value) < 1024**2 else f"{value / 1024**2:.2f} MiB"


def percent(value: float | None, digits: int = 2) -> str:
    """A share as percent: 0.9936 -> 99.36 %."""
    return DASH if value is None else f"{100 * value:.{digits}f} %"


def points(value: float | None) -> str:
    """A difference of shares in percentage points with its sign: -0.0003 -> −0.03."""
    if value is None:
        return DASH
    text = f"{100 * value:+.2f}"
    return "0.00" if float(text) == 0 else text.replace("-", "−")


def interval(bounds: tuple[float, float]) -> str:
    """Bounds of a share in percent."""
    return f"{100 * bounds[0]:.2f} – {100 * bounds[1]:.2f}"


def p_value(value: float | None) -> str:
    """A probability with two digits."""
    if value is None:
        return DASH
    return "< 0.001" if value < 0.001 else f"{value:.2g}" if value < 0.995 else "1"


def figure(a: Accuracy | None) -> str:
    """How good a model is: 99.36 % of top-1, AUC 0.8712, RMSE 0.123."""
    if a is None:
        return DASH
    return percent(a.value) if a.metric == "top1" else f"{a.metric.upper()} {a.value:.4g}"


def figure_interval(a: Accuracy | None) -> str:
    """Its 95 % interval."""
    if a is None:
        return DASH
    return interval(a.ci95) if a.metric == "top1" else f"{a.ci95[0]:.4g} – {a.ci95[1]:.4g}"


def figure_change(a: Accuracy | None) -> str:
    """Against float32: in points of top-1, else as it is."""
    if a is None or a.delta is None:
        return DASH
    return points(a.delta) if a.metric == "top1" else f"{a.delta:+.2g}".replace("-", "−")


def errors(a: Accuracy) -> str:
    """What else is known about values; nothing for classes."""
    if a.mae is None:
        return ""
    return f"MAE {a.mae:.4g}" + ("" if a.r2 is None else f", R² {a.r2:.4f}")


def accuracy_line(title: str, a: Accuracy, other: str = "float32") -> str:
    """How good a model is, with everything that says how sure that is; `other` names what it is compared with."""
    known = (f"95 % interval {figure_interval(a)}", f"n = {a.n:,}", errors(a))
    text = f"{title}: {figure(a)} ({', '.join(filter(None, known))})"
    if a.delta is None or a.float_value is None:
        return text
    before = percent(a.float_value) if a.metric == "top1" else f"{a.float_value:.4g}"
    unit = " points" if a.metric == "top1" else ""
    flips = "" if a.flips is None else f", {a.flips:,} of {a.n:,} predictions flip"
    return f"{text}, {other} {before}, change {figure_change(a)}{unit}{flips}: {verdict(a, other)}"


def verdict(accuracy: Accuracy | None, other: str = "float32") -> str:
    """The comparison with the `other` model in words: a loss that chance explains is not shown to be one."""
    if accuracy is None or accuracy.delta is None:
        return DASH
    if accuracy.mcnemar_p is None:
        return _interval_verdict(accuracy, other)
    p = f"McNemar p {p_value(accuracy.mcnemar_p)}, n = {accuracy.n:,}"
    if accuracy.mcnemar_p < _SIGNIFICANT:
        return f"{'worse' if accuracy.delta < 0 else 'better'} than {other} ({p})"
    if not accuracy.flips:
        return f"the same predictions as {other} (n = {accuracy.n:,})"
    low = None if accuracy.delta_ci95 is None else min(0.0, accuracy.delta_ci95[0])
    within = "" if low is None else f"; a loss of {-100 * low:.1f} points is not excluded"
    return f"not shown to be worse than {other} ({p}{within})"


def _interval_verdict(a: Accuracy, other: str) -> str:
    """The same for a figure without a test: a difference is one when its interval leaves out zero."""
    if a.delta_ci95 is None:
        return DASH
    low, high = a.delta_ci95
    known = f"95 % interval of the difference {low:+.2g} to {high:+.2g}, n = {a.n:,}".replace("-", "−")
    if low <= 0 <= high:
        return f"not shown to be worse than {other} ({known})"
    return f"{'worse' if (low > 0) is (a.metric == 'rmse') else 'better'} than {other} ({known})"


def micros(value: float | None) -> str:
    """Microseconds in the unit that reads best."""
    if value is None:
        return DASH
    # the limits are where three digits would round up to 1000 of the smaller unit
    if value < 999.5:
        return f"{value:.3g} µs"
    if value < 999_500:
        return f"{value / 1000:.3g} ms"
    return f"{value / 1e6:.3g} s" if value < 999.5e6 else f"{value / 1e6:,.0f} s"


def millis(value: float | None) -> str:
    """Milliseconds in the unit that reads best."""
    return DASH if value is None else micros(value * 1000)


def decimal(value: float | None, digits: int = 1) -> str:
    """A plain number with `digits` decimals."""
    return DASH if value is None else f"{value:.{digits}f}"


def change(before: float | None, after: float | None) -> str:
    """A relative change with its sign: 200 -> 150 is −25.0 %; a dash where one is missing."""
    if before is None or after is None or before == 0:
        return DASH
    share = 100 * (after - before) / before
    return "0.0 %" if f"{share:.1f}" in ("0.0", "-0.0") else f"{share:+.1f} %".replace("-", "−")


def tail(name: str, width: int = 48) -> str:
    """The end of a long name: converters join the names of all fused layers, the last is the most telling."""
    return name if len(name) <= width else f"…{name[1 - width :]}"


def shape(value: tuple[int, ...]) -> str:
    """A shape without its batch of 1: (1, 28, 28, 8) -> 28×28×8."""
    return "×".join(str(v) for v in value[1:]) if len(value) > 1 else "×".join(map(str, value))
