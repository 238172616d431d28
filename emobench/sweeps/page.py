"""A sweep as one HTML file that loads nothing: pictures, winner, and a table that can be sorted.

Validation figures alone. All words that come from outside are escaped.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

from emobench.runs.files import write_atomic
from emobench.sweeps.importance import Importance
from emobench.sweeps.overview import Overview, Shown
from emobench.sweeps.plots import as_svg, figure_words, pictures
from emobench.sweeps.ranges import label

MOST_ROWS = 1_000
"""The best so many trials are listed; the journal has all."""

HEADINGS = ("trial", "state", "validation", "epochs", "seconds", "values", "from")
TITLES = {
    "history": "History",
    "importance": "What mattered",
    "parallel": "Values",
    "pareto": "Figure and cost",
}

STYLE = """
:root { --ink: #1f2328; --faint: #59636e; --grid: #d8dee4; --ground: #ffffff; --mark: #fff3e8;
  --blue: #0072b2; --orange: #d55e00; --red: #b3261e;
  color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --faint: #9198a1; --grid: #3d444d; --ground: #0d1117; --mark: #3a2a17;
    --blue: #58a6ff; --orange: #f0883e; --red: #ff7b72; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 68rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
svg { width: 100%; height: auto; }
pre { border: 1px solid var(--grid); padding: .7rem 1rem; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .87rem; }
th, td { text-align: left; padding: .3rem .6rem; border-bottom: 1px solid var(--grid);
  vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid currentColor; }
th[aria-sort=ascending] button::after { content: " \\2191"; }
th[aria-sort=descending] button::after { content: " \\2193"; }
tr.best { background: var(--mark); } .faint { color: var(--faint); }
.wide { overflow-x: auto; } code { overflow-wrap: anywhere; }
"""

SCRIPT = """
for (const heading of document.querySelectorAll("th button")) {
  heading.addEventListener("click", () => {
    const cell = heading.parentElement, row = cell.parentElement;
    const place = [...row.children].indexOf(cell);
    const upwards = cell.getAttribute("aria-sort") !== "ascending";
    for (const other of row.children) other.removeAttribute("aria-sort");
    cell.setAttribute("aria-sort", upwards ? "ascending" : "descending");
    const body = cell.closest("table").tBodies[0];
    const key = line => line.children[place].dataset.key ?? line.children[place].textContent;
    const compare = (one, other) => {
      const [a, b] = [key(one), key(other)];
      if (a === "" || b === "") return (a === "") - (b === "");
      const order = isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b;
      return upwards ? order : -order;
    };
    body.append(...[...body.rows].sort(compare));
  });
}
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def write_page(shown: Overview, path: Path, *, importance: Importance, recipe: str = "") -> None:
    """Write the page of a sweep, with the winner's recipe in YAML."""
    write_atomic(path, page(shown, importance=importance, recipe=recipe))


def page(shown: Overview, *, importance: Importance, recipe: str = "") -> str:
    """The page as text."""
    drawn = pictures(shown, importance=importance)
    parts = [
        f"<h1>{_safe(shown.name)}</h1>",
        f"<p>{_safe(_summary(shown))}</p>",
        *_winner(shown, recipe=recipe),
    ]
    for name, figure in drawn.items():
        parts += [f"<h2>{TITLES[name]}</h2>", as_svg(figure, name=name)]
        if name == "importance":
            parts.append(f'<p class="faint">{_safe(_believe(importance))}</p>')
    parts += [*_front(shown), "<h2>Trials</h2>", *_table(shown)]
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_safe(shown.name)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n<script>{SCRIPT}</script>\n</body>\n</html>\n"
    )


def _summary(shown: Overview) -> str:
    counts: dict[str, int] = {}
    for trial in shown.trials:
        counts[trial.state] = counts.get(trial.state, 0) + 1
    states = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in counts.items())
    epochs = sum(trial.epochs for trial in shown.trials)
    return (
        f"A sweep on {shown.task}: {len(shown.trials)} trials ({states or 'none yet'}), {epochs} "
        f"epochs in all. Figures are {shown.metric} on validation; the best of many trials looks "
        "better there than it is."
    )


def _believe(importance: Importance) -> str:
    return (
        f"How much of the differences between trials each option explains by itself, "
        f"{importance.words}. What options do together is in none of the bars."
    )


def _winner(shown: Overview, *, recipe: str) -> list[str]:
    found = [trial for trial in shown.trials if trial.index == shown.best]
    if not found:
        return ["<p>No trial was trained to its end yet.</p>"]
    best = found[0]
    words = (
        f"Trial {best.index}, {best.origin}: {figure_words(shown, best.validation)} on validation"
    )
    parts = ["<h2>The winner</h2>", f"<p>{_safe(words)}</p>"]
    if recipe:
        parts.append(f"<details><summary>its recipe</summary><pre>{_safe(recipe)}</pre></details>")
    return parts


def _front(shown: Overview) -> list[str]:
    if shown.objectives < 2 or not shown.front:
        return []
    by_index = {trial.index: trial for trial in shown.trials}
    lines = [
        [f"{index}", figure_words(shown, by_index[index].validation), f"{by_index[index].cost:.4g}"]
        for index in shown.front
    ]
    rows = "".join(
        f"<tr>{''.join(f'<td class=number>{_safe(cell)}</td>' for cell in line)}</tr>"
        for line in lines
    )
    head = _head(("trial", "validation", "cost"))
    return [f"<p>Unbeaten:</p><table>{head}<tbody>{rows}</tbody></table>"]


def _table(shown: Overview) -> list[str]:
    listed = shown.order[:MOST_ROWS]
    rows = "\n".join(_row(shown, trial) for trial in listed)
    left = len(shown.trials) - len(listed)
    more = [f'<p class="faint">{left} more trials are in the journal.</p>'] if left else []
    return [
        '<div class="wide"><table>' + _head(HEADINGS),
        f"<tbody>{rows}</tbody></table></div>",
        *more,
    ]


def _head(names: Sequence[str]) -> str:
    cells = "".join(f"<th><button>{name}</button></th>" for name in names)
    return f"<thead><tr>{cells}</tr></thead>"


def _row(shown: Overview, trial: Shown) -> str:
    if trial.validation is not None:
        figure = _number(f"{trial.validation:.6g}", figure_words(shown, trial.validation))
    elif trial.figure is not None:
        told = f"{figure_words(shown, trial.figure)} after epoch {max(trial.reports)}"
        figure = _number(f"{trial.figure:.6g}", f'<span class="faint">{_safe(told)}</span>')
    else:
        figure = _number("", "-")
    state = _safe(trial.state.replace("_", " "))
    why = f'<br><span class="faint">{_safe(trial.reason)}</span>' if trial.reason else ""
    cells = [
        _number(f"{trial.index}", f"{trial.index}"),
        f'<td data-key="{state}">{state}{why}</td>',
        figure,
        _number(f"{trial.epochs}", f"{trial.epochs}"),
        _number(f"{trial.seconds:.3f}", f"{trial.seconds:.1f}"),
        f"<td>{_values(trial.values)}</td>",
        f"<td>{_safe(trial.origin)}</td>",
    ]
    best = ' class="best"' if trial.index == shown.best else ""
    return f"<tr{best}>{''.join(cells)}</tr>"


def _number(key: str, shown: str) -> str:
    return f'<td class="number" data-key="{key}">{shown}</td>'


def _values(values: Mapping[str, object]) -> str:
    words = (
        f"{key}: {value:.4g}" if isinstance(value, float) else f"{key}: {label(value)}"
        for key, value in values.items()
    )
    return "<br>".join(f"<code>{_safe(word)}</code>" for word in words)


def _safe(text: str) -> str:
    return html.escape("".join(sign for sign in text if sign == "\n" or sign.isprintable()))
