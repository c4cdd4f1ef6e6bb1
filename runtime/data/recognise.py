"""From a path to a description, and one description in the place of another."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from graph.dataspec import DataPort, DataSpec, Split
from graph.errors import DataError
from runtime.data.faults import data_faults
from runtime.data.ports import describe, describe_source
from runtime.data.source import Source
from runtime.data.sources import KINDS, open_source

__all__ = ["from_path", "match"]


def from_path(path: Path | str, like: DataSpec | None = None) -> DataSpec:
    """Return the description of what lies at `path`, its ports filled, the path absolute.

    The kinds of sources in :mod:`runtime.data.sources` are tried in their order. With `like`,
    what can be read as its kind of source is read so, with its options (see `match`).
    `path` may also name a dataset of the Hugging Face hub: hf://owner/name.
    The split is the data's own where it has one, else stratified by the target, else random.
    Raises DataError.
    """
    with data_faults():
        if str(path).startswith("hf:"):
            name = str(path).removeprefix("hf:").strip("/")  # a Path has lost a slash
            spec, place = DataSpec(source="huggingface", path=f"hf://{name}"), Path()
        else:
            place = Path(path).expanduser().absolute()
            found = {"path": str(place), **_reading(place, like)}
            spec = DataSpec.model_validate(found)
        source = open_source(spec, place.parent)
        split = source.usual_split()
        spec = describe_source(spec.model_copy(update={"split": split}), source)
        if split.kind == "random" and _every_class_has(3, spec, source):
            split = split.model_copy(update={"kind": "stratified"})
        return source.fit(spec.model_copy(update={"split": split}))


def _reading(path: Path, like: DataSpec | None) -> dict[str, object]:
    """Return the kind of source at a path, with the options and split of one that is alike."""
    if not path.exists():
        raise DataError(f"There is no file or folder {path}.")
    if like is None or like.source == "none" or not KINDS[like.source].takes(path):
        return {"source": _kind(path)}
    kept = ("source", "split", "series", "audio", "clips")
    return {name: getattr(like, name) for name in kept}


def _kind(path: Path) -> str:
    for name, kind in KINDS.items():
        if kind.recognises(path):
            return name
    *most, last = [kind.wanted for kind in KINDS.values() if kind.wanted]
    wanted = f"Expected {', '.join(most)} or {last}."
    raise DataError(f"{path}: not recognised as data. {wanted}")


def _every_class_has(least: int, spec: DataSpec, source: Source) -> bool:
    target = spec.target
    if target is None or not source.has_target:
        return False
    try:
        labels = source.array_of(target, spec)
    except ValueError:
        return False  # faulty labels are reported when the data is loaded
    return bool(np.bincount(labels, minlength=len(target.classes)).min() >= least)


def match(spec: DataSpec, wanted: DataSpec) -> DataSpec:
    """Return `spec` with the port names, order and treatment of `wanted`.

    `spec` has its ports filled (see `from_path`). A table with the same columns is taken
    column by column; otherwise each port of `wanted` takes the next port of its type with
    its shape. Images are resized where `wanted` sets an image size, and colour pictures read
    as grey where it wants grey. The number of classes may differ. Raises DataError naming
    the port that has no counterpart.
    """
    columns = {column for port in spec.ports for column in port.columns}
    by_name = all(set(port.columns) <= columns for port in wanted.ports)
    ports: list[DataPort] = []
    grey = False
    free = list(spec.ports)
    further = KINDS[spec.source].further_columns
    for port in wanted.ports:
        if set(port.columns) <= set(further):
            ports.append(port)
            continue
        if by_name and KINDS[spec.source].named_columns:
            ports.append(_same_columns(port, spec))
            continue
        found = next((each for each in free if _fits(each, port, spec, wanted)), None)
        if found is None:
            raise DataError(_no_counterpart(port, spec, wanted))
        free.remove(found)
        grey = grey or (
            port.type in ("image", "clip") and port.shape[0] < found.shape[0]
        )
        names = ("name", "normalize", "shape", "text")
        kept = {name: getattr(port, name) for name in names}
        ports.append(found.model_copy(update=kept))
    update: dict[str, object] = {"ports": tuple(ports), "image_size": wanted.image_size}
    update["grey"] = spec.grey or grey
    update["split"] = _matched_split(spec, wanted)
    if wanted.text is not None:
        update["text"] = wanted.text
    matched = spec.model_copy(update=update)
    if any(port.is_fitted or set(port.columns) <= set(further) for port in ports):
        # What is fitted depends on the split and the options, which are now those wanted.
        return describe(matched, Path())
    return matched


def _same_columns(port: DataPort, spec: DataSpec) -> DataPort:
    """Return `port` on the same columns of `spec`, with the classes found there."""
    found = next(each for each in spec.ports if port.columns[0] in each.columns)
    if port.is_fitted and found.type not in ("image", "number"):
        return port  # its vocabulary is fitted to the new data
    if found.type != port.type and "category" in (found.type, port.type):
        names = f"the column {port.columns[0]!r} holds a {found.type}"
        raise DataError(
            f"The port {port.name!r} is a {port.type}, in the new data {names}."
        )
    return port.model_copy(update={"classes": found.classes})


def _fits(found: DataPort, port: DataPort, spec: DataSpec, wanted: DataSpec) -> bool:
    if found.type != port.type or found.dtype != port.dtype:
        return False
    if port.is_fitted:
        return True  # texts are cut or padded to the length that is wanted
    if port.type not in ("image", "clip"):
        return found.shape == port.shape
    can_be_grey = KINDS[spec.source].reads_grey and port.shape[0] == 1
    channels = found.shape[0] == port.shape[0] or can_be_grey
    same_size = wanted.image_size is not None or found.shape[-2:] == port.shape[-2:]
    return channels and same_size and found.shape[1:-2] == port.shape[1:-2]


def _no_counterpart(port: DataPort, spec: DataSpec, wanted: DataSpec) -> str:
    there = ", ".join(f"{each.name!r}: {each.type} {each.shape}" for each in spec.ports)
    message = f"The port {port.name!r} ({port.type} {port.shape}) has no counterpart"
    message = f"{message} in {spec.path}, which has {there:.500}."
    if port.type in ("image", "clip") and wanted.image_size is None:
        message = (
            f"{message} Set an image size in the project to have pictures resized."
        )
    return message


def _matched_split(spec: DataSpec, wanted: DataSpec) -> Split:
    """Return the fractions and seed of `wanted`, with the parts that `spec` has itself."""
    split = wanted.split
    if spec.split.kind == "given":
        update = {"kind": "given", "column": spec.split.column}
        return split.model_copy(update=update)
    if split.kind == "given":
        # Through the constructor: a fraction put in has to leave some for training.
        return Split(
            kind=spec.split.kind,
            validation=split.validation,
            test=split.test or 0.1,
            seed=split.seed,
        )
    return split
