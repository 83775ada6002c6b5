"""Any object with `load(weights_path)` and `generate(prompt, **params) -> str`, measured as a backend.

Answers come whole, so there is no first-token time; `generate` returns text alone, so tokens are not counted.
One call cannot be cut short from here: a `generate` that hangs is ended with its process, by the cell's time limit.
"""

import inspect
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from foundry_exp import target
from foundry_exp.errors import BackendError
from foundry_exp.protocols import ChatRequest, Clock, Event, LoadedModel, ModelRequest
from foundry_exp.records.record import Message

PARAMS = ("max_tokens", "temperature", "seed", "top_p", "top_k")
"""What `generate` is given by name, as far as it takes them."""

TOKENS = "not counted: generate() returns text alone"
PROMPT_RULE = "a lone user message as it is; several as 'role: content', blank lines between, 'assistant:' at the end"

_Result = TypeVar("_Result")


class _Model(Protocol):
    load: Callable[[str], object]
    generate: Callable[..., object]


class GenerateBackend:
    """Runs a class of the user's own in the process that calls it."""

    streams = False
    """Answers are handed over whole, whatever `streaming` asks for."""

    def __init__(self, model_class: str, weights_path: str | None) -> None:
        """Name the class (package.module.Class) and its weights; null means `model.path`."""
        self._model_class = model_class
        self._weights_path = weights_path
        self._model: _Model | None = None
        self._taken: tuple[str, ...] = ()

    def load(self, model: ModelRequest) -> LoadedModel:
        """Make the object and have it load its weights."""
        weights = self._weights(model)
        made: Callable[[], _Model] = target.resolve(self._model_class, "backend.model_class")
        self._model = own = self._called("load", "making the object", made)
        for method in ("load", "generate"):
            if not callable(getattr(own, method, None)):
                msg = f"backend.model_class: {self._model_class} has no method {method}(); it needs load and generate."
                raise BackendError("load", msg)
        self._called("load", "load", lambda: own.load(weights))
        self._taken = _taken(own.generate)
        folder = Path(weights)
        return LoadedModel(
            variant=model.variant,
            path=folder.resolve() if folder.is_dir() else None,
            pid=os.getpid(),
            runtime={
                "model_class": self._model_class,
                "tokens": TOKENS,
                "prompt": PROMPT_RULE,
                "params": ", ".join(self._taken) or "none: generate() takes none of them by name",
            },
        )

    def stream(self, request: ChatRequest, clock: Clock) -> Iterator[Event]:
        """Answer one prompt: one event with the whole text, and the end."""
        own = self._model
        if own is None:
            raise BackendError("not_loaded", "backend.generate: no model is loaded; call load first.")
        prompt = as_prompt(request.messages)
        params = {name: getattr(request, name) for name in self._taken}
        start_ns = clock()
        text = self._called("generate", "generate", lambda: own.generate(prompt, **params))
        end_ns = clock()
        if not isinstance(text, str):
            msg = f"{self._model_class}.generate: must return text, got {type(text).__name__}; change its return value."
            raise BackendError("generate", msg)
        if text:
            yield Event("text", text, t_ns=end_ns, request_start_ns=start_ns)
        yield Event("end", t_ns=end_ns, request_start_ns=start_ns)

    def unload(self) -> None:
        """Let go of the object; its own `unload()` is called where it has one."""
        own, self._model = self._model, None
        unload: object = getattr(own, "unload", None)
        if callable(unload):
            self._called("unload", "unload", unload)

    def _weights(self, model: ModelRequest) -> str:
        if self._weights_path:
            return str(Path(self._weights_path).expanduser())
        if model.path:
            return str(model.path)
        msg = f"backend.weights_path: {self._model_class}.load needs a path, got null; set it, or model.path."
        raise BackendError("load", msg)

    def _called(self, error_class: str, what: str, function: Callable[[], _Result]) -> _Result:
        """The function's result; whatever it raises is a sentence here and a traceback in the cell's log."""
        try:
            return function()
        except Exception as error:
            traceback.print_exc()
            reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
            msg = f"{self._model_class}: {what} failed ({reason}); the traceback is in runtime.log."
            raise BackendError(error_class, msg) from error


def as_prompt(messages: Sequence[Message]) -> str:
    """The one text that `generate` is given, by `PROMPT_RULE`."""
    if len(messages) == 1 and messages[0].role == "user":
        return messages[0].content
    return "\n\n".join([*(f"{message.role}: {message.content}" for message in messages), "assistant:"])


def _taken(generate: Callable[..., object]) -> tuple[str, ...]:
    """The parameters that a method takes by name; none when its signature cannot be seen."""
    try:
        parameters = inspect.signature(generate).parameters.values()
    except (TypeError, ValueError):
        return ()
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return PARAMS
    named = {one.name for one in parameters if one.kind in (one.KEYWORD_ONLY, one.POSITIONAL_OR_KEYWORD)}
    return tuple(name for name in PARAMS if name in named)
