"""What the demonstration models know, in lists: items and scenarios."""

from tests.demo_models.topics import Topic

LISTS = (
    Topic(
        "list",
        "privacy benefits of local inference",
        (
            "Prompts and answers never leave the device.",
            "No cloud provider can log or keep your data.",
            "You control how long data is stored and who can read it.",
            "Private files can be used without uploading them.",
        ),
    ),
    Topic(
        "list",
        "risks of cloud inference",
        (
            "Private data passes through the servers of another company.",
            "The service can fail or change without notice.",
            "The cost grows with every request.",
            "A slow network makes every answer slow.",
        ),
    ),
    Topic(
        "list",
        "benefits of an SLM",
        (
            "It runs on a laptop or a phone.",
            "It answers quickly because it has few weights.",
            "It costs nothing per request.",
            "It can be tuned for one narrow task.",
        ),
    ),
    Topic(
        "list",
        "limits of an SLM",
        (
            "It knows fewer facts than an LLM.",
            "It makes more mistakes in long reasoning.",
            "It needs clear and short prompts.",
            "It is weaker in rare languages.",
        ),
    ),
    Topic(
        "list",
        "ways to make a model faster",
        (
            "Use a smaller model.",
            "Quantize the weights to fewer bits.",
            "Run it on a GPU or an NPU.",
            "Shorten the prompt.",
        ),
    ),
    Topic(
        "list",
        "numbers to measure for a local model",
        (
            "The time to first token.",
            "The tokens per second.",
            "The memory that the model needs.",
            "The share of correct answers.",
        ),
    ),
    Topic(
        "list",
        "steps of retrieval augmented generation",
        (
            "Split the documents into passages.",
            "Find the passages that match the question.",
            "Give the passages to the model with the question.",
            "Check the answer against its sources.",
        ),
    ),
)

SCENARIOS = (
    Topic(
        "scenario",
        "an SLM is preferable to an LLM",
        (
            "A nurse summarizes patient notes on a laptop, and the data must not leave the clinic.",
            "A phone app corrects short messages, and each answer must come in less than a second.",
            "A factory sorts error reports on a machine that has no network.",
        ),
    ),
    Topic(
        "scenario",
        "an LLM is preferable to an SLM",
        (
            "A lawyer compares two long contracts, and the work needs careful reasoning.",
            "A team writes about many subjects in many languages, and it needs broad knowledge.",
            "A student asks for a proof with many steps.",
        ),
    ),
    Topic(
        "scenario",
        "local inference is useful",
        (
            "A doctor works with private records, and the law forbids sending them to a server.",
            "An engineer works on a ship, and there is no network for days.",
            "A school has a small budget, and it cannot pay for each request.",
        ),
    ),
    Topic(
        "scenario",
        "retrieval augmented generation is useful",
        (
            "A help desk answers questions from manuals that change every month.",
            "A lawyer asks about a contract, and the answer must name the page.",
            "A new colleague asks about the rules of the company.",
        ),
    ),
)
