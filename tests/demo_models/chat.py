"""How a chat becomes text: the template the runtime uses, and the same in Python for training."""

from collections.abc import Iterable

PAD, END = "<|endoftext|>", "<|end|>"
SPECIAL = (PAD, END, "<|system|>", "<|user|>", "<|assistant|>")
PAD_ID, END_ID = 0, 1
"""The tokenizer numbers the special tokens first, in their order."""
TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}<|end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)


def render(turns: Iterable[tuple[str, str]]) -> str:
    """The turns as the template writes them, ready for the assistant's answer."""
    return "".join(f"<|{role}|>\n{content}{END}\n" for role, content in turns) + "<|assistant|>\n"
