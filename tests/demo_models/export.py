"""From a trained model to a folder that Foundry Local loads: ONNX with 8-bit weights."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast, Qwen2ForCausalLM

from tests.demo_models.chat import END, PAD, TEMPLATE

MODEL = "model.onnx"
CONFIG = "genai_config.json"
KEPT = (CONFIG, "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
# With graph optimization on, the runtime would unpack the weights once; unpacking them for every
# token keeps a model this small slow enough that its tokens can be stamped one by one.
SESSION_OPTIONS = {"graph_optimization_level": "ORT_DISABLE_ALL", "intra_op_num_threads": 1}
LARGEST_INT8 = 127


def export(model: Qwen2ForCausalLM, tokenizer: Tokenizer, name: str, target: Path) -> None:
    """Write the model to `target` as an ONNX Runtime GenAI folder, replacing what is there."""
    with tempfile.TemporaryDirectory(prefix="foundry-exp-demo-") as work:
        checkpoint, built = Path(work) / "checkpoint", Path(work) / "built"
        save_checkpoint(model, tokenizer, checkpoint)
        to_onnx(checkpoint, built, Path(work) / "cache")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for file in KEPT:
            shutil.copyfile(built / file, target / file)
        onnx.save(quantized(onnx.load(built / MODEL)), target / MODEL)
    _set_session_options(target / CONFIG)
    (target / "README.md").write_text(readme(name, model.num_parameters()), encoding="utf-8")


def save_checkpoint(model: Qwen2ForCausalLM, tokenizer: Tokenizer, folder: Path) -> None:
    """Write model, tokenizer and chat template as transformers does."""
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD)
    fast.chat_template = TEMPLATE
    model.save_pretrained(folder)
    fast.save_pretrained(folder)


def to_onnx(checkpoint: Path, built: Path, cache: Path) -> None:
    """Run onnxruntime-genai's model builder: 32-bit floats, for the CPU."""
    paths = ["-i", str(checkpoint), "-o", str(built), "-c", str(cache)]
    command = [sys.executable, "-m", "onnxruntime_genai.models.builder", *paths, "-p", "fp32", "-e", "cpu"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode != 0:
        msg = f"model builder: ended with {done.returncode}, saying: {done.stderr[-2000:]}"
        raise RuntimeError(msg)


def quantized(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with each matrix product's weight as 8-bit integers and one scale a column."""
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = []
    for node in model.graph.node:
        weight = weights.pop(node.input[1], None) if node.op_type == "MatMul" else None
        if weight is not None:
            integers, scales = to_int8(numpy_helper.to_array(weight))
            names = [f"{weight.name}_int8", f"{weight.name}_scale"]
            model.graph.initializer.remove(weight)
            model.graph.initializer.append(numpy_helper.from_array(integers, names[0]))
            model.graph.initializer.append(numpy_helper.from_array(scales, names[1]))
            nodes.append(helper.make_node("DequantizeLinear", names, [weight.name], f"{weight.name}_unpack", axis=1))
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def to_int8(weight: npt.NDArray[np.float32]) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """A matrix as integers from -127 to 127 and one scale a column."""
    largest = np.abs(weight).max(axis=0)
    scales = (np.where(largest > 0, largest, 1.0) / LARGEST_INT8).astype(np.float32)
    return np.rint(weight / scales).astype(np.int8), scales


def _set_session_options(path: Path) -> None:
    """Add our session options to the runtime's config."""
    config = json.loads(path.read_text(encoding="utf-8"))
    config["model"]["decoder"]["session_options"] |= SESSION_OPTIONS
    path.write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def readme(name: str, parameters: int) -> str:
    """What a person who finds the folder should know."""
    return (
        f"# {name}\n\n"
        f"A toy language model with {parameters:,} parameters, for trying foundry_exp without a download. "
        "It knows a few questions about local inference and a few kinds of meeting notes, and nothing else: "
        "do not use its answers, and do not read its timings as those of a real model.\n\n"
        "Made by `python -m tests.demo_models` from text that this project wrote. "
        "The weights are the project's own, under the MIT license of this repository.\n"
    )
