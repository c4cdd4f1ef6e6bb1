"""The data description: where examples come from and which ports they have.

Plain data, validated by pydantic. Reading what it describes is :mod:`runtime.data`'s work; the
ports are kept here as they were last seen, so that a project is checked without its data.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from graph.dims import BATCH, TensorType

__all__ = [
    "AudioOptions",
    "ClipOptions",
    "DataPort",
    "DataSpec",
    "SeriesOptions",
    "Split",
    "TextOptions",
]


class _Described(BaseModel):
    """A part of the description, as a file has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Fields that a file has only where they differ from their default: those that came later,
    #: so that files which do without them stay as they were.
    when_set: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _leave_out_unset(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        record: dict[str, Any] = handler(self)
        fields = type(self).model_fields
        return {
            name: value
            for name, value in record.items()
            if name not in self.when_set or getattr(self, name) != fields[name].default
        }


class TextOptions(_Described):
    """How text becomes tokens."""

    #: ``word``: words and punctuation marks; ``space``: what stands between spaces; ``bpe``: pieces
    #: of words by a byte-pair encoding fitted to the training part.
    unit: Literal["char", "word", "space", "bpe"] = "word"
    #: Most entries of a vocabulary, which are the most frequent.
    size: int = Field(default=10_000, ge=3, le=200_000)
    lower: bool = False
    #: Tokens of an example: longer texts are cut, shorter ones padded. None: the longest text's. A
    #: text in one piece is packed into windows of one token more, 64 unless it is set.
    length: int | None = Field(default=None, ge=2, le=100_000)
    #: Whether each text begins with <bos> and ends with <eos>.
    bounds: bool = False
    #: Whether all columns of text share one vocabulary.
    shared: bool = False


class DataPort(_Described):
    """One port of the Data node: a column, or several numeric columns side by side.

    `shape` is one example's, without the batch: ``(1, 28, 28)`` for a grey image, ``(4,)`` for
    four table columns, ``()`` for a class index, ``(32, 3)`` for a window of three series (and
    ``(1,)`` for the number that follows it), ``(1, 16000)`` for a wave, ``(1, 40, 101)`` for a
    spectrogram of 40 bands, ``(3, 16, 32, 32)`` for a clip of 16 frames.
    """

    name: str = Field(min_length=1, max_length=200)
    #: ``tokens`` is text, ``tags`` are labels per step: whole numbers (T,) of a vocabulary.
    type: Literal["image", "number", "category", "tokens", "tags", "series", "audio", "clip"]
    #: The source's columns that it holds, in order.
    columns: tuple[str, ...]
    shape: tuple[int, ...]
    dtype: Literal["float32", "int64"] = "float32"
    #: Names of the classes, where `type` is category; their order gives the index.
    classes: tuple[str, ...] = ()
    #: ``standard``: subtract the mean and divide by the standard deviation of the training part
    #: (one pair per channel for images, per column for numbers).
    normalize: Literal["none", "standard"] = "none"
    #: Where `type` is tokens or tags: what each number stands for, fitted to the training part.
    #: 0 is padding; of tokens, 1 is unknown and, with bounds, 2 begins and 3 ends a text.
    vocabulary: tuple[str, ...] = ()
    #: Of a byte-pair encoding: the pairs "a b" that become one token, in order.
    merges: tuple[str, ...] = ()
    #: Of tokens: how this text becomes them, where it is not as all others (`DataSpec.text_of`).
    text: TextOptions | None = None

    when_set: ClassVar[frozenset[str]] = frozenset({"vocabulary", "merges", "text"})

    @property
    def is_fitted(self) -> bool:
        """Whether its values depend on what is fitted to the training part first."""
        return self.type in ("tokens", "tags")

    @property
    def tensor_type(self) -> TensorType:
        """The type of a batch."""
        return TensorType((BATCH, *self.shape), self.dtype)


class Split(_Described):
    """How examples are divided into a training, a validation and a test part.

    ``ordered`` keeps the order: the first examples train, those after them validate, the last
    test. ``given`` keeps the parts the source itself has (a test file, a column, folders called
    train and test) and takes from its training part what it lacks for validation. Fractions are
    of all examples, or, for ``given``, of the source's training part.
    """

    kind: Literal["random", "stratified", "given", "ordered"] = "random"
    validation: float = Field(default=0.1, ge=0.0, lt=1.0)
    test: float = Field(default=0.1, ge=0.0, lt=1.0)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    #: The column that names each row's part, for ``given`` in a table.
    column: str | None = None

    @model_validator(mode="after")
    def _leave_some_for_training(self) -> Split:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test together must leave examples for training")
        return self


class SeriesOptions(_Described):
    """How a time series is cut into windows."""

    #: Rows that a window has, rows after it that are to be predicted, and rows from one window's
    #: start to the next one's.
    window: int = Field(default=32, ge=1, le=100_000)
    horizon: int = Field(default=1, ge=1, le=100_000)
    step: int = Field(default=1, ge=1, le=100_000)


class AudioOptions(_Described):
    """How sounds are read: brought to one rate and length, as waves or log mel spectrograms."""

    #: Samples per second.
    rate: int = Field(default=16000, ge=1000, le=192_000)
    #: Longer sounds are cut, shorter ones followed by silence.
    seconds: float = Field(default=1.0, gt=0.0, le=600.0)
    form: Literal["waveform", "log_mel"] = "log_mel"
    #: Of a spectrogram: its bands, and in samples the length of a frame and from one to the next.
    mels: int = Field(default=40, ge=1, le=1024)
    frame: int = Field(default=512, ge=16, le=65536)
    hop: int = Field(default=160, ge=1, le=65536)

    @property
    def length(self) -> int:
        """The samples of a sound."""
        return max(1, round(self.rate * self.seconds))


class ClipOptions(_Described):
    """How clips are read."""

    #: Frames of a clip, chosen evenly from those it has.
    frames: int = Field(default=16, ge=1, le=4096)


class DataSpec(_Described):
    """Where examples come from, how they are read and split."""

    source: Literal[
        "none",
        "digits",
        "idx",
        "npz",
        "csv",
        "images",
        "text",
        "texts",
        "triples",
        "series",
        "audio",
        "clips",
        "pairs",
        "json",
        "parquet",
        "huggingface",
    ] = "none"
    #: A file or folder; relative to the project file. Empty for embedded data; of a dataset of the
    #: Hugging Face hub, hf://owner/name or hf://owner/name/subset.
    path: str = ""
    #: Height and width to which images are resized; None: as they are.
    image_size: tuple[int, int] | None = None
    #: Whether colour images are read as grey.
    grey: bool = False
    ports: tuple[DataPort, ...] = ()
    split: Split = Split()
    #: Where a port holds text; ports may have options of their own.
    text: TextOptions | None = None
    #: Where the source is of that kind.
    series: SeriesOptions | None = None
    audio: AudioOptions | None = None
    clips: ClipOptions | None = None

    #: GiB that the examples of a port may take in memory; what takes more is read while
    #: a network trains. None: half of the machine's, 8 at most.
    memory: float | None = Field(default=None, ge=0.0)

    when_set: ClassVar[frozenset[str]] = frozenset({"text", "series", "audio", "clips", "memory"})

    def port(self, name: str) -> DataPort | None:
        """Return the port called `name`, or None."""
        return next((port for port in self.ports if port.name == name), None)

    def text_of(self, port: DataPort) -> TextOptions:
        """Return how a port's text becomes tokens.

        Texts that share a vocabulary do so in the same way; labels per step follow the first text.
        """
        own = port.text
        if port.type == "tags":
            own = next((each.text for each in self.ports if each.type == "tokens"), None)
        if self.text is not None and self.text.shared:
            own = None
        return own or self.text or TextOptions()

    @property
    def is_remote(self) -> bool:
        """Whether `path` is the name of a dataset on the Hugging Face hub."""
        return self.path.startswith("hf://")

    @property
    def target(self) -> DataPort | None:
        """The category that a stratified split divides evenly: the last one."""
        categories = [port for port in self.ports if port.type == "category"]
        return categories[-1] if categories else None

    @model_validator(mode="after")
    def _ports_have_own_names(self) -> DataSpec:
        names = [port.name for port in self.ports]
        if len(set(names)) != len(names):
            raise ValueError(f"two ports have the same name: {', '.join(names)}")
        return self
