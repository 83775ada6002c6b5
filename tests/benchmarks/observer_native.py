"""`python -m tests.benchmarks.observer_native`: what watching adds to a model that needs the CPU. Asserts nothing.

Target: at most 2 % on two cores. A pair is the real command line (a child that stamps and keeps records; a
parent that reads its memory ten times a second, and its progress pipe) and a bare loop over the same SDK calls in one
fresh process, which notes the time of each item and does nothing else. Same prompts in the same order; which comes
first alternates. Compared is the time per token from the first to the last, request by request.

The machine's own noise shows in pairs of two bare loops (`--bare-pairs`), made and printed the same way.
"""

import argparse
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import psutil

from foundry_exp.files import shipped_files
from foundry_exp.measure import arrivals
from foundry_exp.metrics.request import measured
from foundry_exp.metrics.stats.intervals import mean_interval
from foundry_exp.prompts import prompt_sets
from foundry_exp.records import run_folder, runs
from foundry_exp.records.record import Message
from foundry_exp.runtime.backends import native
from tests.benchmarks.native_stamps import loaded, silent
from tests.conftest import clean_environment, command
from tests.conftest import native as own_folders

_MODEL = "demo-large"
_TOKENS, _WARM_UP, _SEED = 64, 2, 0
_NS_PER_MS = 1e6


def watched(rounds: int) -> list[float]:
    """Milliseconds a token of every request, as the tool measures them."""
    asked = [
        f"model={_MODEL}", "prompts=deterministic", "tracker=none", f"generation.max_tokens={_TOKENS}",
        f"workload.rounds={rounds}", f"workload.warmup={_WARM_UP}", f"workload.warmup_limit={_WARM_UP}",
        f"workload.seed={_SEED}",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        everything = command([*asked, *own_folders(folder)])
        subprocess.run(everything, cwd=folder, env=clean_environment(), capture_output=True, check=True)
        records = run_folder.read_records(runs.finished_cells(next(folder.glob("mlruns/runs/*")))[0])
    return [one.timing.tpot_ms for one in measured(records) if one.timing.tpot_ms is not None]


def bare(rounds: int) -> list[float]:
    """The same from the least that can be done with the SDK."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_bare, rounds).result()


def _bare(rounds: int) -> list[float]:
    silent()
    samples = prompt_sets.load(
        shipped_files.shipped("prompts") / "sets" / "deterministic.json", "deterministic"
    ).samples
    turns = arrivals.measured_requests(samples, rounds, _SEED)
    asked = [*(samples[number % len(samples)] for number in range(_WARM_UP)), *(turn.sample for turn in turns)]
    with loaded(_MODEL) as backend:
        return [_ms_per_token(backend, sample.messages) for sample in asked][_WARM_UP:]


def _ms_per_token(backend: native.NativeBackend, messages: tuple[Message, ...]) -> float:
    from foundry_local_sdk import ChatSession, MessageItem, Request, RequestOptions, SearchOptions, TextItem

    search = SearchOptions(temperature=0.0, do_sample=False, top_k=1, seed=0, max_output_tokens=_TOKENS)
    item_ns = []
    assert backend._model is not None
    with ChatSession(backend._model) as session, Request() as asked:
        for message in messages:
            asked.add_item(getattr(MessageItem, message.role)(message.content))
        asked.set_options(RequestOptions(search=search))
        session.set_streaming(True)
        with session.process_streaming_request(asked) as items:
            for item in items:
                if isinstance(item, TextItem) and item.text:
                    item_ns.append(time.perf_counter_ns())
            with items.final_response as response:
                tokens: int = response.get_usage().completion_tokens
    return (item_ns[-1] - item_ns[0]) / (tokens - 1) / _NS_PER_MS


def compare(name: str, ours: Callable[[int], list[float]], pairs: int, rounds: int, target: str) -> None:
    """Make the pairs and print how much slower the first of the two is."""
    slower: list[float] = []
    paces: dict[str, list[float]] = {name: [], "bare": []}
    for number in range(pairs):
        sides = [(name, ours), ("bare", bare)]
        seen = {label: ask(rounds) for label, ask in (sides if number % 2 else reversed(sides))}
        for label, values in seen.items():
            paces[label].append(median(values))
        ratios = [one / other for one, other in zip(seen[name], seen["bare"], strict=True)]
        slower.append(100 * (median(ratios) - 1))
        print(f"  pair {number + 1}: {name} {paces[name][-1]:.3f}, bare {paces['bare'][-1]:.3f} ms a token", flush=True)
    around = mean_interval(slower)
    said = f", 95 % of the mean [{around.low:+.2f}, {around.high:+.2f}]" if around else ""
    print(f"{name}: median {median(slower):+.2f} % against bare{said}, load {psutil.getloadavg()[0]:.2f}   {target}")


def main() -> None:
    """Print each pair and the median difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=12)
    parser.add_argument("--bare-pairs", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=6)
    options = parser.parse_args()
    compare("watched", watched, options.pairs, options.rounds, "target ≤ 2 %")
    if options.bare_pairs:
        compare("bare again", bare, options.bare_pairs, options.rounds, "the machine's noise")


if __name__ == "__main__":
    main()
