"""Every reader of files and bytes from outside, as a function of bytes, with valid files to start from."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from foundry_exp.config import models_json
from foundry_exp.decide import gate_side
from foundry_exp.files import shipped_files
from foundry_exp.measure import one_request
from foundry_exp.prompts import rubric
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.records import record_json, record_log, run_folder, sweep_plan
from foundry_exp.records.record import Message, Record, Sample
from foundry_exp.runtime.http import chat
from foundry_exp.scores.facets import kinds
from foundry_exp.scores.judge import calibration_set
from foundry_exp.scores.people import filled_check, key
from tests.plans import write_plan
from tests.run_folders import make_run_folder
from tests.scores.people.filling import all_of, export, fill_csv, fill_jsonl, make_runs

_OLD_BASELINE = Path(__file__).parents[1] / "fixtures" / "release_0_1" / "baseline.json"
_CHUNKS = (
    b'{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}',
    b'{"choices":[{"delta":{"content":"half"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}',
    b'{"choices":[{"delta":{"reasoning":"why","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}}]}',
    b'{"choices":[{"delta":{},"finish_reason":"stop"}]}',
    b'{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":1}}}',
    b"[DONE]",
)
_WHOLE = b'{"choices":[{"message":{"content":"all"},"finish_reason":"stop"}],"usage":{"completion_tokens":1}}'
_CHAT = b": keep-alive\r\n\r\n" + b"".join(b"data: " + chunk + b"\n\n" for chunk in _CHUNKS)
_MODELS = (
    b'{"phi-4-mini": {"capabilities": ["chat", "tools"], "size_mb": 3830.5, "context_length": 131072, "licence": "MIT",'
    b' "variant": "Phi-4-mini-instruct-generic-cpu:5"}, "mine": {"capabilities": [], "path": "/models/mine"}}'
)
_RUBRIC_OF_FORMS = b"""\
name: &name summary
version: 1
judged: >
  A summary.
criteria:
  - {name: *name, question: "Good?", weight: 1.5, anchors: {1: a, 2: b, "3": c, 4: d, 5: e}}
"""
_PROMPT_LINES = b'"Name 3."\n\n{"id": "b", "prompt": "x", "facets": [{"kind": "length", "max_words": 9}]}\r\n"c"\n'
_PROMPTS_OF_FORMS = (
    b'["a", {"id": "b", "prompt": "Name 3.", "max_tokens": 9, "tags": ["t"], "reference": "r",'
    b' "facets": ["polite", {"kind": "contains", "text": "x"}]},'
    b' {"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]}]'
)


_REQUEST = ChatRequest(
    messages=(Message("user", "a"),), streaming=True, temperature=0.0, top_p=1.0, top_k=1, seed=0, max_tokens=9,
    first_token_timeout_s=1.0, idle_timeout_s=1.0, total_timeout_s=1.0,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reader:
    """What is fuzzed."""

    name: str
    read: Callable[[bytes], object]
    valid: Sequence[bytes]


def readers(folder: Path) -> list[Reader]:
    """All of them, working on files in this folder."""
    shipped = shipped_files.shipped("prompts")
    sets = [path.read_bytes() for path in sorted((shipped / "sets").glob("*.json"))]
    rubrics = [path.read_bytes() for path in sorted((shipped / rubric.FOLDER).glob("*.yaml"))]
    calibrations = [path.read_bytes() for path in sorted((shipped / "calibration").glob("*.json"))]
    return [
        Reader("event stream", partial(_recorded, streaming=True), [_CHAT]),
        Reader("whole answer", partial(_recorded, streaming=False), [_WHOLE]),
        Reader("prompts.json", _file(folder / "p.json", partial(kinds.load, name="p")), [*sets, _PROMPTS_OF_FORMS]),
        Reader("prompts.jsonl", _file(folder / "p.jsonl", partial(kinds.load, name="p")), [_PROMPT_LINES]),
        Reader("rubric", _file(folder / "r.yaml", rubric.load), [*rubrics, _RUBRIC_OF_FORMS]),
        Reader("calibration", _file(folder / "c.json", calibration_set.load), calibrations),
        Reader("models.json", _file(folder / "models.json", lambda path: models_json.read(str(path))), [_MODELS]),
        Reader("baseline", _file(folder / "b.json", gate_side.load_baseline), [_OLD_BASELINE.read_bytes()]),
        *_annotations(folder),
        *_run_folder(folder),
    ]


class _Service:
    """A service that answers with these bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def load(self, model: ModelRequest) -> LoadedModel:
        return LoadedModel(model.variant)

    def unload(self) -> None:
        """Nothing to give back."""

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        if not request.streaming:
            return chat.whole(self._content, clock(), 0, "http://127.0.0.1:1")
        half = len(self._content) // 2  # a stream comes in pieces
        return chat.streamed([(1, self._content[:half]), (2, self._content[half:])], 0, "http://127.0.0.1:1")


def _recorded(content: bytes, *, streaming: bool) -> Record:
    """Whatever a service answers is one record that can be kept and read again."""
    turn = one_request.PlannedRequest(Sample("a", (Message("user", "a"),), "digest"), 0, "measure")
    record = one_request.ask(_Service(content), turn, replace(_REQUEST, streaming=streaming), 0)
    kept: Record = record_json.from_json(Record, record_json.to_json(record))
    return kept


def _file(path: Path, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def write_and_read(content: bytes) -> object:
        path.write_bytes(content)
        return read(path)

    return write_and_read


def _annotations(folder: Path) -> list[Reader]:
    """Filled files against a real key and real runs, and the key itself."""
    make_runs(folder)
    out = export(folder)
    sent = out / "send"
    fill_csv(sent / "anna.csv", all_of(4), comment="fine")
    fill_jsonl(sent / "anna.jsonl", all_of(4))
    key_file = out / key.KEY_FILE

    def read(path: Path) -> object:
        return filled_check.read_and_check(path, key_file=key_file, output_dir=folder / "mlruns", annotator=None)

    filled = [(sent / name).read_bytes() for name in ("anna.csv", "anna.jsonl")]
    kept = [key_file.read_bytes()]
    return [
        Reader("annotation", _file(folder / "back.csv", read), filled),
        Reader("annotation key", _file(folder / "key.json", key.read), kept),
    ]


def _run_folder(folder: Path) -> list[Reader]:
    """What a run folder holds, which may have been copied, edited or damaged since."""
    valid = make_run_folder(folder / "whole")
    broken = folder / "broken"
    broken.mkdir()
    kinds: dict[str, Callable[[Path], object]] = {
        record_log.RECORDS_FILE: run_folder.read_records,
        run_folder.RESULT_FILE: run_folder.read_result,
        run_folder.PROMPTS_FILE: run_folder.read_samples,
        run_folder.CONFIG_FILE: run_folder.read_config,
        sweep_plan.PLAN_FILE: sweep_plan.read,
    }
    write_plan(valid, ["cell"])
    return [
        Reader(f"run: {name}", _file(broken / name, _beside(read)), [(valid / name).read_bytes()])
        for name, read in kinds.items()
    ]


def _beside(read: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda path: read(path.parent)
