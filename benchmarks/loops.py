"""Training loops to compare with, each run in a process of its own.

``python loops.py ordinary|tuned|keras --model mlp|cnn --batch 32 --data FOLDER --epochs 2`` trains
on the IDX files of FOLDER and prints one JSON object: examples per second, the threads used, the
mean loss of the last epoch. Needs numpy and PyTorch, or numpy, TensorFlow and Keras; nothing of
Torchloom.
"""

from __future__ import annotations

import argparse
import ctypes
import gzip
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def read_idx(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return the array in an IDX file, plain or gzipped."""
    if not path.exists():
        path = path.with_name(path.name + ".gz")
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    shape = np.frombuffer(raw, ">i4", raw[3], 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(shape)


def read_training_part(folder: Path) -> tuple[Any, Any]:
    """Return images (N, 28, 28) as float32 from 0 to 1, and labels (N,) as int64."""
    images = read_idx(folder / "train-images-idx3-ubyte").astype(np.float32) / 255
    return images, read_idx(folder / "train-labels-idx1-ubyte").astype(np.int64)


def ordinary(model: str, batch: int, folder: Path, epochs: int) -> dict[str, Any]:
    """The loop that a PyTorch user writes."""
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    images, labels = read_training_part(folder)
    data = TensorDataset(torch.from_numpy(images).unsqueeze(1), torch.from_numpy(labels))
    loader = DataLoader(data, batch_size=batch, shuffle=True)
    network = torch_network(model, pool_first=False)
    optimizer = torch.optim.Adam(network.parameters())
    criterion = nn.CrossEntropyLoss()

    def epoch() -> float:
        total = 0.0
        network.train()
        for image, label in loader:
            optimizer.zero_grad()
            loss = criterion(network(image), label)
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total / len(loader)

    return {**measured(epoch, len(data), epochs), "threads": torch.get_num_threads()}


def tuned(model: str, batch: int, folder: Path, epochs: int) -> dict[str, Any]:
    """The same training with all that makes an eager loop fast, in the better number of threads."""
    import torch
    from torch import nn

    keep_memory()
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    images, labels = (torch.from_numpy(a) for a in read_training_part(folder))
    images = images.unsqueeze(1)
    network = torch_network(model, pool_first=True)
    if model == "cnn":
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), fused=True)
    criterion = nn.CrossEntropyLoss()

    def train(indices: torch.Tensor) -> float:
        total = torch.zeros((), dtype=torch.float64)
        for chosen in indices.split(batch):
            image, label = images.index_select(0, chosen), labels.index_select(0, chosen)
            loss = criterion(network(image), label)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        return total.item() / max(len(indices) // batch, 1)

    def seconds(threads: int) -> float:
        torch.set_num_threads(threads)
        train(torch.arange(5 * batch))
        began = time.perf_counter()
        train(torch.arange(min(len(images), 40 * batch)))
        return time.perf_counter() - began

    threads = min({1, os.cpu_count() or 1}, key=seconds)
    torch.set_num_threads(threads)
    result = measured(lambda: train(torch.randperm(len(images))), len(images), epochs)
    return {**result, "threads": threads}


def keras(model: str, batch: int, folder: Path, epochs: int) -> dict[str, Any]:
    """The same model in Keras 3 on TensorFlow, by ``fit``."""
    os.environ.update(
        KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1"
    )
    import keras

    keras.utils.set_random_seed(0)
    images, labels = read_training_part(folder)
    layers = keras.layers
    if model == "mlp":
        body = [layers.Flatten(), layers.Dense(64, "relu"), layers.Dense(64, "relu")]
    else:
        body = [
            *(layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D()),
            *(layers.Conv2D(64, 3, activation="relu"), layers.MaxPooling2D()),
            *(layers.Flatten(), layers.Dense(64, "relu")),
        ]
    network = keras.Sequential([layers.Input((28, 28, 1)), *body, layers.Dense(10)])
    network.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    images = images[..., None]
    network.fit(images[: 20 * batch], labels[: 20 * batch], batch_size=batch, verbose=0)

    def epoch() -> float:
        done = network.fit(images, labels, batch_size=batch, epochs=1, verbose=0)
        return float(done.history["loss"][-1])

    return {**measured(epoch, len(images), epochs), "threads": os.cpu_count()}


def torch_network(model: str, *, pool_first: bool) -> Any:
    """Return the network; a max-pool commutes with ReLU and is cheaper before it."""
    from torch import nn

    if model == "mlp":
        return nn.Sequential(
            *(nn.Flatten(), nn.Linear(784, 64), nn.ReLU()),
            *(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)),
        )

    def bend() -> tuple[nn.Module, nn.Module]:
        pair = nn.ReLU(), nn.MaxPool2d(2)
        return (pair[1], pair[0]) if pool_first else pair

    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3), *bend(), nn.Conv2d(32, 64, 3), *bend()),
        *(nn.Flatten(), nn.Linear(1600, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


def keep_memory() -> None:
    """Have glibc keep freed memory, where it is glibc."""
    if platform.libc_ver()[0] == "glibc":
        for option in (-1, -3):  # M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
            ctypes.CDLL(None).mallopt(option, 1 << 30)


def measured(epoch: Callable[[], float], examples: int, epochs: int) -> dict[str, Any]:
    """Time some epochs, by the clock and by the processor time of all threads."""
    began, busy = time.perf_counter(), time.process_time()
    losses = [epoch() for _ in range(epochs)]
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    return {
        "examples_per_second": epochs * examples / seconds,
        "examples_per_cpu_second": epochs * examples / busy,
        "loss": losses[-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("loop", choices=["ordinary", "tuned", "keras"])
    parser.add_argument("--model", choices=["mlp", "cnn"], required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    given = parser.parse_args()
    loop = {"ordinary": ordinary, "tuned": tuned, "keras": keras}[given.loop]
    json.dump(loop(given.model, given.batch, given.data, given.epochs), sys.stdout)


if __name__ == "__main__":
    main()
