"""Pictures of a report: how tight each bound is, and measured against bound."""

from __future__ import annotations

import importlib
import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from linsub.errors import MissingExtraError
from linsub.verify.report import Report, Row

__all__ = ["draw"]

# Okabe & Ito's colours, which the colour-blind can tell apart.
BLUE, RED, GREY = "#0072B2", "#D55E00", "#5f6b76"
DPI = 120
# Exact claims reach errors of 0, which a logarithm has no place for.
LEAST_RATIO = 1e-6


def draw(report: Report, folder: str | os.PathLike[str]) -> list[Path]:
    """Write ``<claim>.png`` for each claim with points, and ``overview.png``.

    Parameters
    ----------
    report : Report
    folder : path
        Made if it does not exist.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    figure_class = _figure_class()
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for row in report.rows:
        if row.points:
            figure = figure_class(figsize=(9.6, 4.2), dpi=DPI, layout="constrained")
            _draw_row(figure, row)
            written.append(_save(figure, target / f"{row.id}.png"))
    rows = [row for row in report.rows if row.points and row.kind != "rate"]
    if rows:
        height = 1.6 + 0.34 * len(rows)
        figure = figure_class(figsize=(9.6, height), dpi=DPI, layout="constrained")
        _draw_overview(figure, rows, report)
        written.append(_save(figure, target / "overview.png"))
    return written


def _figure_class() -> Any:
    # the class itself rather than pyplot, which would change the caller's global state
    try:
        return importlib.import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise MissingExtraError('pictures need matplotlib: pip install "linsub[plot]"') from error


def _save(figure: Any, path: Path) -> Path:
    figure.savefig(path, format="png", metadata={"Software": None})
    return path


def _columns(row: Row) -> tuple[np.ndarray, ...]:
    size, measured, bound, ratio = np.array(row.points, dtype=np.float64).T
    return size, measured, bound, ratio


def _draw_row(figure: Any, row: Row) -> None:
    figure.suptitle(f"{row.id}:  {_plain(row.statement)}", fontsize=11, x=0.01, ha="left")
    left, right = figure.subplots(1, 2)
    if row.kind == "rate":
        _rate(left, row)
    else:
        _slack(left, row)
    _against(right, row)
    for axes in (left, right):
        _tidy(axes)


def _plain(text: str) -> str:
    return text.replace("$", r"\$")


def _colours(row: Row, ratio: np.ndarray) -> np.ndarray:
    if row.kind in ("rate", "expectation"):  # single points are not violations there
        return np.full(ratio.shape, BLUE)
    return np.where(ratio > 1.0, RED, BLUE)


def _slack(axes: Any, row: Row) -> None:
    size, _, _, ratio = _columns(row)
    has_size = bool(np.isfinite(size).any())
    x = size if has_size else np.arange(1.0, ratio.size + 1.0)
    shown = np.isfinite(ratio) & np.isfinite(x) & (x > 0.0)
    axes.scatter(
        x[shown],
        np.maximum(ratio[shown], LEAST_RATIO),
        s=22,
        c=_colours(row, ratio)[shown],
        alpha=0.65,
        linewidths=0,
    )
    axes.axhline(1.0, color=GREY, linewidth=1.2, linestyle="--")
    axes.set_yscale("log")
    if has_size:
        axes.set_xscale("log")
    axes.set_xlabel("size (entries of A, unless the claim says otherwise)" if has_size else "case")
    axes.set_ylabel("error / tolerance" if row.kind == "exact" else "measured / bound")
    worst = "" if row.worst is None else f", worst {row.worst:.3g}"
    axes.set_title(f"{row.verdict}: {row.cases} cases{worst}", fontsize=10, loc="left")
    low, high = axes.get_ylim()
    axes.set_ylim(max(low, LEAST_RATIO / 3.0), max(high, 3.0))


def _against(axes: Any, row: Row) -> None:
    _, measured, bound, ratio = _columns(row)
    shown = np.isfinite(measured) & np.isfinite(bound) & (measured > 0.0) & (bound > 0.0)
    axes.set_title("measured against bound", fontsize=10, loc="left")
    axes.set_xlabel("bound")
    axes.set_ylabel("measured")
    if not shown.any():
        axes.text(0.5, 0.5, "no positive values", ha="center", transform=axes.transAxes)
        return
    both = np.concatenate([measured[shown], bound[shown]])
    ends = [10.0 ** (math.log10(both.min()) - 0.3), 10.0 ** (math.log10(both.max()) + 0.3)]
    axes.plot(ends, ends, color=GREY, linewidth=1.2, linestyle="--", zorder=1)
    axes.scatter(
        bound[shown],
        measured[shown],
        s=22,
        c=_colours(row, ratio)[shown],
        alpha=0.65,
        linewidths=0,
        zorder=2,
    )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(*_span(bound[shown]))
    axes.set_ylim(*_span(measured[shown]))


def _span(values: np.ndarray) -> tuple[float, float]:
    low, high = math.log10(values.min()), math.log10(values.max())
    margin = max(0.15, 0.06 * (high - low))
    return 10.0 ** max(low - margin, -307.0), 10.0 ** min(high + margin, 308.0)


def _rate(axes: Any, row: Row) -> None:
    size, measured, _, _ = _columns(row)
    shown = (size > 0.0) & (measured > 0.0) & np.isfinite(measured)
    axes.scatter(size[shown], measured[shown], s=22, c=BLUE, alpha=0.65, linewidths=0)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("size")
    axes.set_ylabel("measured")
    if row.slope is not None and shown.any():
        x, y = np.log(size[shown]), np.log(measured[shown])
        ends = np.array([x.min(), x.max()])
        line = y.mean() + row.slope * (ends - x.mean())
        axes.plot(np.exp(ends), np.exp(line), color=GREY, linewidth=1.2, linestyle="--")
    axes.set_title(f"{row.verdict}: {row.detail}", fontsize=10, loc="left")


def _draw_overview(figure: Any, rows: list[Row], report: Report) -> None:
    axes = figure.subplots()
    axes.set_title(report.summary(), fontsize=10, loc="left")
    for place, row in enumerate(reversed(rows)):
        ratio = _columns(row)[3]
        ratio = np.maximum(ratio[np.isfinite(ratio)], LEAST_RATIO)
        colour = RED if row.verdict == "VIOLATED" else BLUE
        if ratio.size == 0:
            axes.plot(1.0, place, "x", color=colour, markersize=8, markeredgewidth=2)
            continue
        low, middle, high = np.quantile(ratio, [0.05, 0.5, 0.95])
        axes.plot([ratio.min(), ratio.max()], [place, place], color=colour, lw=1.2, alpha=0.45)
        axes.plot(
            [low, high], [place, place], color=colour, lw=6, alpha=0.35, solid_capstyle="butt"
        )
        axes.plot(middle, place, "o", color=colour, markersize=4.5)
        axes.plot(ratio.max(), place, "|", color=colour, markersize=11, markeredgewidth=2)
    axes.axvline(1.0, color=GREY, linewidth=1.2, linestyle="--")
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [row.id for row in reversed(rows)])
    axes.set_ylim(-0.7, len(rows) - 0.3)
    axes.set_xlabel(
        "measured / bound (exact claims: error / tolerance); dot median, bar 90 %, x none finite"
    )
    _tidy(axes)


def _label_decades(axis: Any) -> None:
    """Label powers of ten, and 2 and 5 between them where there are few."""
    ticker = importlib.import_module("matplotlib.ticker")
    low, high = axis.get_view_interval()
    few = math.log10(high / low) < 2.2
    axis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=9))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(ticker.NullFormatter())


def _tidy(axes: Any) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        if axis.get_scale() == "log":
            _label_decades(axis)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(True, which="major", color="#e3e6e8", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=9)
