"""Reading PyTorch: what its classes say today, and the older ways of saying it."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from graph import catalog
from graph.catalog.entry import REQUIRED, Param
from graph.catalog.signature import NumberOrNumbers, TensorParam, params_of, summary_of
from graph.errors import ParamError


def _param(kind: str, name: str) -> Param:
    param = catalog.lookup(kind).param(name)
    assert param is not None
    return param


def test_arguments_come_in_torch_order_without_those_that_are_chosen_elsewhere() -> None:
    names = [param.name for param in catalog.lookup("Conv2d").params]
    assert names == [
        "in_channels",
        "out_channels",
        "kernel_size",
        "stride",
        "padding",
        "dilation",
        "groups",
        "bias",
        "padding_mode",
    ]


@pytest.mark.parametrize(
    ("kind", "name", "choices"),
    [
        ("Conv2d", "padding_mode", ("zeros", "reflect", "replicate", "circular")),
        ("CrossEntropyLoss", "reduction", ("none", "mean", "sum")),
        ("KLDivLoss", "reduction", ("none", "batchmean", "sum", "mean")),
        ("RNN", "nonlinearity", ("tanh", "relu")),
        ("RNNCell", "nonlinearity", ("tanh", "relu")),
        ("GELU", "approximate", ("none", "tanh")),
        ("EmbeddingBag", "mode", ("sum", "mean", "max")),
        ("Upsample", "mode", ("nearest", "linear", "bilinear", "bicubic", "trilinear")),
        ("TransformerEncoderLayer", "activation", ("relu", "gelu")),
    ],
)
def test_choices(kind: str, name: str, choices: tuple[str, ...]) -> None:
    param = _param(kind, name)
    assert param.type == "choice"
    assert set(param.choices) == set(choices)
    assert param.default in param.choices


@pytest.mark.parametrize(
    ("kind", "name", "length"),
    [
        ("Conv1d", "kernel_size", 1),
        ("Conv2d", "kernel_size", 2),
        ("Conv3d", "stride", 3),
        ("MaxPool2d", "kernel_size", 2),
        ("ReflectionPad3d", "padding", 6),
        ("Unfold", "kernel_size", 2),
        ("LayerNorm", "normalized_shape", 0),
    ],
)
def test_lengths_of_sizes(kind: str, name: str, length: int) -> None:
    param = _param(kind, name)
    assert (param.type, param.length) == ("size", length)


def test_words_and_ranges() -> None:
    assert _param("Conv2d", "padding").parse("same") == "same"
    with pytest.raises(ParamError, match="from 0 to 1"):
        _param("Dropout", "p").check(1.5)
    with pytest.raises(ParamError, match="at least 1"):
        _param("Conv2d", "kernel_size").check((3, 0))


def test_a_scale_is_one_number_or_one_for_each_dimension() -> None:
    param = _param("Upsample", "scale_factor")
    assert isinstance(param, NumberOrNumbers)
    assert param.parse("2, 0.5") == (2, 0.5)
    for bad in ((), (2.0, "x"), (-1.0, 2.0), "2"):
        with pytest.raises(ParamError, match="or one for each dimension"):
            param.check(bad)


def test_help_is_plain_text() -> None:
    assert _param("Linear", "bias").doc == (
        "If set to False, the layer will not learn an additive bias. Default: True"
    )
    assert catalog.lookup("LSTM").doc.startswith("Apply a multi-layer long short-term memory")


class Older:
    r"""Does a thing of :math:`1 - \text{rate}`.

    It is written as torch wrote its classes some releases ago.

    Args:
        size (int): How many, see :class:`~torch.nn.Linear`.
        kernel: One or two of them.
            Default: 3
        mode (str, optional): one of ``'up'`` | ``'down'``.
            Default: ``'up'``
        weight (Tensor, optional): a weight for each.
    """

    def __init__(
        self,
        size: int,
        kernel: typing.Union[int, typing.Tuple[int, int]] = 3,  # noqa: UP006, UP007
        mode: str = "up",
        weight: typing.Optional[Any] = None,  # noqa: UP045
        share: typing.Optional[float] = None,  # noqa: UP045
        betas: typing.Tuple[float, float] = (0.9, 0.999),  # noqa: UP006
        device: object = None,
    ) -> None: ...


Older.__init__.__annotations__["weight"] = "Optional[Tensor]"


def test_older_annotations_are_read_too() -> None:
    params = {param.name: param for param in params_of(Older, {"size"})}
    assert list(params) == ["size", "kernel", "mode", "weight", "share", "betas"]
    size = params["size"]
    assert (size.type, size.default, size.low, size.inferred) == ("int", REQUIRED, 1, True)
    assert size.doc == "How many, see torch.nn.Linear."
    assert (params["kernel"].type, params["kernel"].length) == ("size", 2)
    assert params["kernel"].doc == "One or two of them. Default: 3"
    assert params["mode"].choices == ("up", "down")
    assert isinstance(params["weight"], TensorParam)
    assert (params["share"].type, params["share"].optional) == ("float", True)
    assert params["betas"].type == "floats"
    assert summary_of(Older) == "Does a thing of 1 - rate."


def test_a_signature_that_stands_in_the_docstring() -> None:
    class Hidden:
        """__init__(input_size,hidden_size,num_layers=1,bias=True,kind='a')

        What it does.

        Args:
            kind: can be ``'a'`` or ``'b'``
        """

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    params = params_of(Hidden)
    assert [(p.name, p.type, p.default) for p in params] == [
        ("input_size", "int", REQUIRED),
        ("hidden_size", "int", REQUIRED),
        ("num_layers", "int", 1),
        ("bias", "bool", True),
        ("kind", "choice", "a"),
    ]
    assert summary_of(Hidden) == "What it does."
