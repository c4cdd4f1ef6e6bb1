"""The projects that come with Torchloom."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from graph.atomic import write_bytes
from graph.errors import FileError

__all__ = ["EXAMPLES", "FIRST", "Example", "Result", "copy", "find", "locate", "names"]


@dataclass(frozen=True)
class Result:
    """What a project reaches as it is shipped, and what its trivial baseline reaches."""

    #: As the run's record names it: ``accuracy``.
    metric: str
    value: float
    baseline: float
    #: What the baseline does: ``the commonest class``.
    trivial: str
    #: The part of the data on which both were measured; ``generated``: what a generator makes of
    #: noise, by benchmarks/generated.py.
    part: str = "test"

    def __str__(self) -> str:
        words = _WORDS.get(self.metric, self.metric)
        return f"{self.part} {words} {_plain(self.value)}; {self.trivial}: {_plain(self.baseline)}"


def _plain(value: float) -> str:
    """Return a number without an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


#: Metrics in words.
_WORDS = {
    "r2_score": "R2",
    "sequence_accuracy": "token accuracy",
    "mrr": "filtered MRR",
    "psnr": "PSNR",
}


@dataclass(frozen=True)
class Example:
    """One shipped project."""

    name: str
    title: str
    description: str
    result: Result
    #: Names of files and folders of data that lie beside the project.
    data: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The project's file."""
        return _folder() / f"{self.name}.loom"

    @property
    def files(self) -> tuple[Path, ...]:
        """The project's file and the files of data it reads, those of folders one by one."""
        return (self.path, *(file for name in self.data for file in _inside(_folder() / name)))


def _accuracy(value: float) -> Result:
    """Return a result on the digits' test part; the commonest class is right on 18 of its 176."""
    return Result("accuracy", value, 0.102, "the commonest class")


def _error(value: float) -> Result:
    """Return the mean squared error of pixels from 0 to 1 on the digits' test part."""
    return Result("loss", value, 0.0486, "the mean image")


def _probe(value: float) -> Result:
    """Return the accuracy of a linear classifier of what an encoder gives."""
    return Result("accuracy", value, 0.96, "a linear probe of the pixels")


def _score(value: float) -> Result:
    """Return how good generated digits are; the score of real ones is 9.38."""
    return Result("score", value, 1.0, "the untrained generator", part="generated")


#: In the order of the welcome page.
EXAMPLES: tuple[Example, ...] = (
    Example(
        "cnn",
        "Convolutional network",
        "Reads handwritten digits, or any other set of 28 x 28 pictures.",
        _accuracy(0.983),
    ),
    Example(
        "mlp",
        "Multi-layer perceptron",
        "784-64-64-10: the plainest network that reads digits well.",
        _accuracy(0.960),
    ),
    Example(
        "residual-cnn",
        "Residual network",
        "A branch around two convolutions, added back, as in ResNet.",
        _accuracy(0.989),
    ),
    Example(
        "xor",
        "Exclusive or",
        "What no straight line can solve. Watch the surface bend.",
        Result("loss", 0.00003, 0.25, "always one half", part="train"),
        ("xor.csv",),
    ),
    Example(
        "iris",
        "Iris classification",
        "Tells three species of iris apart by four measurements.",
        Result("accuracy", 0.933, 0.333, "the commonest class"),
        ("iris.csv",),
    ),
    Example(
        "diabetes",
        "Diabetes regression",
        "Predicts how a disease progresses from ten measurements.",
        Result("r2_score", 0.58, 0.0, "the mean"),
        ("diabetes.csv",),
    ),
    Example(
        "alexnet",
        "AlexNet",
        "Five convolutions, three dense layers, dropout: sized for 28 pixels.",
        _accuracy(0.994),
    ),
    Example(
        "vgg",
        "VGG",
        "One block of 3x3 convolutions, used in three stages of growing width.",
        _accuracy(0.994),
    ),
    Example(
        "googlenet",
        "GoogLeNet",
        "A block of four branches side by side, concatenated, used twice.",
        _accuracy(0.977),
    ),
    Example(
        "resnet",
        "ResNet",
        "Two kinds of residual blocks in three stages, as built for small pictures.",
        _accuracy(0.994),
    ),
    Example(
        "autoencoder",
        "Autoencoder",
        "Squeezes a picture into 32 numbers and draws it again from them.",
        _error(0.0038),
    ),
    Example(
        "conv-autoencoder",
        "Convolutional autoencoder",
        "The same with convolutions: half the weights and a smaller error.",
        _error(0.0023),
    ),
    Example(
        "vae",
        "Variational autoencoder",
        "Learns a normal distribution of codes, and pictures to go with them. Its loss is the "
        "negative ELBO in nats.",
        Result("loss", 288.0, 358.6, "the mean image"),
    ),
    Example(
        "gan",
        "Generative adversarial network",
        "A generator and a discriminator of dense layers, each with its own optimizer.",
        _score(7.36),
    ),
    Example(
        "dcgan",
        "DCGAN",
        "The same game with transposed convolutions and batch normalization.",
        _score(6.38),
    ),
    Example(
        "augmentation",
        "Augmentation",
        "Turned, moved and noisy copies of 180 digits, shown before and after. Without them the "
        "same network reaches 0.916.",
        Result("accuracy", 0.957, 0.099, "the commonest class"),
    ),
    Example(
        "contrastive",
        "Contrastive learning",
        "Two views of a picture find each other among all others, without labels; a linear probe "
        "tells what was learned.",
        _probe(0.983),
    ),
    Example(
        "ema-selfsup",
        "Self-supervision with a teacher",
        "A network foretells what its own averaged weights say of another view, without labels.",
        _probe(0.977),
    ),
    Example(
        "rnn-classifier",
        "Recurrent network",
        "Reads a picture row by row and names it after the last.",
        _accuracy(0.926),
    ),
    Example(
        "bilstm",
        "Bidirectional LSTM",
        "Reads the rows of a picture downwards and upwards at once.",
        _accuracy(0.977),
    ),
    Example(
        "tagger",
        "Punctuation tagger",
        "An embedding and a GRU tell for each word which mark follows it.",
        Result("accuracy", 0.911, 0.820, "never a mark"),
        ("punctuation.csv",),
    ),
    Example(
        "text-classifier",
        "Transformer text classifier",
        "Attention over the words of a verse tells which book it is from.",
        Result("accuracy", 0.756, 0.250, "the commonest class"),
        ("books.csv",),
    ),
    Example(
        "gpt",
        "GPT character model",
        "A causal Transformer block, three times over, tells the next of up to 64 characters.",
        Result("sequence_accuracy", 0.516, 0.185, "always a space"),
        ("genesis.txt",),
    ),
    Example(
        "seq2seq",
        "Translation",
        "An encoder and a decoder of GRUs write English numbers out in French.",
        Result("sequence_accuracy", 0.993, 0.199, "the commonest token"),
        ("numbers.tsv",),
    ),
    Example(
        "lstm-series",
        "Stacked LSTM",
        "Three LSTM layers of 64 foretell next year's sunspots from the last 22 years.",
        Result("r2_score", 0.882, 0.612, "as many as this year"),
        ("sunspots.csv",),
    ),
    Example(
        "transe",
        "Knowledge graph",
        "TransE finds missing links between 14 nations: a relation moves a head to its tail.",
        Result("mrr", 0.427, 0.384, "entities in random order"),
        ("nations",),
    ),
    Example(
        "speech",
        "Spoken words",
        "Tells eight words apart by their spectrograms, said by voices it never heard.",
        Result("accuracy", 0.969, 0.125, "the commonest class"),
        ("speech",),
    ),
    Example(
        "clips",
        "Motion in clips",
        "Convolutions over time and space tell how a shape moves, grows or shrinks.",
        Result("accuracy", 0.931, 0.167, "the commonest class"),
        ("motions",),
    ),
    Example(
        "pix2pix",
        "Image-to-image translation",
        "A U-Net fills in the outline of a digit, for a discriminator that sees both.",
        Result("psnr", 23.0, 13.44, "the mean picture"),
        ("outlines",),
    ),
)

#: The one that a new window shows.
FIRST = "cnn"


def names() -> list[str]:
    """Return the names of all examples."""
    return [example.name for example in EXAMPLES]


def find(name: str) -> Example:
    """Return an example by name.

    Raises
    ------
    FileError
        If there is none; the message lists those there are.
    """
    for example in EXAMPLES:
        if example.name == name:
            return example
    raise FileError(
        f"There is no file and no example called {name[:80]!r}. "
        f"The examples are: {', '.join(names())}."
    )


def _inside(place: Path) -> list[Path]:
    """Return a file, or the files in a folder and the folders in it."""
    return sorted(file for file in place.rglob("*") if file.is_file()) or [place]


def _folder() -> Path:
    # Installed packages lie in a folder, never in an archive: torch would not work from one.
    return Path(str(resources.files("assets.examples")))


def locate(text: str) -> Path:
    """Return the project file that a user means: a path, or the name of an example."""
    path = Path(text).expanduser()
    if path.is_file():
        return path
    if text in names():
        return find(text).path
    if path.suffix or len(path.parts) > 1:
        what = "is a folder" if path.is_dir() else "does not exist"
        raise FileError(f"{path} {what}; expected a project file (.loom).")
    return find(text).path


def copy(name: str, target: Path) -> list[Path]:
    """Write an example to a file of the user's, its data beside it; return what was written.

    Raises
    ------
    FileError
        If something else is there already, or it cannot be written.
    """
    project, *data = find(name).files
    sources = [(project, target)]
    sources += [(file, target.parent / file.relative_to(_folder())) for file in data]
    for source, path in sources:
        if path.exists() and (path.is_dir() or path.read_bytes() != source.read_bytes()):
            raise FileError(f"{path} is there already and is left alone; choose another --out.")
    for source, path in sources:
        if path.parent != target.parent:
            _make_folder(path.parent)
        write_bytes(path, source.read_bytes())
    return [path for _, path in sources]


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise FileError(f"The folder {path} cannot be made: {reason}. Choose another --out.") from (
            error
        )
