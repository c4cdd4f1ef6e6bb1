"""Small data of every kind, written to a folder."""

from __future__ import annotations

import gzip
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from PIL import Image

CLASSES = ("cat", "dog", "fox")


def random_images(count: int, *shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def idx_bytes(array: np.ndarray) -> bytes:
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()


def write_idx(
    folder: Path, train: int = 40, test: int = 10, classes: int = 4, zipped: bool = True
) -> Path:
    folder.mkdir(exist_ok=True)
    for name, count in (("train", train), ("t10k", test)):
        if not count:
            continue
        files = {
            f"{name}-images-idx3-ubyte": random_images(count, 5, 6),
            f"{name}-labels-idx1-ubyte": np.arange(count) % classes,
        }
        for file, array in files.items():
            if zipped:
                (folder / f"{file}.gz").write_bytes(gzip.compress(idx_bytes(array)))
            else:
                (folder / file).write_bytes(idx_bytes(array))
    return folder


def write_npz(path: Path, **arrays: np.ndarray) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def write_table(path: Path, rows: int = 30, separator: str = ",") -> Path:
    lines = ["length,width,kind"]
    lines += [f"{k / 2},{k * k % 7},{CLASSES[k % 3]}" for k in range(rows)]
    path.write_text("\n".join(lines).replace(",", separator) + "\n", encoding="utf-8")
    return path


def write_pictures(
    folder: Path,
    count: int = 6,
    mode: str = "RGB",
    size: tuple[int, int] = (7, 5),
    parts: tuple[str, ...] = ("",),
    ending: str = "png",
) -> Path:
    """Write `count` pictures (width, height) per class and part."""
    for part in parts:
        for label, name in enumerate(CLASSES):
            place = folder / part / name
            place.mkdir(parents=True)
            channels = (3,) if mode == "RGB" else ()
            pixels = random_images(count, size[1], size[0], *channels, seed=label)
            for number, one in enumerate(pixels):
                Image.fromarray(one).save(place / f"{number}.{ending}")
    return folder


def tone(pitch: float, rate: int, samples: int) -> np.ndarray:
    """Return a sine of `pitch` Hz."""
    seconds = np.arange(samples) / rate
    return (0.5 * np.sin(2 * np.pi * pitch * seconds)).astype(np.float32)


def write_sounds(folder: Path, count: int = 6, rate: int = 8000) -> Path:
    for place, (name, pitch) in enumerate({"high": 1500, "low": 300}.items()):
        (folder / name).mkdir(parents=True)
        for k in range(count):
            wave = tone(pitch + 10 * k, rate, rate // 2 + 100 * k)
            soundfile.write(folder / name / f"{k}.{('wav', 'flac')[place]}", wave, rate)
    return folder


def write_series(path: Path, rows: int = 120) -> Path:
    lines = ["month,sales,price"]
    for k in range(rows):
        lines.append(f"{2000 + k // 12}-{k % 12 + 1:02},{k + 10 * (k % 12)},{100 - k % 7}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def write_clips(folder: Path, count: int = 3, frames: int = 5) -> Path:
    """Write `count` folders of frames and one GIF for each of two classes."""
    for seed, name in enumerate(("left", "right")):
        for k in range(count):
            (folder / name / str(k)).mkdir(parents=True)
            for j, picture in enumerate(random_images(frames, 6, 8, seed=10 * seed + k)):
                Image.fromarray(picture).save(folder / name / str(k) / f"{j}.png")
        first, *rest = [Image.fromarray(one) for one in random_images(frames, 6, 8, seed=seed)]
        first.save(folder / name / "z.gif", save_all=True, append_images=rest)
    return folder


def write_pairs(folder: Path, count: int = 10) -> Path:
    for seed, (name, ending) in enumerate({"photo": "png", "sketch": "bmp"}.items()):
        (folder / name).mkdir(parents=True)
        for k, picture in enumerate(random_images(count, 6, 5, 3, seed=seed)):
            Image.fromarray(picture).save(folder / name / f"{k}.{ending}")
    return folder


def write_halves(folder: Path, count: int = 10) -> Path:
    folder.mkdir(exist_ok=True)
    for k, picture in enumerate(random_images(count, 6, 10, 3)):
        Image.fromarray(picture).save(folder / f"{k}.png")
    return folder


def sentences(count: int, seed: int = 0) -> list[str]:
    """Return `count` different sentences of a small language."""
    rng = np.random.default_rng(seed)
    words = ("sun", "moon", "sea", "hill", "bird", "shines", "rises", "sleeps", "and", "the")
    return [
        f"{' '.join(rng.choice(words, size=rng.integers(3, 8)))} {number}."
        for number in range(count)
    ]


def write_prose(path: Path, count: int = 120) -> Path:
    path.write_text("\n".join(sentences(count)), encoding="utf-8")
    return path


def write_reviews(path: Path, count: int = 60) -> Path:
    """Write a table of texts with their class."""
    rows = [f'"{text}",{CLASSES[k % 3]}' for k, text in enumerate(sentences(count))]
    path.write_text("\n".join(["review,mood", *rows]) + "\n", encoding="utf-8")
    return path


def write_translations(path: Path, count: int = 60) -> Path:
    """Write texts and their translations, tab-separated."""
    rows = [f"{text}\t{text[::-1]}" for text in sentences(count)]
    path.write_text("\n".join(["english\tshsilgne", *rows]) + "\n", encoding="utf-8")
    return path


def write_tagged(path: Path, count: int = 60) -> Path:
    """Write texts with one label per word."""
    rows = []
    for text in sentences(count):
        tags = " ".join("NUM" if word[0].isdigit() else "WORD" for word in text.split())
        rows.append(f"{text},{tags}")
    path.write_text("\n".join(["words,tags", *rows]) + "\n", encoding="utf-8")
    return path


def write_texts(folder: Path, count: int = 8, parts: tuple[str, ...] = ("",)) -> Path:
    """Write `count` texts per class and part."""
    for part in parts:
        for label, name in enumerate(CLASSES):
            place = folder / part / name
            place.mkdir(parents=True)
            for number, text in enumerate(sentences(count, seed=label)):
                (place / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def write_triples(folder: Path, parts: tuple[str, ...] = ("train", "valid", "test")) -> Path:
    """Write a ring of eight towns, each west of the next and near the next but one."""
    folder.mkdir(exist_ok=True)
    lines = [f"town {k}\twest of\ttown {(k + 1) % 8}" for k in range(8)]
    lines += [f"town {k}\tnear\ttown {(k + 2) % 8}" for k in range(8)]
    lines += [f"town {(k + 2) % 8}\tnear\ttown {k}" for k in range(8)]
    shares = {"train": lines[:-8], "valid": lines[-8:-4], "test": lines[-4:]}
    for part in parts:
        (folder / f"{part}.txt").write_text("\n".join(shares[part]) + "\n", encoding="utf-8")
    (folder / "all.tsv").write_text("\n".join(["head\trelation\ttail", *lines]) + "\n")
    return folder


def rows(count: int = 60) -> list[dict[str, Any]]:
    """Return records of numbers, a list of numbers, a class, and an object with a truth value."""
    return [
        {
            "length": k / 2,
            "width": k * k % 7,
            "curve": [k, k + 1, k + 2],
            "extra": {"wild": k % 2 == 0},
            "label": CLASSES[k % 3],
        }
        for k in range(count)
    ]


def write_json(path: Path, records: list[Any]) -> Path:
    if path.suffix == ".json":
        path.write_text(json.dumps(records), encoding="utf-8")
    else:
        lines = "\n".join(json.dumps(record) for record in records)
        path.write_text(lines + "\n", encoding="utf-8")
    return path


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()
