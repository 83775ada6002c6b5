"""Asking the built models through Foundry Local's own SDK, as a run would."""

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from foundry_local_sdk import (
    CatalogType,
    ChatSession,
    Configuration,
    FoundryLocalManager,
    MessageItem,
    Request,
    RequestOptions,
    SearchOptions,
    TextItem,
)
from foundry_local_sdk.imodel import IModel
from foundry_local_sdk.model_info import ModelInfoBuilder

MAX_TOKENS = 150
SEED = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """One greedy answer and how fast it came."""

    text: str
    tokens: int
    decode_tok_per_s: float | None
    """(tokens - 1) / (last token - first token); None for fewer than two."""


def ask_all(folder: Path, prompts: list[str], rounds: int = 2) -> list[Answer]:
    """Each prompt's answer from the model in `folder`; RuntimeError when a round differs from the first."""
    os.environ.update(ORT_TELEMETRY_DISABLED="1", CI="1")
    with tempfile.TemporaryDirectory(prefix="foundry-exp-demo-") as app_data:
        config = Configuration(app_name="demo-build", app_data_dir=app_data, disable_nonessential_telemetry=True)
        manager = FoundryLocalManager(config)
        try:
            properties = ModelInfoBuilder()
            properties.set_string_property("task", "chat-completion")
            catalog = manager.get_catalog(CatalogType.LOCAL)
            model = catalog.register_model(folder, f"{folder.name}-generic-cpu:1", properties)
            model.load()
            answers = [[ask(model, prompt) for prompt in prompts] for _ in range(rounds)]
            model.unload()
        finally:
            manager.close()
    texts = [[answer.text for answer in round_answers] for round_answers in answers]
    if any(round_texts != texts[0] for round_texts in texts):
        msg = f"{folder.name}: answers differ between rounds; greedy decoding should repeat them."
        raise RuntimeError(msg)
    return answers[-1]


def ask(model: IModel, prompt: str) -> Answer:
    """One streamed greedy answer in a session of its own."""
    search = SearchOptions(temperature=0.0, do_sample=False, top_k=1, seed=SEED, max_output_tokens=MAX_TOKENS)
    parts: list[str] = []
    stamps: list[float] = []
    with ChatSession(model) as session, Request() as request:
        request.add_item(MessageItem.user(prompt))
        request.set_options(RequestOptions(search=search))
        session.set_streaming(True)
        with session.process_streaming_request(request) as stream:
            for item in stream:
                if isinstance(item, TextItem) and item.text:
                    stamps.append(time.perf_counter())
                    parts.append(item.text)
            with stream.final_response as response:
                tokens = response.get_usage().completion_tokens
    span = stamps[-1] - stamps[0] if stamps else 0.0
    return Answer("".join(parts), tokens, (tokens - 1) / span if span > 0 else None)
