"""`python -m tests.benchmarks.http_stamps`: how exact HTTP stamps are, beside their targets. Asserts nothing.

Each figure is a difference within one run: this tool and a bare socket take turns against a server that knows
its own timing and is a process of its own.
"""

import argparse
import time
from statistics import mean

from foundry_exp.measure.calibration.calibrate import STANDARD, calibrate
from foundry_exp.measure.calibration.result import CalibrationResult, LoadShape


def main() -> None:
    """Repeat the calibration and print each figure's mean over the repeats, its range, and its target."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--requests", type=int, default=30)
    parser.add_argument("--observer-rounds", type=int, default=10)
    options = parser.parse_args()
    results = [
        calibrate(
            requests=options.requests,
            observer_rounds=options.observer_rounds,
            timing=STANDARD,
            clock=time.perf_counter_ns,
        )
        for _ in range(options.repeats)
    ]
    print(f"{options.repeats} repeats of {options.requests} requests × {results[0].tokens} tokens")
    for shapes in zip(*(result.shapes for result in results), strict=True):
        _print_shape(shapes)
    _print_rest(results, options.requests)


def _print_shape(shapes: tuple[LoadShape, ...]) -> None:
    name, concurrency = shapes[0].name, shapes[0].concurrency
    ours = [shape.tool for shape in shapes]
    bare = [shape.bare_socket for shape in shapes]
    bias_target = {1: "≤ 0.5 ms", 4: "≤ 1.0 ms"}.get(concurrency or 0, "")
    _line(f"{name} TTFT bias, mean", [one.ttft_bias.mean_ms for one in ours], bias_target)
    _line(f"{name} TTFT bias, bare socket", [one.ttft_bias.mean_ms for one in bare], "")
    beyond = [one.ttft_bias.mean_ms - other.ttft_bias.mean_ms for one, other in zip(ours, bare, strict=True)]
    _line(f"{name} TTFT bias beyond the bare socket", beyond, "≤ 0.3 ms" if concurrency == 1 else "")
    _line(f"{name} TTFT bias, p99", [one.ttft_bias.p99_ms for one in ours], "")
    _line(f"{name} gap error, p99", [one.gap_error.p99_ms for one in ours], "≤ 0.5 ms" if concurrency else "")
    _line(f"{name} gap error, p99, bare socket", [one.gap_error.p99_ms for one in bare], "")
    _line(f"{name} E2E bias, mean", [one.e2e_bias.mean_ms for one in ours], "")
    delays = [one.start_delay.mean_ms for one in ours if one.start_delay]
    if delays:
        _line(f"{name} on the wire after due, mean", delays, "")


def _print_rest(results: list[CalibrationResult], requests: int) -> None:
    cpu_s = [30 * result.shapes[0].tool.cpu_s_per_request for result in results]
    _line(f"CPU for 30 requests (from {requests})", cpu_s, "≤ 0.5 s", unit="s")
    _line("observer effect", [result.observer.slowdown_percent for result in results], "≤ 2 %", unit="%")


def _line(name: str, values: list[float], target: str, unit: str = "ms") -> None:
    print(f"{name:<48} {mean(values):8.3f} {unit:<2} [{min(values):.3f}, {max(values):.3f}]  {target}")


if __name__ == "__main__":
    main()
