"""`calibrate`: what this tool adds to what it measures, on this machine."""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from foundry_exp.errors import FoundryExpError
from foundry_exp.store import write_whole

if TYPE_CHECKING:
    from foundry_exp.calibration.result import CalibrationResult

FILE = "calibration.json"
HELP = """\
Measure this tool's own error: its HTTP backend against a built-in server that knows its own timing, in turns
with a bare socket, which is the least that a client can be. A minute or two; do nothing else meanwhile.

    python -m foundry_exp calibrate
    python -m foundry_exp calibrate --quick --json

The result is kept as DIR/calibration.json, where later runs take `client_overhead_ms` from.
"""
_COLUMNS = "{:<12} {:<12} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}"


def main(arguments: list[str]) -> int:
    """Calibrate, store the result, and print it."""
    options = _options(arguments)
    requests, rounds = (10, 5) if options.quick else (60, 15)
    try:
        from foundry_exp.calibration.calibrate import calibrate

        result = calibrate(requests=requests, observer_rounds=rounds, clock=time.perf_counter_ns)
        text = json.dumps(asdict(result), indent=2, allow_nan=False) + "\n"
        path = Path(options.output_dir) / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except (FoundryExpError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(text if options.json else table(result), end="")
    if not options.json:
        print(f"stored in {path}")
    return 0


def table(result: "CalibrationResult") -> str:
    """The figures as a person reads them."""
    lines = [
        f"{result.ttft_ms:g} ms to the first of {result.tokens} tokens, {result.gap_ms:g} ms each; "
        f"{result.cpu_count} cores. Milliseconds off the server's own figures:",
        "",
        _COLUMNS.format("at a time", "client", "TTFT mean", "TTFT p99", "gap p50", "gap p99", "E2E mean", "CPU ms"),
    ]
    for shape in result.shapes:
        for name, figures in (("foundry_exp", shape.tool), ("bare socket", shape.bare_socket)):
            values = (
                figures.ttft_bias.mean_ms,
                figures.ttft_bias.p99_ms,
                figures.gap_error.p50_ms,
                figures.gap_error.p99_ms,
                figures.e2e_bias.mean_ms,
                figures.cpu_s_per_request * 1000,
            )
            lines.append(_COLUMNS.format(shape.concurrency, name, *(f"{value:.3f}" for value in values)))
    observer = result.observer
    lines += [
        "",
        f"A CPU-bound model takes {observer.tool_token_ms:.2f} ms a token under foundry_exp, "
        f"{observer.bare_socket_token_ms:.2f} under a bare socket: {observer.slowdown_percent:+.1f} % "
        f"(median of {observer.rounds} rounds).",
        f"client_overhead_ms: {result.client_overhead_ms:.3f}",
        "",
    ]
    return "\n".join(lines)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="foundry_exp calibrate", description=HELP, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer requests: half a minute, wider errors")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--output-dir", default="mlruns", metavar="DIR", help="where to keep it (default: mlruns)")
    return parser.parse_args(arguments)
