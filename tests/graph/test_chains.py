"""Chains of layers typed as text."""

import pytest

from graph import catalog, chains
from graph.chains import Candidate
from graph.errors import ChainError
from graph.expressions import Expression
from tests import builders


@pytest.fixture(scope="module")
def layers() -> list[Candidate]:
    return [Candidate(k, k.name, {}) for k in catalog.entries().values() if "network" in k.places]


@pytest.fixture(scope="module")
def read(layers):
    def read(text: str, names=()):
        return [(s.kind.name, dict(s.params)) for s in chains.parse(text, layers, None, names)]

    return read


def test_the_chain_of_the_first_example(read):
    assert read("Conv2d 32 3 > ReLU > MaxPool2d 2 > Flatten > Linear 10") == [
        ("Conv2d", {"out_channels": 32, "kernel_size": 3}),
        ("ReLU", {}),
        ("MaxPool2d", {"kernel_size": 2}),
        ("Flatten", {}),
        ("Linear", {"out_features": 10}),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Conv2d 16 5 padding=2",
        "conv2d 16 5 padding=2",
        "Conv2d(16, 5, padding=2)",
        "Conv2d(out_channels=16, kernel_size=5, padding = 2)",
        "Conv2d 16, 5, padding=2",
        "Conv2d out=16 kernel=5 padding=2",
    ],
)
def test_ways_to_give_arguments(read, text):
    expected = {"out_channels": 16, "kernel_size": 5, "padding": 2}
    assert read(text) == [("Conv2d", expected)]


@pytest.mark.parametrize("size", ["(3, 5)", "3,5", "3x5", "[3,5]"])
def test_a_size_of_two_numbers(read, size):
    assert read(f"Conv2d 8 {size} > ReLU")[0][1]["kernel_size"] == (3, 5)


def test_words_numbers_and_truth_values(read):
    assert read("Conv2d 8 3 padding=same bias=False padding_mode=reflect")[0][1] == {
        "out_channels": 8,
        "kernel_size": 3,
        "padding": "same",
        "bias": False,
        "padding_mode": "reflect",
    }
    assert read("Dropout 0.25 > LeakyReLU 1e-2") == [
        ("Dropout", {"p": 0.25}),
        ("LeakyReLU", {"negative_slope": 0.01}),
    ]


def test_a_shape_is_written_with_spaces(read):
    assert read("Input 1 28 28 > Conv2d 8 3")[0] == ("Input", {"shape": (1, 28, 28)})
    assert read("Input (1, 28, 28)")[0] == ("Input", {"shape": (1, 28, 28)})


def test_repeats(read):
    pair = read("Conv2d 8 3 > ReLU")
    assert read("2x(Conv2d 8 3 > ReLU) > Flatten") == [*pair, *pair, ("Flatten", {})]
    assert read("(Conv2d 8 3 > ReLU) x 2") == [*pair, *pair]
    assert read("2 × (2x(Conv2d 8 3 > ReLU))") == pair * 4
    assert read("3x Linear 10") == [("Linear", {"out_features": 10})] * 3


def test_short_names_that_are_clear(read):
    assert [name for name, _ in read("drop > flat > leaky > bn2d")] == [
        "Dropout",
        "Flatten",
        "LeakyReLU",
        "BatchNorm2d",
    ]


def test_a_layer_goes_before_the_function_of_its_name(read):
    assert [name for name, _ in read("linear 3 > relu > LINEAR 4")] == ["Linear", "ReLU", "Linear"]


def test_outputs_and_titles(layers):
    steps = chains.parse("LSTM.h 32 as memory > Linear 4 as 'to classes'", layers)
    assert [s.title for s in steps] == ["memory", "to classes"]
    assert chains.joint(*steps, None) == ("h", "input")
    assert chains.summary(steps).startswith("LSTM.h(")


def test_expressions_over_the_arguments_around(read):
    assert read("Linear channels*2", ("channels",))[0][1]["out_features"] == Expression(
        "channels*2"
    )


def test_networks_go_by_their_name():
    project = builders.trained(builders.chain(builders.CNN))
    name = next(iter(project.networks))
    pool = [Candidate(k, k.name, {}) for k in catalog.entries().values() if "training" in k.places]
    use = Candidate(catalog.lookup("Network"), name, {"network": name})
    steps = chains.parse(
        f"{name} > CrossEntropyLoss > Adam 0.001 networks={name}", [*pool, use], project
    )
    assert steps[0].params == {"network": name}
    assert steps[2].params == {"lr": 0.001, "networks": (name,)}


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "Expected the name of a layer, and the text ends here."),
        ("Conv2d 8 3 > ", 13, "Expected the name of a layer, and the text ends here."),
        ("Conv2d 8 3 > > ReLU", 13, "Expected the name of a layer, found '>'."),
        ("ReLU > Linaer 3", 7, "There is nothing called 'Linaer' here. Did you mean Linear?"),
        ("ReLU > conv 3", 7, "'conv' may be Conv1d, Conv2d, Conv3d, ConvTranspose1d, "),
        ("Flatten 1 -1 3", 13, "Flatten takes no more arguments than these: start_dim, end_dim."),
        ("Linear ten", 7, "out_features: expected a whole number of at least 1, received 'ten'."),
        ("Linear size=3", 7, "Linear has no argument 'size'; it has: in_features, out_features, "),
        ("Linear 3 out_features=4", 9, "out_features is given twice."),
        ("Conv2d(3, 3", 6, "This ( has no ) yet."),
        ("2x(ReLU > ReLU", 2, "This ( has no ) yet."),
        ("Conv2d 8 (3, 3", 9, "This bracket is not closed yet."),
        ("ReLU )", 5, "Expected > or the end, found ')'."),
        ("0x(ReLU)", 0, "How often something repeats is at least 1."),
        ("Output > ReLU", 9, "Output has no output that ReLU takes."),
        ("LSTM.hidden > ReLU", 0, "LSTM has no output 'hidden'; it has: output, h, c."),
        ("900x(ReLU)", 10, "At most 500 nodes can be added at once."),
        ("99x(99x(99x(ReLU)))", 18, "At most 500 nodes"),
    ],
)
def test_what_is_wrong_and_where(layers, text, position, message):
    with pytest.raises(ChainError) as caught:
        chains.parse(text, layers)
    assert str(caught.value).startswith(message)
    assert caught.value.position == position


def test_what_is_meant_as_a_chain():
    assert chains.looks_like_chain("Conv2d 3 > ")
    assert chains.looks_like_chain("3x Linear")
    assert chains.looks_like_chain("Linear(3")
    assert not chains.looks_like_chain("batch norm")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rel", (0, "rel")),
        ("Conv2d 8 3 > re", (13, "re")),
        ("Conv2d 8 3 > ", (13, "")),
        ("2x(li", (3, "li")),
        ("Linear 10", (9, "")),
    ],
)
def test_the_name_that_is_being_typed(text, found):
    assert chains.word_at_end(text) == found


def test_too_many_brackets_are_refused_where_they_stand(read):
    assert read("(" * chains.DEEPEST + "ReLU" + ")" * chains.DEEPEST) == [("ReLU", {})]
    with pytest.raises(ChainError, match="at most 20 \\( within each other") as refused:
        read("(" * 3000 + "ReLU")
    assert refused.value.position == chains.DEEPEST
