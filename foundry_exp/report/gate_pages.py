"""A gate's outcome for a terminal, a pull request, a CI server's test view, and programs."""

from collections.abc import Iterator
from dataclasses import asdict
from itertools import takewhile
from typing import Any
from xml.etree import ElementTree as ET

from foundry_exp.decide.gate import Change, Check, GateResult
from foundry_exp.decide.gate_side import DIGITS
from foundry_exp.files.escape import excerpt, markdown, one_line, sentence
from foundry_exp.metrics import catalogue
from foundry_exp.metrics.formats import number, share

_SHOWN = 20
_CONTEXT = 30
"""Characters before the place where two answers part."""


def console(result: GateResult) -> str:
    """What is printed."""
    lines = [title(result), ""]
    lines += [f"  {check.verdict:<12} {in_a_sentence(check)}" for check in result.checks]
    lines += [f"  {line}" for line in _changed(result)]
    lines += [sentence(note) for note in result.notes]
    return "\n".join(lines) + "\n"


def page(result: GateResult) -> str:
    """The Markdown summary."""
    parts = [f"# {markdown(title(result))}"]
    if result.checks:
        table = ["| | baseline | candidate | worse by | interval | accepted | |", "|---|---|---|---|---|---|---|"]
        parts.append("\n".join([*table, *(_row(check) for check in result.checks)]))
    if result.changes:
        diffs = "\n".join(line for change in result.changes[:_SHOWN] for line in _diff(change))
        parts.append(f"## Changed answers\n\n```diff\n{diffs}\n```")
    parts += ["\n".join(f"- {markdown(sentence(note))}" for note in result.notes)]
    return "\n\n".join(part for part in parts if part) + "\n"


def junit(result: GateResult) -> str:
    """A JUnit XML file: one test a figure, one for the answers."""
    suite = ET.Element("testsuite", name="foundry_exp gate", tests=str(len(result.checks) + 1))
    for check in result.checks:
        case = ET.SubElement(suite, "testcase", classname="gate", name=check.metric)
        if check.verdict != "passed":
            ET.SubElement(case, "failure" if check.verdict == "failed" else "error", message=in_a_sentence(check))
    case = ET.SubElement(suite, "testcase", classname="gate", name="answers and runs")
    remarks = [*_changed(result), *(one_line(note) for note in result.notes)]
    checked = {check.verdict for check in result.checks}
    if result.verdict not in {*checked, "passed"} or result.candidate.broken:
        kind = "failure" if result.verdict == "failed" else "error"
        ET.SubElement(case, kind, message=" ".join(remarks) or result.verdict)
    elif remarks:
        ET.SubElement(case, "system-out").text = "\n".join(remarks)
    failures, errors = (sum(1 for _ in suite.iter(kind)) for kind in ("failure", "error"))
    suite.set("failures", str(failures))
    suite.set("errors", str(errors))
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"


def document(result: GateResult) -> dict[str, Any]:
    """The same as data."""
    return {
        "verdict": result.verdict,
        "baseline": result.baseline.run,
        "candidate": result.candidate.run,
        "runs": {"baseline": result.baseline.runs, "candidate": result.candidate.runs},
        "checks": [asdict(check) for check in result.checks],
        "changed_answers": [asdict(change) for change in result.changes],
        "notes": list(result.notes),
    }


def title(result: GateResult) -> str:
    """`gate passed: demo-small, 5 runs against 5`."""
    label = one_line(result.candidate.label)
    return f"gate {result.verdict}: {label}, {result.candidate.runs} runs against {result.baseline.runs}"


def in_a_sentence(check: Check) -> str:
    """One figure in a sentence."""
    if check.worse is None:
        return f"{check.metric}: {check.reason}"
    way = "worse" if check.worse > 0 else "better"
    size = _size(check.metric, abs(check.worse))
    figures = f"{check.metric} {_exactly(check.metric, check.candidate)}, was {_exactly(check.metric, check.baseline)}"
    unchanged = check.worse == check.low == check.high == 0
    how = "unchanged" if unchanged else f"{size} {way}{_in_time(check.metric)} ({_ends(check)})"
    why = f"; {check.reason}" if check.reason else ""
    return f"{figures}: {how}, {_size(check.metric, check.tolerance)} worse is accepted{why}"


def _row(check: Check) -> str:
    if check.worse is None:
        return f"| {check.metric} | | | | | | {check.verdict}: {check.reason} |"
    values = [_exactly(check.metric, value) for value in (check.baseline, check.candidate)]
    worse = f"{_signed(check.metric, check.worse)}{_in_time(check.metric)}"
    mark = "**failed**" if check.verdict == "failed" else check.verdict
    accepted = _size(check.metric, check.tolerance)
    return f"| {check.metric} | {values[0]} | {values[1]} | {worse} | {_ends(check)} | {accepted} | {mark} |"


def _exactly(metric: str, value: float | None) -> str:
    """As many digits as a baseline keeps, so that the change beside two figures is theirs."""
    unit = catalogue.figure(metric).unit
    scale, name = (100.0, "%") if unit.is_share else (1 / unit.divisor, unit.name)
    return f"{(value or 0.0) * scale:,.{DIGITS}g} {name}".rstrip()


def _in_time(metric: str) -> str:
    """Said of a rate's change: of its inverse, so that every share that is gated is one of time."""
    figure = catalogue.figure(metric)
    return " in time" if figure.is_ratio and figure.better == "more" else ""


def _ends(check: Check) -> str:
    if check.low is None or check.high is None:
        return "no interval"
    return " to ".join(_signed(check.metric, end) for end in (check.low, check.high))


def _signed(metric: str, value: float) -> str:
    return ("+" if value > 0 else "−" if value < 0 else "") + _size(metric, abs(value))


def _size(metric: str, value: float) -> str:
    figure = catalogue.figure(metric)
    if figure.is_ratio:
        return share(value)
    return f"{number(100 * value)} percentage points" if figure.unit.is_share else f"{number(value)} points"


def _changed(result: GateResult) -> Iterator[str]:
    if not result.changes:
        return
    asked = len(result.baseline.outputs)
    yield f"{len(result.changes)} of {asked} prompts are answered differently at temperature 0:"
    for change in result.changes[:_SHOWN]:
        yield from _diff(change)
    if len(result.changes) > _SHOWN:
        yield f"and {len(result.changes) - _SHOWN} more"


def _diff(change: Change) -> Iterator[str]:
    """What was said and is said, from shortly before they part."""
    yield f"@@ {one_line(change.sample_id)} @@"
    gone = [text for text in change.before if text not in change.after] or list(change.before[:1])
    new = [text for text in change.after if text not in change.before] or list(change.after[:1])
    before, after = one_line(gone[0]), one_line(new[0])
    alike = (one == other for one, other in zip(before, after, strict=False))
    start = max(0, sum(1 for _ in takewhile(bool, alike)) - _CONTEXT)
    lead = "…" if start else ""
    yield f"- {lead}{excerpt(before[start:])}"
    yield f"+ {lead}{excerpt(after[start:])}"
