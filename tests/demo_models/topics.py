"""What the demonstration models know: short texts on local inference, by kind of question.

Each topic is a subject as a question names it, and the parts an answer is made of, best first:
an answer of n sentences or n list items is the first n parts.
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["explain", "why", "when", "list", "scenario"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing a question can be about."""

    kind: Kind
    subject: str
    parts: tuple[str, ...]


EXPLAIN = (
    Topic(
        "explain",
        "retrieval augmented generation",
        (
            "Retrieval augmented generation first searches a document store for passages that match the question.",
            "The model then writes its answer from those passages, so the answer can be checked against a source.",
            "New knowledge is added by changing the documents, not by training the model again.",
        ),
    ),
    Topic(
        "explain",
        "local inference",
        (
            "Local inference runs the model on the device of the user instead of on a remote server.",
            "The prompt and the answer stay on that device, and no network is needed.",
            "The size of the model is limited by the memory of the device.",
        ),
    ),
    Topic(
        "explain",
        "quantization",
        (
            "Quantization stores the weights of a model with fewer bits, for example 4 instead of 16.",
            "The model becomes smaller and faster, and it loses a little accuracy.",
            "The loss should be measured on the prompts that matter to you.",
        ),
    ),
    Topic(
        "explain",
        "streaming",
        (
            "Streaming sends each token to the user as soon as the model has made it.",
            "The total time stays the same, but the user can start reading much earlier.",
            "A streamed answer can also be stopped before it is finished.",
        ),
    ),
    Topic(
        "explain",
        "time to first token",
        (
            "Time to first token is the delay between sending a prompt and seeing the first token of the answer.",
            "It grows with the length of the prompt, because the model reads the whole prompt first.",
            "It is the number that decides whether a chat feels quick.",
        ),
    ),
    Topic(
        "explain",
        "an SLM",
        (
            "An SLM is a small language model with up to a few billion parameters.",
            "It fits in the memory of a laptop or a phone and answers without a server.",
            "It knows less than an LLM, so it works best on a narrow task.",
        ),
    ),
    Topic(
        "explain",
        "an execution provider",
        (
            "An execution provider is the part of the runtime that runs a model on one kind of hardware.",
            "The same model can run on the CPU, the GPU or the NPU through different providers.",
            "When a provider is missing, the runtime may fall back to the CPU and become slower.",
        ),
    ),
    Topic(
        "explain",
        "a context window",
        (
            "A context window is the number of tokens that a model can see at once.",
            "The prompt and the answer share it, so a long prompt leaves less room for the answer.",
            "Text that does not fit must be cut or summarized first.",
        ),
    ),
)

WHY = (
    Topic(
        "why",
        "model size impacts latency on consumer hardware",
        (
            "A larger model has more weights, and every weight must be read from memory for each token.",
            "Consumer hardware has little memory bandwidth, so a larger model makes each token slower.",
            "When the model does not fit in memory, the delay grows even more.",
        ),
    ),
    Topic(
        "why",
        "local inference protects privacy",
        (
            "With local inference the prompt never leaves the device, so no other company can read or keep it.",
            "There is also no server log that could leak later.",
            "The user decides what is stored and for how long.",
        ),
    ),
    Topic(
        "why",
        "a warm-up run matters",
        (
            "The first request loads code and memory that later requests reuse, so it is slower than the rest.",
            "A warm-up run keeps that cost out of the measured numbers.",
            "Without it the average looks worse than daily use.",
        ),
    ),
    Topic(
        "why",
        "a fixed seed helps testing",
        (
            "A fixed seed makes the model choose the same tokens each time.",
            "Two runs can then be compared word by word, and a change in the output has a real cause.",
            "It does not promise the same text on other hardware.",
        ),
    ),
    Topic(
        "why",
        "a GPU makes inference faster",
        (
            "A GPU has much more memory bandwidth than a CPU, so the weights are read faster for each token.",
            "It also computes many products at the same time, which helps with long prompts.",
            "A small model gains less from it than a large one.",
        ),
    ),
)

WHEN = (
    Topic(
        "when",
        "choose an SLM over an LLM",
        (
            "Choose an SLM when the task is narrow, the answer must come fast, or the data must stay on the device.",
            "Choose an LLM when the task needs broad knowledge or long reasoning.",
            "When both are good enough, the SLM costs less.",
        ),
    ),
    Topic(
        "when",
        "choose local inference over the cloud",
        (
            "Choose local inference when the data is private, the network is weak, or the cost must stay fixed.",
            "Choose the cloud when you need the largest models or many users at once.",
            "Many teams use both and route each request.",
        ),
    ),
    Topic(
        "when",
        "use retrieval augmented generation",
        (
            "Use retrieval augmented generation when the answers depend on documents that the model has never seen.",
            "It is not needed when the task only changes the form of a text that is already in the prompt.",
            "Start with a small set of good documents.",
        ),
    ),
    Topic(
        "when",
        "use greedy decoding",
        (
            "Use greedy decoding when the output must be the same every time, for example in tests.",
            "Use sampling when you want variety, for example in stories.",
            "A seed makes sampling repeatable too.",
        ),
    ),
)

SENTENCES: tuple[Topic, ...] = EXPLAIN + WHY + WHEN
