"""`annotate agreement FILE…|RUN…`: how far people agree, and a judge with people."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp import terminal
from foundry_exp.cli.verb_arguments import Options
from foundry_exp.cli.verbs.annotate import parsed
from foundry_exp.errors import StoreError
from foundry_exp.records.score import ANNOTATION

if TYPE_CHECKING:
    from rich.table import Table

    from foundry_exp.metrics.stats.agreement import ConstantGuess
    from foundry_exp.metrics.stats.bootstrap import Estimate
    from foundry_exp.records.score import Score
    from foundry_exp.scores.people.agreement import Comparison

_LEGEND = """\
n: answers that both scored. kappa: quadratic weighted; alpha: Krippendorff's, ordinal; in brackets 95 %, by
resampling answers; 1 is perfect, 0 is chance. equal, ±1: shares of the pairs of scores. constant: what always
this score would reach of equal; its kappa is 0."""


def main(arguments: list[str]) -> int:
    """Print the agreement of each rubric: 0 when there is any, 1 when there are too few raters for it."""
    from foundry_exp.scores.people import sources
    from foundry_exp.scores.people.agreement import compare

    options = parsed("agreement", arguments, "filled file or a run")
    by_rubric, folders = _scores(options)
    comparisons = {rubric: compare(scores) for rubric, scores in by_rubric.items()}
    if options.json:
        plain = {rubric: [asdict(row) for row in rows] for rubric, rows in comparisons.items()}
        terminal.print_json(plain)
    elif any(comparisons.values()):
        _show(comparisons)
    too_few = [_too_few_raters(rubric, by_rubric[rubric]) for rubric, rows in comparisons.items() if not rows]
    nobody = [] if comparisons else ["nobody has scored these answers yet; see annotate export."]
    for sentence in [*(sources.not_compared(folders, by_rubric) if comparisons else ()), *too_few, *nobody]:
        print(sentence, file=sys.stderr)
    return 0 if any(comparisons.values()) else 1


def _scores(options: Options) -> "tuple[dict[str, list[Score]], list[Path]]":
    """By rubric what people and others gave, and the runs that it is about."""
    from foundry_exp.records.runs import finished_cells
    from foundry_exp.scores.people import sources
    from foundry_exp.scores.people.filled_check import read_and_check
    from foundry_exp.tracking.fetch import find

    files = [Path(name) for name in options.names if Path(name).is_file()]
    if not files:
        runs = [find(name, options.output_dir) for name in options.names]
        folders = [cell for run in runs for cell in finished_cells(run)]
        if not folders:
            msg = f"{', '.join(options.names)}: no finished run in it; give runs, or filled files."
            raise StoreError(msg)
        return sources.scores_of_runs(folders), folders
    if len(files) < len(options.names):
        given = ", ".join(options.names)
        msg = f"annotate agreement: {given}: give filled files or runs, not both, and only what exists."
        raise StoreError(msg)
    read = [
        read_and_check(file, key_file=options.key, output_dir=options.output_dir, annotator=options.annotator)
        for file in files
    ]
    problems = [str(problem) for file in read for problem in file.file.problems]
    if problems:
        msg = f"{problems[0]} ({len(problems)} problems in all; annotate import lists them.)"
        raise StoreError(msg)
    return sources.scores_of_files(read), sources.folders_of_files(read)


def _too_few_raters(rubric: str, scores: "Sequence[Score]") -> str:
    who = sorted({score.scored_by for score in scores if score.scorer == ANNOTATION})
    return f"{rubric}: only {', '.join(who) or 'nobody'} scored these answers; agreement needs two people, or a judge."


def _show(comparisons: "Mapping[str, Sequence[Comparison]]") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    rows = [row for of_rubric in comparisons.values() for row in of_rubric]
    for rubric, of_rubric in comparisons.items():
        for between in dict.fromkeys(row.between for row in of_rubric):
            console.print(Text(f"{' – '.join(between)}, by the rubric {rubric}", style="bold"))
            console.print(_table([row for row in of_rubric if row.between == between]))
            console.print()
    for reason in dict.fromkeys(why for row in rows for one in (row.kappa, row.alpha) if one and (why := one.reason)):
        print(f"- {reason}")
    print(_LEGEND)


def _table(rows: "Sequence[Comparison]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for header in ("criterion", "n", "kappa", "alpha", "equal", "±1", "constant"):
        is_text = header == "criterion"
        table.add_column(header, justify="left" if is_text else "right", no_wrap=not is_text, overflow="fold")
    for row in rows:
        near = row.closeness
        shares = (_share(near.exact), _share(near.within_one), _guess(row.constant_guess))
        cells = (row.criterion, str(row.alpha.n), _figure(row.kappa), _figure(row.alpha), *shares)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _figure(estimate: "Estimate | None") -> str:
    if estimate is None or estimate.value is None:
        return "–"
    if estimate.interval is None:
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{estimate.interval.low:.2f}, {estimate.interval.high:.2f}]"


def _guess(guess: "ConstantGuess | None") -> str:
    return "–" if guess is None else f"{guess.score:.2g}: {_share(guess.closeness.exact)}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"
