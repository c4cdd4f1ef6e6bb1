"""How good the pictures of a trained generator are, judged by a classifier of real ones.

The `cnn` example learns the very data that the generator learned, and is then shown pictures made
from noise:

- confidence: the mean probability of its favourite class. Pictures of nothing leave it in doubt.
- classes: exp of the entropy of its mean prediction, from 1, where all pictures are taken for one
  class, to the number of classes, where each is as frequent as any other.
- score: both in one number, exp of the mean of KL(p(class | picture) || p(class)), from 1 to the
  number of classes (Salimans et al., Improved Techniques for Training GANs, 2016, section 4).

What is real (the test part) gives the upper bound, a generator before its first step the lower.

    torchloom train dcgan --out runs
    python benchmarks/generated.py runs/dcgan-20260101-1
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from graph import files
from graph.dataspec import DataSpec
from runtime import examples
from runtime.headless import Watcher, train
from runtime.plan import Plan, prepare
from runtime.runs import Run

__all__ = ["Quality", "loaded", "noise_size", "quality", "trained_judge"]

_PICTURES = 1000


@dataclass(frozen=True)
class Quality:
    """What a classifier makes of pictures."""

    confidence: float
    classes: float
    score: float

    def __str__(self) -> str:
        return (
            f"score {self.score:.2f}, confidence {self.confidence:.3f}, classes {self.classes:.2f}"
        )


def trained_judge(data: DataSpec, base: Path, folder: Path, epochs: int | None = None) -> nn.Module:
    """Return the `cnn` example, trained on `data` (its first port a picture, a label beside)."""
    project = files.load(examples.find("cnn").path).project
    project.set_data(data)
    changes = {"threads": torch.get_num_threads(), "epochs": epochs or project.settings.epochs}
    project.set_settings(project.settings.model_copy(update=changes))
    silent = Watcher(lambda progress: None, lambda record: None, lambda note: None)
    outcome = train(project, base, silent, out=folder)
    return loaded(Run.open(outcome.folder), base).networks["classifier"].eval()


def loaded(run: Run, base: Path, which: str = "last") -> Plan:
    """Return what a run trained, with its weights after the last epoch."""
    plan = prepare(run.project(), base)
    saved = run.weights(which)
    for name, network in plan.networks.items():
        network.load_state_dict(saved[name])
    return plan


def judged(judge: nn.Module, pictures: Tensor) -> Quality:
    """Return what `judge`, which gives logits (N, C), makes of pictures (N, ...)."""
    with torch.no_grad():
        chances = torch.cat([judge(part).softmax(dim=1) for part in pictures.split(256)])
    mean = chances.mean(dim=0)
    balance, doubt = _entropy(mean), _entropy(chances).mean()
    return Quality(
        float(chances.amax(dim=1).mean()), float(balance.exp()), float((balance - doubt).exp())
    )


def _entropy(chances: Tensor) -> Tensor:
    """Return the entropy, in nats, of distributions over the last dimension."""
    return -(chances * chances.clamp_min(1e-12).log()).sum(dim=-1)


def quality(judge: nn.Module, generator: nn.Module, size: int, seed: int = 0) -> Quality:
    """Return what `judge` makes of 1,000 pictures from unit normal noise (N, size)."""
    noise = torch.randn(_PICTURES, size, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        pictures = generator.eval()(noise)
    return judged(judge, pictures)


def noise_size(plan: Plan) -> int:
    """Return how many numbers a project's generator makes a picture from."""
    (node,) = plan.project.training.by_kind("Noise")[:1]
    shape = node.params["shape"]
    assert isinstance(shape, tuple)
    return int(shape[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, help="folder of a run with a network called generator")
    parser.add_argument("--epochs", type=int, help="epochs of the classifier; its own if absent")
    options = parser.parse_args()
    torch.set_num_threads(1)
    run = Run.open(options.run)
    base = examples.find("cnn").path.parent
    plan, fresh = loaded(run, base), prepare(run.project(), base)
    with tempfile.TemporaryDirectory() as folder:
        judge = trained_judge(plan.project.data, base, Path(folder), options.epochs)
    print("real pictures:   ", judged(judge, plan.columns["image"][plan.test]))
    print("generated:       ", quality(judge, plan.networks["generator"], noise_size(plan)))
    print("before training: ", quality(judge, fresh.networks["generator"], noise_size(plan)))


if __name__ == "__main__":
    main()
