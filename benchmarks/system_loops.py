"""Five systems as a PyTorch user and as a Keras user write them, each run in a process of its own.

``python system_loops.py ordinary|keras --system gpt --data FILE.npz --batch 8 --epochs 2`` trains
on the arrays of a file and prints one JSON object, as loops.py does. The networks are made of the
layers that the projects in systems.py have, in Keras of those that come nearest. Needs numpy and
PyTorch, or numpy, TensorFlow and Keras; nothing of Torchloom.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from loops import measured

Arrays = dict[str, "np.ndarray[Any, Any]"]


# -- PyTorch --------------------------------------------------------------------------------------


def ordinary(system: str, arrays: Arrays, batch: int, epochs: int, threads: int) -> dict[str, Any]:
    """The loop that a PyTorch user writes: DataLoader, Adam as it is, ``loss.item()`` summed up."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(0)
    data = TensorDataset(*(torch.from_numpy(array) for array in arrays.values()))
    loader = DataLoader(data, batch_size=batch, shuffle=True)
    sizes = [int(array.max()) + 1 for array in arrays.values()]  # of vocabularies
    step = torch_gan() if system == "gan" else torch_step(system, sizes)

    def epoch() -> float:
        return sum(step(*columns) for columns in loader) / len(loader)

    return {**measured(epoch, len(data), epochs), "threads": torch.get_num_threads()}


def torch_step(system: str, sizes: list[int]) -> Callable[..., float]:
    """Return what takes a step of one network and returns the loss."""
    import torch
    from torch.nn import functional

    network = torch_network(system, sizes)
    network.train()
    choose = torch.optim.AdamW if system == "gpt" else torch.optim.Adam
    optimizer = choose(network.parameters(), lr=2e-3 if system == "tagger" else 1e-3)

    def loss_of(*columns: torch.Tensor) -> torch.Tensor:
        if system == "gpt":
            (text,) = columns
            logits = network(text[:, :-1])
            return functional.cross_entropy(logits.transpose(1, 2), text[:, 1:], ignore_index=0)
        if system == "tagger":
            words, marks = columns
            return functional.cross_entropy(network(words).transpose(1, 2), marks, ignore_index=0)
        return functional.mse_loss(network(columns[0]), columns[-1])

    def step(*columns: torch.Tensor) -> float:
        optimizer.zero_grad()
        loss = loss_of(*columns)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def torch_network(system: str, sizes: list[int]) -> Any:
    """Return the network of a system, as in the project."""
    import torch
    from torch import nn

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(sizes[0], 64, padding_idx=0)
            self.dropout = nn.Dropout(0.3)
            self.gru = nn.GRU(64, 64, batch_first=True, bidirectional=True)
            self.head = nn.Linear(128, sizes[-1])

        def forward(self, words: torch.Tensor) -> torch.Tensor:
            x, _ = self.gru(self.dropout(self.embedding(words)))
            return self.head(x)

    class Lstm(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstms = nn.ModuleList(nn.LSTM(n, 64, batch_first=True) for n in (1, 64, 64))
            self.head = nn.Linear(64, 1)

        def forward(self, rows: torch.Tensor) -> torch.Tensor:
            x = rows
            for lstm in self.lstms:
                x, _ = lstm(x)
            return self.head(x[:, -1])

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(96), nn.LayerNorm(96)
            self.attention = nn.MultiheadAttention(96, 4, dropout=0.1, batch_first=True)
            self.dropout = nn.Dropout(0.1)
            layers = (nn.Linear(96, 384), nn.GELU(), nn.Linear(384, 96), nn.Dropout(0.1))
            self.mlp = nn.Sequential(*layers)

        def forward(self, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
            y = self.norm1(x)
            y, _ = self.attention(y, y, y, attn_mask=mask, need_weights=False)
            x = x + self.dropout(y)
            return x + self.mlp(self.norm2(x))

    class Gpt(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(sizes[0], 96)
            self.positions = nn.Parameter(0.02 * torch.randn(64, 96))
            self.blocks = nn.ModuleList(Block() for _ in range(3))
            self.norm = nn.LayerNorm(96)
            self.head = nn.Linear(96, sizes[0])

        def forward(self, tokens: torch.Tensor) -> torch.Tensor:
            x = self.embedding(tokens) + self.positions
            mask = nn.Transformer.generate_square_subsequent_mask(tokens.shape[1])
            for block in self.blocks:
                x = block(x, mask)
            return self.head(self.norm(x))

    if system == "autoencoder":
        return nn.Sequential(
            *(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 32)),
            *(nn.Linear(32, 128), nn.ReLU(), nn.Linear(128, 784), nn.Sigmoid()),
            nn.Unflatten(1, (1, 28, 28)),
        )
    return {"tagger": Tagger, "lstm": Lstm, "gpt": Gpt}[system]()


def torch_gan() -> Callable[..., float]:
    """Return what takes a step of the discriminator and one of the generator."""
    import torch
    from torch import nn
    from torch.nn import functional

    generator = nn.Sequential(
        *(nn.Linear(32, 128), nn.BatchNorm1d(128), nn.ReLU()),
        *(nn.Linear(128, 256), nn.BatchNorm1d(256), nn.ReLU()),
        *(nn.Linear(256, 784), nn.Sigmoid(), nn.Unflatten(1, (1, 28, 28))),
    )
    discriminator = nn.Sequential(
        *(nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Dropout(0.3)),
        *(nn.Linear(256, 128), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(128, 1)),
    )
    first, second = (
        torch.optim.Adam(network.parameters(), lr=5e-4, betas=(0.5, 0.999))
        for network in (discriminator, generator)
    )

    def step(image: torch.Tensor) -> float:
        first.zero_grad()
        fake = generator(torch.randn(len(image), 32)).detach()
        loss = (
            functional.softplus(-discriminator(image)).mean()
            + functional.softplus(discriminator(fake)).mean()
        )
        loss.backward()
        first.step()
        second.zero_grad()
        made = functional.softplus(-discriminator(generator(torch.randn(len(image), 32)))).mean()
        made.backward()
        second.step()
        return loss.item() + made.item()

    return step


# -- Keras ----------------------------------------------------------------------------------------


def keras(system: str, arrays: Arrays, batch: int, epochs: int, threads: int) -> dict[str, Any]:
    """The same in Keras 3 on TensorFlow, by ``fit``."""
    os.environ.update(
        KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1"
    )
    import tensorflow

    if threads:
        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(threads)
    import keras

    keras.utils.set_random_seed(0)
    inputs, *targets = arrays.values()
    if system == "gpt":
        inputs, targets = inputs[:, :-1], [inputs[:, 1:]]
    if system == "gan":
        network = keras_gan()
    else:
        network = keras_network(system, [int(array.max()) + 1 for array in arrays.values()])
        choose = keras.optimizers.AdamW if system == "gpt" else keras.optimizers.Adam
        sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
        loss = sparse if system in ("gpt", "tagger") else "mse"
        network.compile(choose(2e-3 if system == "tagger" else 1e-3), loss)
    given = [inputs, *targets] if system != "autoencoder" else [inputs, inputs]
    network.fit(*(array[: 8 * batch] for array in given), batch_size=batch, verbose=0)

    def epoch() -> float:
        done = network.fit(*given, batch_size=batch, epochs=1, verbose=0)
        return float(done.history["loss"][-1])

    return {**measured(epoch, len(inputs), epochs), "threads": threads or os.cpu_count()}


def keras_network(system: str, sizes: list[int]) -> Any:
    """Return the network of a system, as in the project."""
    import keras

    layers = keras.layers
    if system == "tagger":
        body = [
            *(layers.Input((32,), dtype="int32"), layers.Embedding(sizes[0], 64)),
            *(layers.Dropout(0.3), layers.Bidirectional(layers.GRU(64, return_sequences=True))),
            layers.Dense(sizes[-1]),
        ]
    elif system == "lstm":
        stack = [layers.LSTM(64, return_sequences=more) for more in (True, True, False)]
        body = [layers.Input((32, 1)), *stack, layers.Dense(1)]
    elif system == "autoencoder":
        body = [
            *(layers.Input((1, 28, 28)), layers.Flatten(), layers.Dense(128, "relu")),
            *(layers.Dense(32), layers.Dense(128, "relu"), layers.Dense(784, "sigmoid")),
            layers.Reshape((1, 28, 28)),
        ]
    else:
        return keras_gpt(sizes[0])
    return keras.Sequential(body)


def keras_gpt(characters: int) -> Any:
    import keras

    layers = keras.layers
    tokens = layers.Input((64,), dtype="int32")
    places = layers.Embedding(64, 96)(keras.ops.arange(64))
    x = layers.Embedding(characters, 96)(tokens) + places
    for _ in range(3):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.MultiHeadAttention(4, 24, dropout=0.1)(y, y, use_causal_mask=True)
        x = x + layers.Dropout(0.1)(y)
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        x = x + layers.Dropout(0.1)(layers.Dense(96)(layers.Dense(384, "gelu")(y)))
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    return keras.Model(tokens, layers.Dense(characters)(x))


def keras_gan() -> Any:
    """Return a model with a training step of its own, as in Keras's DCGAN example."""
    import keras
    import tensorflow as tf

    layers = keras.layers
    generator = keras.Sequential(
        [
            *(layers.Input((32,)), layers.Dense(128), layers.BatchNormalization(), layers.ReLU()),
            *(layers.Dense(256), layers.BatchNormalization(), layers.ReLU()),
            *(layers.Dense(784, "sigmoid"), layers.Reshape((1, 28, 28))),
        ]
    )
    discriminator = keras.Sequential(
        [
            *(layers.Input((1, 28, 28)), layers.Flatten(), layers.Dense(256)),
            *(layers.LeakyReLU(0.2), layers.Dropout(0.3), layers.Dense(128)),
            *(layers.LeakyReLU(0.2), layers.Dropout(0.3), layers.Dense(1)),
        ]
    )

    class Gan(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.generator, self.discriminator = generator, discriminator
            self.first = keras.optimizers.Adam(5e-4, beta_1=0.5)
            self.second = keras.optimizers.Adam(5e-4, beta_1=0.5)
            self.mean = keras.metrics.Mean(name="loss")

        @property
        def metrics(self) -> list[Any]:
            return [self.mean]

        def train_step(self, image: Any) -> dict[str, Any]:
            noise = tf.random.normal((tf.shape(image)[0], 32))
            fake = self.generator(noise, training=True)
            with tf.GradientTape() as tape:
                real = tf.reduce_mean(tf.nn.softplus(-self.discriminator(image, training=True)))
                made = tf.reduce_mean(tf.nn.softplus(self.discriminator(fake, training=True)))
                loss = real + made
            weights = self.discriminator.trainable_variables
            self.first.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
            noise = tf.random.normal((tf.shape(image)[0], 32))
            with tf.GradientTape() as tape:
                score = self.discriminator(self.generator(noise, training=True), training=True)
                made = tf.reduce_mean(tf.nn.softplus(-score))
            weights = self.generator.trainable_variables
            self.second.apply_gradients(zip(tape.gradient(made, weights), weights, strict=True))
            self.mean.update_state(loss + made)
            return {"loss": self.mean.result()}

    network = Gan()
    network.compile()
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("loop", choices=["ordinary", "keras"])
    parser.add_argument("--system", required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as is the default")
    given = parser.parse_args()
    arrays = dict(np.load(given.data))
    loop = {"ordinary": ordinary, "keras": keras}[given.loop]
    json.dump(loop(given.system, arrays, given.batch, given.epochs, given.threads), sys.stdout)


if __name__ == "__main__":
    main()
