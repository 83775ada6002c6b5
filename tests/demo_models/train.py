"""Training one demonstration model on the lessons, on the CPU."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from transformers import Qwen2Config, Qwen2ForCausalLM

from tests.demo_models.chat import END_ID, PAD_ID
from tests.demo_models.lessons import FULL, MOSTLY_NOTES, Mix, lessons
from tests.demo_models.tokens import Example, batches

CONTEXT_TOKENS = 2048
IGNORED = -100
WARM_UP_STEPS = 60
LAST_RATE_SHARE = 0.02
REPORT_STEPS = 50
MATRIX_DIMENSIONS = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """The shape of a model and how long it learns."""

    name: str
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    steps: int
    batch: int
    learning_rate: float
    seed: int
    mix: Mix


RECIPES = {
    "demo-small": Recipe("demo-small", 96, 6, 3, 256, 300, 24, 3e-3, 7, MOSTLY_NOTES),
    "demo-large": Recipe("demo-large", 192, 6, 6, 512, 1200, 24, 3e-3, 7, FULL),
}


def train(recipe: Recipe, tokenizer: Tokenizer) -> tuple[Qwen2ForCausalLM, float]:
    """The trained model, and its mean loss over the last reported steps."""
    torch.manual_seed(recipe.seed)
    model = build(recipe, tokenizer)
    optimizers = _optimizers(model, recipe)
    course = lessons(recipe.steps * recipe.batch, recipe.seed, recipe.mix)
    recent: list[float] = []
    started = time.perf_counter()
    for step, batch in enumerate(batches(course, tokenizer, recipe.batch, recipe.seed), start=1):
        loss = _step(model, batch)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate * rate_share(step, recipe.steps)
            optimizer.step()
            optimizer.zero_grad()
        recent = [*recent[1 - REPORT_STEPS :], loss]
        if step % REPORT_STEPS == 0:
            seconds = time.perf_counter() - started
            print(f"{recipe.name}: step {step}/{recipe.steps}, loss {_mean(recent):.4f}, {seconds:.0f} s", flush=True)
    return model, _mean(recent)


def build(recipe: Recipe, tokenizer: Tokenizer) -> Qwen2ForCausalLM:
    """An untrained model; what each layer adds starts small, by one over the root of twice the depth."""
    config = Qwen2Config(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=recipe.hidden,
        intermediate_size=recipe.feed_forward,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.heads,
        max_position_embeddings=CONTEXT_TOKENS,
        tie_word_embeddings=True,
        initializer_range=0.5 / math.sqrt(recipe.hidden),
        bos_token_id=None,
        eos_token_id=END_ID,
        pad_token_id=PAD_ID,
    )
    model = Qwen2ForCausalLM(config)
    with torch.no_grad():
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight.div_(math.sqrt(2 * recipe.layers))
            layer.mlp.down_proj.weight.div_(math.sqrt(2 * recipe.layers))
    return model


def rate_share(step: int, steps: int) -> float:
    """The share of the learning rate at a step: a linear warm-up, then a cosine down."""
    if step < WARM_UP_STEPS:
        return step / WARM_UP_STEPS
    along = (step - WARM_UP_STEPS) / max(1, steps - WARM_UP_STEPS)
    return LAST_RATE_SHARE + (1 - LAST_RATE_SHARE) * (1 + math.cos(math.pi * along)) / 2


def _optimizers(model: Qwen2ForCausalLM, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the layers' matrices, AdamW for the rest."""
    inner = list(model.model.layers.parameters())
    matrices = [weight for weight in inner if weight.ndim == MATRIX_DIMENSIONS]
    vectors = [weight for weight in inner if weight.ndim != MATRIX_DIMENSIONS]
    rest = [*model.model.embed_tokens.parameters(), *model.model.norm.parameters(), *vectors]
    return [
        torch.optim.Muon(matrices, lr=recipe.learning_rate, weight_decay=0.05, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def _step(model: Qwen2ForCausalLM, batch: Sequence[Example]) -> float:
    """One forward and backward pass; the loss counts the answers only."""
    longest = max(len(example.ids) for example in batch)
    ids = torch.full((len(batch), longest), PAD_ID)
    labels = torch.full((len(batch), longest), IGNORED)
    for row, example in enumerate(batch):
        ids[row, : len(example.ids)] = torch.tensor(example.ids)
        labels[row, example.answer_at : len(example.ids)] = torch.tensor(example.ids[example.answer_at :])
    with torch.autocast("cpu", torch.bfloat16):
        loss = model(input_ids=ids, labels=labels).loss
    loss.backward()
    return float(loss.detach())


def _mean(values: Sequence[float]) -> float:
    """The arithmetic mean."""
    return sum(values) / len(values)
