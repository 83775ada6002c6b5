"""The tokenizer: a byte-level BPE trained on the lessons, and lessons as batches of token ids."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from tests.demo_models.chat import END, SPECIAL, render
from tests.demo_models.lessons import Lesson

VOCABULARY = 1200
BUCKET_BATCHES = 32
# Both transformers and the runtime cut the text of a Qwen2 model at this pattern, whatever its
# tokenizer file says, so the tokenizer has to be trained with it. Each digit is a token.
CUT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(frozen=True, slots=True)
class Example:
    """A lesson in token ids."""

    ids: list[int]
    answer_at: int
    """Index of the answer's first token; the loss starts there."""


def train_tokenizer(lessons: Sequence[Lesson]) -> Tokenizer:
    """A byte-level BPE tokenizer over the lessons' text."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CUT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = (text for lesson in lessons for text in (lesson.messages[-1][1], lesson.answer))
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def batches(lessons: Sequence[Lesson], tokenizer: Tokenizer, size: int, seed: int) -> Iterator[list[Example]]:
    """The lessons as batches of similar length, so that little is padded; each lesson once."""
    rng = random.Random(seed)
    bucket = size * BUCKET_BATCHES
    for start in range(0, len(lessons), bucket):
        near = sorted(encode(lessons[start : start + bucket], tokenizer), key=lambda example: len(example.ids))
        cut = [near[at : at + size] for at in range(0, len(near), size)]
        rng.shuffle(cut)
        yield from cut


def encode(lessons: Sequence[Lesson], tokenizer: Tokenizer) -> list[Example]:
    """Each lesson's chat and answer as ids, closed by the end token."""
    prompts = tokenizer.encode_batch([render(lesson.messages) for lesson in lessons])
    answers = tokenizer.encode_batch([lesson.answer + END for lesson in lessons])
    return [Example(prompt.ids + answer.ids, len(prompt.ids)) for prompt, answer in zip(prompts, answers, strict=True)]
