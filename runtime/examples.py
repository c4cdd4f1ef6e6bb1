"""The projects that come with Torchloom."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from graph.atomic import write_bytes
from graph.errors import FileError

__all__ = ["EXAMPLES", "FIRST", "Example", "copy", "find", "locate", "names"]


@dataclass(frozen=True)
class Example:
    """One shipped project."""

    name: str
    title: str
    description: str
    #: File names of data that lies beside the project.
    data: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        """The project's file."""
        return _folder() / f"{self.name}.loom"

    @property
    def files(self) -> tuple[Path, ...]:
        """The project's file and the data it reads."""
        return (self.path, *(_folder() / name for name in self.data))


#: In the order of the welcome page.
EXAMPLES: tuple[Example, ...] = (
    Example(
        "cnn",
        "Convolutional network",
        "Reads handwritten digits, or any other set of 28 x 28 pictures.",
    ),
    Example(
        "mlp",
        "Multi-layer perceptron",
        "784-64-64-10: the plainest network that reads digits well.",
    ),
    Example(
        "residual-cnn",
        "Residual network",
        "A branch around two convolutions, added back, as in ResNet.",
    ),
    Example(
        "xor",
        "Exclusive or",
        "What no straight line can solve. Watch the surface bend.",
        ("xor.csv",),
    ),
    Example(
        "iris",
        "Iris classification",
        "Tells three species of iris apart by four measurements.",
        ("iris.csv",),
    ),
    Example(
        "diabetes",
        "Diabetes regression",
        "Predicts how a disease progresses from ten measurements.",
        ("diabetes.csv",),
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
    example = find(name)
    sources = [(example.path, target)]
    sources += [(_folder() / data, target.parent / data) for data in example.data]
    for source, path in sources:
        if path.exists() and (path.is_dir() or path.read_bytes() != source.read_bytes()):
            raise FileError(f"{path} is there already and is left alone; choose another --out.")
    for source, path in sources:
        write_bytes(path, source.read_bytes())
    return [path for _, path in sources]
