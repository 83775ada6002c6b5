"""Which variant an accelerator means, and what is said of a wrong name: on ids of the catalogue of July 2026."""

import pytest

from foundry_exp.errors import SkipCellError
from foundry_exp.runtime.models.facts import not_measurable, tools_of, vision_of
from foundry_exp.runtime.models.variants import (
    CUDA,
    Providers,
    choose,
    device_of,
    devices_of,
    no_catalogue,
    own_alias,
    providers_for,
    runnable,
    unknown,
)

PHI = [
    "Phi-4-mini-instruct-cuda-gpu:5",
    "Phi-4-mini-instruct-generic-cpu:5",
    "Phi-4-mini-instruct-generic-gpu:5",
    "phi-4-mini-instruct-openvino-gpu:2",
    "phi-4-mini-instruct-openvino-npu:4",
    "phi-4-mini-instruct-vitis-npu:2",
]
ALIASES = [
    "deepseek-r1-1.5b",
    "deepseek-r1-14b",
    "deepseek-r1-7b",
    "deepseek-r1-8b",
    "gpt-oss-20b",
    "ministral-3-3b-instruct-2512",
    "mistral-7b-v0.2",
    "mistral-nemo-12b-instruct",
    "nemotron-3.5-asr-streaming-0.6b",
    "nemotron-speech-streaming-en-0.6b",
    "nemotron-speech-streaming-es-0.6b",
    "olmo-3-7b-instruct",
    "parakeet-tdt-0.6b-v2",
    "phi-3-mini-128k",
    "phi-3-mini-4k",
    "phi-3.5-mini",
    "phi-4",
    "phi-4-mini",
    "phi-4-mini-instruct-generic-cpu-dq44",
    "phi-4-mini-reasoning",
    "phi-4-reasoning",
    "qwen2.5-0.5b",
    "qwen2.5-1.5b",
    "qwen2.5-14b",
    "qwen2.5-3b",
    "qwen2.5-7b",
    "qwen2.5-coder-0.5b",
    "qwen2.5-coder-1.5b",
    "qwen2.5-coder-14b",
    "qwen2.5-coder-3b",
    "qwen2.5-coder-7b",
    "qwen3-0.6b",
    "qwen3-0.6b-generic-cpu-dq44",
    "qwen3-0.6b-pp-finetuned",
    "qwen3-0.6b-pp-finetuned-mtt",
    "qwen3-1.7b",
    "qwen3-14b",
    "qwen3-4b",
    "qwen3-8b",
    "qwen3-embedding-0.6b",
    "qwen3-embedding-8b",
    "qwen3-vl-2b-instruct",
    "qwen3-vl-4b-instruct",
    "qwen3-vl-8b-instruct",
    "qwen3.5-0.8b",
    "qwen3.5-2b",
    "qwen3.5-2b-text",
    "qwen3.5-4b",
    "qwen3.5-9b",
    "smollm3-3b",
    "whisper-base",
    "whisper-large-v3-turbo",
    "whisper-medium",
    "whisper-small",
    "whisper-tiny",
]
GPU = ("cuda-gpu", "trtrtx-gpu", "openvino-gpu", "generic-gpu")
NPU = ("qnn-npu", "vitis-npu", "openvino-npu")


@pytest.mark.parametrize(
    ("accel", "device", "prefer", "ending"),
    [
        ("cpu", "CPU", ("generic-cpu",), "generic-cpu:5"),
        ("gpu", "GPU", GPU, "cuda-gpu:5"),
        ("gpu", "GPU", ("openvino-gpu", "cuda-gpu"), "openvino-gpu:2"),
        ("npu", "NPU", NPU, "vitis-npu:2"),
        ("webgpu", "GPU", ("generic-gpu",), "generic-gpu:5"),
    ],
)
def test_an_accelerator_means_one_exact_variant(accel: str, device: str, prefer: tuple[str, ...], ending: str) -> None:
    assert choose(PHI, "phi-4-mini", accel, device, prefer).endswith(ending)


def test_the_newest_version_of_a_kind_is_taken() -> None:
    ids = ["a-generic-cpu:2", "a-generic-cpu:10", "a-generic-cpu:9"]
    assert choose(ids, "a", "cpu", "CPU", ("generic-cpu",)) == "a-generic-cpu:10"


def test_a_skip_lists_what_is_visible_and_what_is_missing() -> None:
    with pytest.raises(SkipCellError, match=r"visible: a-generic-cpu:1; missing execution providers: CUDA") as caught:
        choose(["a-generic-cpu:1"], "a", "gpu", "GPU", GPU, Providers(missing=(CUDA,)))
    assert "pin model.variant" in str(caught.value)


def test_webgpu_is_refused_where_cuda_would_run_it() -> None:
    with pytest.raises(SkipCellError, match="would run on it"):
        choose(PHI, "phi-4-mini", "webgpu", "GPU", ("generic-gpu",), Providers(registered=(CUDA,)))


def test_the_cpu_needs_no_provider_and_auto_takes_whatever_there_is() -> None:
    assert providers_for("cpu", "CPU") == ()
    assert providers_for("auto", None) is None
    assert CUDA in (providers_for("my-gpu", "GPU") or ())
    assert CUDA not in (providers_for("webgpu", "GPU") or ())


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("mistral-7b", "did you mean mistral-7b-v0.2?"),
        ("phi4-mini", "did you mean phi-4-mini"),
        ("gwen3-0.6b", "did you mean qwen3-0.6b"),
        ("gemma-2-2b", "nor any of its family; see “Models: catalogue, cache, your own” in README.md"),
    ],
)
def test_a_wrong_name_leads_somewhere(wanted: str, said: str) -> None:
    assert said in unknown(wanted, ALIASES)


def test_without_a_catalogue_nothing_is_said_of_the_name() -> None:
    assert "not in the" not in no_catalogue("phi-4-mini", "cannot be reached")
    assert "offline=true" in no_catalogue("phi-4-mini", "was not asked (offline=true)")


def test_what_a_name_promises() -> None:
    assert [device_of(name) for name in ("a-cuda-gpu:3", "a-qnn-npu:1", "a-generic-cpu:1", "a:1")] == [
        "GPU", "NPU", "CPU", None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variant", "alias"),
    [
        ("mine-generic-cpu:1", "mine"),
        ("mine-generic-npu:3", "mine"),
        ("mine-cuda-gpu:1", "mine"),
        ("mine-openvino-cpu:1", "mine"),
        ("mine-qnn-npu:1", "mine"),
        ("mine-cuda-gpu-generic-cpu:1", "mine-cuda-gpu"),
        ("mine-strange-gpu:1", "mine-strange-gpu"),
        ("mine:1", "mine"),
    ],
)
def test_a_variant_of_your_own_belongs_to_what_its_ending_leaves(variant: str, alias: str) -> None:
    assert own_alias(variant) == alias


@pytest.mark.parametrize(
    ("registered", "left"),
    [
        ((), ["a-generic-gpu:1", "a-generic-cpu:1"]),
        (("cudaexecutionprovider",), ["a-cuda-gpu:1", "a-generic-gpu:1", "a-generic-cpu:1"]),
    ],
)
def test_a_vendors_variant_is_left_out_where_its_provider_is_missing(
    registered: tuple[str, ...], left: list[str]
) -> None:
    assert runnable(["a-cuda-gpu:1", "a-generic-gpu:1", "a-generic-cpu:1"], registered) == left
    assert runnable(["a-cuda-gpu:1"], ()) == ["a-cuda-gpu:1"], "loading it says what is missing"


def test_unknown_is_not_no() -> None:
    assert tools_of(None, None) is None
    assert tools_of(None, "reasoning") is None
    assert tools_of(None, "reasoning,tool-calling") is True
    assert tools_of(False, None) is False
    assert vision_of("chat-completion", None) is None
    assert vision_of("chat-completion", "text") is False
    assert vision_of("vision-language-chat", None) is True
    assert not_measurable(None) is None
    assert not_measurable("coding") is None
    assert "vectors" in str(not_measurable("embeddings"))


@pytest.mark.parametrize(
    ("provider", "devices"),
    [
        ("cuda", ["gpu"]),
        ("CUDAExecutionProvider", ["gpu"]),
        ("OpenVINO", ["gpu", "npu", "cpu"]),
        ("qnn", ["npu"]),
        ("gpu", []),
    ],
)
def test_a_provider_is_told_what_it_runs_on(provider: str, devices: list[str]) -> None:
    assert devices_of(provider) == devices
