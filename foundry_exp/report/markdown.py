"""report.md: what ran on what, the table, what it says, what failed, sample answers, and where files are."""

from collections.abc import Iterator, Sequence

from foundry_exp.files.escape import SAMPLE_CHARACTERS, excerpt, markdown, one_line, sentence
from foundry_exp.records.runs import NOTHING_LEFT, Unfinished
from foundry_exp.report import repeats, scored
from foundry_exp.report.conclude import Conclusions
from foundry_exp.report.data_files import first_answer, shared_prompt
from foundry_exp.report.highlights import NOT_TESTED, Sentence, highlights, left_out
from foundry_exp.report.markdown_tables import details_table, main_table, notes
from foundry_exp.report.provenance import facts
from foundry_exp.results.cell import FinishedCell, labels, notices
from foundry_exp.results.requests import Request
from foundry_exp.results.row import Row

CELL_FILES = ("run.json", "records.jsonl", "scores.jsonl", "config.yaml", "environment.json", "runtime.log")


def report(
    cells: Sequence[FinishedCell], conclusions: Conclusions, *, inside: bool, left: Unfinished = NOTHING_LEFT
) -> str:
    """The whole report; `inside` when it lies in the one cell's own folder."""
    parts = [
        _title(cells, left),
        "\n".join(_summary(cells, left)),
        _section("Which one to take", _pick(conclusions)),
        main_table(cells, left.cells),
        "\n".join(notes(cells)),
        _section("Between repeats", repeats.table(cells)),
        _section("What the numbers say", _highlights(cells, conclusions)),
        _section("How good the answers are", scored.section(cells, conclusions.quality)),
        _section("What did not go well", _failures(cells, left)),
        _section("Warnings", _warnings(cells)),
        _section("More figures", [details_table(cells)]),
        _section("Sample answers", _samples(cells)),
        _section("What ran on what", _provenance(cells)),
        _section("Files", _files(cells, inside=inside)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(cells: Sequence[FinishedCell], left: Unfinished) -> str:
    first = cells[0].result
    if len(cells) == 1 and not left.cells:
        return f"# {markdown(first.model.alias)} on {markdown(first.accel)}"
    models = dict.fromkeys(markdown(cell.row.model) for cell in cells)
    planned = len(cells) + len(left.cells)
    finished = f", {len(cells)} of them with a result" if left.cells else ""
    return f"# Sweep of {planned} cells{finished}: {', '.join(models)}"


def _summary(cells: Sequence[FinishedCell], left: Unfinished) -> Iterator[str]:
    first = cells[0].result
    started = min(cell.result.started_at for cell in cells).replace("T", " ").replace("+00:00", " UTC")
    yield f"{tally(cells, left)}. Run {markdown(first.sweep_id)}, started {markdown(started)}."
    yield from (f"\n> {notice}" for notice in notices(cells))


def tally(cells: Sequence[FinishedCell], left: Unfinished) -> str:
    """How many cells ended in which way."""
    counts = [cell.row.status for cell in cells] + [one.status for one in left.cells]
    return ", ".join(f"{counts.count(status)} {status.replace('_', ' ')}" for status in dict.fromkeys(counts))


def _section(title: str, lines: Sequence[str] | Iterator[str]) -> str:
    body = "\n".join(lines)
    return f"## {title}\n\n{body}" if body else ""


def _pick(conclusions: Conclusions) -> Iterator[str]:
    if conclusions.pick:
        yield f"**{markdown(conclusions.pick)}**\n"
        yield from (f"- {markdown(line)}" for line in conclusions.reasons)


def _highlights(cells: Sequence[FinishedCell], conclusions: Conclusions) -> Iterator[str]:
    highlighted = highlights(cells)
    yield from (f"- {spoken(line)}" for line in highlighted)
    if len(cells) > 1:
        yield from (f"- Not compared: {markdown(line)}" for line in left_out(cells))
        if highlighted:
            yield f"\n{markdown(conclusions.basis) or NOT_TESTED}"
        yield from (f"- {markdown(line)}" for line in conclusions.differences)


def spoken(line: Sentence) -> str:
    """A sentence as Markdown."""
    lead = f"**{markdown(line.lead)}** " if line.lead else ""
    return lead + markdown(line.text)


def _failures(cells: Sequence[FinishedCell], left: Unfinished) -> Iterator[str]:
    for label, cell in zip(labels(cells), cells, strict=True):
        row = cell.row
        if row.status != "ok":
            reason = markdown(reason_of(row))
            yield f"- **{markdown(label)}** — {row.status.replace('_', ' ')}: {reason}"
    yield from (f"- **{markdown(one.name)}** — {one.status}: {one.reason}" for one in left.cells)
    if left.cells and left.resume_command:
        yield f"\nGo on with:\n\n```sh\n{one_line(left.resume_command)}\n```"


def _warnings(cells: Sequence[FinishedCell]) -> Iterator[str]:
    """Each warning once, with the cells that have it."""
    for warning, concerned in warnings_by_cell(cells).items():
        yield f"- {markdown(concerned_cells(cells, concerned))}: {markdown(sentence(warning))}"


def concerned_cells(cells: Sequence[FinishedCell], concerned: Sequence[str]) -> str:
    """The cells that a warning is about, in few words."""
    measured = sum(bool(cell.measured) for cell in cells)
    return "every measured cell" if 1 < measured == len(concerned) else ", ".join(concerned)


def reason_of(row: Row) -> str:
    """Why a cell is not ok, without the model's name that stands before it."""
    reason = sentence(row.reason or "no reason was recorded; runtime.log may say more")
    return reason.removeprefix(f"{row.model}: ")


def warnings_by_cell(cells: Sequence[FinishedCell]) -> dict[str, list[str]]:
    """Every different warning, and the labels of the cells that carry it."""
    by_warning: dict[str, list[str]] = {}
    for label, cell in zip(labels(cells), cells, strict=True):
        for warning in dict.fromkeys(cell.result.warnings):
            by_warning.setdefault(warning, []).append(label)
    return by_warning


def _samples(cells: Sequence[FinishedCell]) -> Iterator[str]:
    shared = shared_prompt(cells)
    answered = [(label, cell) for label, cell in zip(labels(cells), cells, strict=True) if cell.answers]
    if shared is not None:
        yield f"{_asked(answered[0][1], shared)} (first {SAMPLE_CHARACTERS} characters)\n"
    for label, cell in answered:
        record = first_answer(cell, shared)
        if record:
            own = "" if shared is not None else f", {_asked(cell, record.sample_id)}"
            yield f"- **{markdown(label)}**{own}: {_answer(record)}"


def _asked(cell: FinishedCell, sample_id: str) -> str:
    question = cell.prompts.get(sample_id)
    return f"Prompt {markdown(sample_id)}" + (f": “{markdown(excerpt(question))}”" if question else "")


def _answer(record: Request) -> str:
    nothing = "*(reasoning only, no answer)*" if record.reasoning else "*(no text)*"
    return markdown(excerpt(record.text)) or nothing


def _provenance(cells: Sequence[FinishedCell]) -> Iterator[str]:
    yield f"- Chosen: {markdown(choices(cells))}"
    for name, values in facts([cell.result for cell in cells]):
        yield f"- {name}: {' **or** '.join(markdown(value) for value in values)}"


def choices(cells: Sequence[FinishedCell]) -> str:
    """The options that were swept over or set."""
    rows = [cell.row for cell in cells]
    chosen = {
        "accel": [row.accel for row in rows],
        "streaming": ["on" if row.streaming else "off" for row in rows],
        "backend": [row.backend for row in rows],
    }
    return ", ".join(f"{name} {one_line('/'.join(dict.fromkeys(values)))}" for name, values in chosen.items())


def _files(cells: Sequence[FinishedCell], *, inside: bool) -> Iterator[str]:
    for label, cell in zip(labels(cells), cells, strict=True):
        prefix = "" if inside else f"{cell.folder.name}/"
        links = [f"[{name}]({prefix}{name})" for name in CELL_FILES if (cell.folder / name).exists()]
        yield f"- {markdown(label)}: {' · '.join(links)}"
    yield "- for programs: [report.csv](report.csv) · [report.json](report.json)"
