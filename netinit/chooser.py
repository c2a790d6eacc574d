"""The chooser: `netinit.advice` as explorers, to be shown in a notebook or a page."""

from netinit.initializers import advice
from netinit.widgets import Choice, Explorer, Text

__all__ = ["choose_layer", "choose_network"]

_PANELS = {"what": "Recommended", "where": "Where it holds", "why": "Why"}


def choose_network() -> Explorer:
    """What to start a network with: an explorer over architecture, activation and framework.

    >>> chooser = choose_network()
    >>> chooser.frame(architecture="dense", activation="selu", framework="keras")["what"].item()
    'Hidden weights: LeCun, variance `1/fan_in`. Biases: 0. Output weights: variance `1/fan_in`.'
    """

    def frame(architecture, activation, framework):
        return _texts(advice.advise(architecture, activation, framework))

    return Explorer(
        frame,
        panels=_panels(),
        title="Which initialization?",
        architecture=_choice(advice.architectures(), start="residual"),
        activation=_choice(advice.activations()),
        framework=_choice(advice.FRAMEWORKS),
    )


def choose_layer() -> Explorer:
    """What to start a layer with that needs something else: an explorer over it and the framework.

    >>> choose_layer().frame(layer="rmsnorm", framework="netinit")["what"].item()
    'Gain 1, and shift 0 where there is one.'
    """
    frameworks = {key: label for key, label in advice.FRAMEWORKS.items() if key != "jax"}

    def frame(layer, framework):
        return _texts(advice.advise_layer(layer, framework))

    return Explorer(
        frame,
        panels=_panels(),
        title="Layers that need something else",
        layer=_choice(advice.layers()),
        framework=_choice(frameworks),
    )


def _texts(said: advice.Advice) -> dict[str, str]:
    return {
        "what": said.recommendation,
        "where": said.condition,
        "why": said.reason,
        "code": said.code,
    }


def _panels() -> list[Text]:
    words = [Text(key, title=title) for key, title in _PANELS.items()]
    return [*words, Text("code", title="Code", code=True)]


def _choice(names: dict[str, str], **options: str) -> Choice:
    return Choice(list(names), labels=list(names.values()), **options)
