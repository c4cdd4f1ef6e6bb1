"""The exported ``train.py``: the training graph's functions and a loop that reads top to bottom.

The loop does what :mod:`runtime.trainer` does, in the same order, so that both give the same
numbers for the same seed on the CPU.
"""

from __future__ import annotations

import ast
import inspect
from dataclasses import dataclass

from graph.catalog.writing import literal
from graph.codegen.meter import Mean
from graph.codegen.names import class_name
from graph.codegen.parts import FunctionCode, StepCode, TrainingCode
from graph.codegen.source import WIDTH, Source, Writer
from graph.settings import RunSettings

__all__ = ["EVALUATION_BATCH", "Facts", "used_names", "write_script"]

#: Examples per batch in validation and test, where no gradients are kept.
EVALUATION_BATCH = 256


@dataclass(frozen=True)
class Facts:
    """What the script needs to know besides the training graph."""

    settings: RunSettings
    #: CPU threads to use.
    threads: int
    #: Whether networks are kept in the memory format that convolutions prefer.
    channels_last: bool
    #: Whether there are examples for validation and for a test.
    has_validation: bool
    has_test: bool
    #: Whether columns are read from files while training, ahead of the batches that come next.
    reads_ahead: bool = False


def used_names(text: str) -> set[str]:
    """Return every plain name that a piece of source mentions."""
    return {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}


def write_script(code: TrainingCode, facts: Facts) -> Source:
    """Return the text of ``train.py``."""
    return _ScriptWriter(code, facts).write()


class _ScriptWriter:
    def __init__(self, code: TrainingCode, facts: Facts) -> None:
        self.code = code
        self.facts = facts
        self.out = Writer()
        self.watched = code.watched(facts.settings, validated=facts.has_validation)
        self.best = "best_loss" if self.watched[0] in code.evaluate.losses else "best_value"
        averages = tuple(average.name for average in code.averages)
        self.variables = (*code.variables.values(), *averages)
        #: What is told when training begins and ends: networks and modules with a mode.
        self.with_mode = (*self.variables, *code.with_mode)

    def write(self) -> Source:
        self._write_head()
        self._write_constants()
        self.out.line()
        self.out.line()
        self.out.block(inspect.getsource(Mean))
        self.out.line()
        self.out.line()
        self._copy(self.code.source)
        self._write_evaluation()
        self._write_main()
        self.out.line()
        self.out.line()
        self.out.line('if __name__ == "__main__":')
        self.out.line("main()", 1)
        return self.out.source()

    def _copy(self, source: Source) -> None:
        """Add source, without empty lines at its ends."""
        lines = list(zip(source.text.rstrip("\n").split("\n"), source.nodes, strict=False))
        first = next((i for i, (text, _) in enumerate(lines) if text), 0)
        for text, node in lines[first:]:
            self.out.line(text, 0, node)

    def _write_head(self) -> None:
        used = used_names(self.code.source.text)
        self.out.line('"""Trains the networks of model.py on the data of data.py."""')
        self.out.line()
        modules = [*(["copy"] if self._keeps_best else []), *(["math"] if "math" in used else [])]
        for module in modules:
            self.out.line(f"import {module}")
        if modules:
            self.out.line()
        self.out.line("import torch")
        if "F" in used:
            self.out.line("import torch.nn.functional as F")
        self.out.line("from torch import Tensor, nn")
        if self.code.averages:
            self.out.line("from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn")
        self.out.line()
        loads = "Streamed, load_data, read_ahead" if self.facts.reads_ahead else "load_data"
        self.out.line(f"from data import {loads}")
        classes = sorted(class_name(name) for name in self.code.networks)
        whole = f"from model import {', '.join(classes)}"
        if len(whole) <= WIDTH:
            self.out.line(whole)
        else:
            self.out.line("from model import (")
            for name in classes:
                self.out.line(f"{name},", 1)
            self.out.line(")")
        self.out.line()

    def _write_constants(self) -> None:
        settings, out = self.facts.settings, self.out
        out.line(f"SEED = {settings.seed}")
        out.line(f"EPOCHS = {settings.epochs}")
        out.line(f"BATCH_SIZE = {settings.batch_size}")
        out.line(f"EVALUATION_BATCH_SIZE = {EVALUATION_BATCH}")
        if settings.early_stopping is not None:
            out.line(f"PATIENCE = {settings.early_stopping}")
        if settings.device == "auto":
            out.line('DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")')
        else:
            out.line(f'DEVICE = torch.device("{settings.device}")')
        out.line("# Sums are rounded in another order with another number of threads.")
        out.line(f"THREADS = {self.facts.threads}")

    # -- evaluation -----------------------------------------------------------------------------

    def _write_evaluation(self) -> None:
        out, function = self.out, self.code.evaluate
        out.line()
        out.line()
        column = "Tensor | Streamed" if self.facts.reads_ahead else "Tensor"
        arguments = ["indices: Tensor", f"columns: dict[str, {column}]"]
        arguments += [f"{name}: nn.Module" for name in self.variables]
        out.statement("def measure", f"({', '.join(arguments)})", 0, after=" -> dict[str, float]:")
        out.line('"""Return mean losses and metrics over the examples at `indices`."""', 1)
        for name in self.with_mode:
            out.line(f"{name}.eval()", 1)
        self._write_new_means(1, function.losses, metrics=True)
        out.line("with torch.no_grad():", 1)
        out.line(f"for batch in {self._ahead('indices.split(EVALUATION_BATCH_SIZE)')}:", 2)
        self._write_batch(3, function.columns)
        out.statement("losses = ", self._call(function), 3)
        out.line("for name, value in losses.items():", 3)
        out.line("means[name].update(value, len(batch))", 4)
        out.line("return results(means)", 1)
        out.line()
        out.line()
        out.line("def results(means: dict[str, Mean]) -> dict[str, float]:")
        out.line('"""Return what was measured since the last reset, by name."""', 1)
        out.line("found = {name: mean.compute() for name, mean in means.items()}", 1)
        for metric in self.code.metrics:
            out.statement(f'found["{metric.name}"] = ', f"{metric.name}.compute()", 1)
        out.line("return found", 1)

    def _write_new_means(self, indent: int, losses: tuple[str, ...], *, metrics: bool) -> None:
        pairs = ", ".join(f'"{name}": Mean()' for name in losses)
        self.out.statement("means = ", f"{{{pairs}}}", indent)
        for metric in self.code.metrics if metrics else ():
            self.out.line(f"{metric.name}.reset()", indent)

    def _ahead(self, batches: str) -> str:
        """Return the expression of batches that are read ahead, where columns are streamed."""
        return f"read_ahead(columns, {batches})" if self.facts.reads_ahead else batches

    def _write_batch(self, indent: int, columns: tuple[str, ...]) -> None:
        for port in columns:
            before, key = f"{self.code.columns[port]} = ", literal(port)
            first = f"{before}columns[{key}].index_select("
            if 4 * indent + len(first) <= WIDTH:
                self.out.statement(before, f"columns[{key}].index_select(0, batch)", indent)
            else:
                self.out.line(f"{before}columns[", indent)
                self.out.line(key, indent + 1)
                self.out.line("].index_select(0, batch)", indent)

    def _call(self, function: FunctionCode) -> str:
        columns = [self.code.columns[port] for port in function.columns]
        networks = [self.code.variables[name] for name in function.networks]
        return f"{function.name}({', '.join([*networks, *function.averages, *columns])})"

    def _parameters(self, step: StepCode) -> str:
        names = [self.code.variables[name] for name in step.networks]
        if len(names) == 1:
            return f"{names[0]}.parameters()"
        return f"[{', '.join(f'*{name}.parameters()' for name in names)}]"

    # -- main -------------------------------------------------------------------------------------

    def _write_main(self) -> None:
        out = self.out
        out.line()
        out.line()
        out.line("def main() -> None:")
        out.line("torch.set_num_threads(THREADS)", 1)
        out.line("torch.set_flush_denormal(True)", 1)
        out.line("columns, train, validation, test = load_data()", 1)
        out.line("columns = {name: column.to(DEVICE) for name, column in columns.items()}", 1)
        parts = "(part.to(DEVICE) for part in (train, validation, test))"
        out.line(f"train, validation, test = {parts}", 1)
        out.line()
        self._write_setup()
        out.line("for epoch in range(1, EPOCHS + 1):", 1)
        self._write_epoch()
        self._write_end()

    def _write_setup(self) -> None:
        out = self.out
        out.line("torch.manual_seed(SEED)", 1)
        moved = (
            "DEVICE, memory_format=torch.channels_last" if self.facts.channels_last else "DEVICE"
        )
        for name, variable in self.code.variables.items():
            out.statement(f"{variable} = ", f"{class_name(name)}().to({moved})", 1)
        for average in self.code.averages:
            made = average.text(self.code.variables[average.network])
            out.statement(f"{average.name} = ", made, 1)
            if average.frozen:
                out.line(f"{average.name}.requires_grad_(False)", 1)
        for name in self.code.with_tensors:
            out.line(f"{name}.to(DEVICE)", 1)
        for step in self.code.steps:
            out.statement(f"{step.name} = ", step.text(self._parameters(step)), 1)
            for schedule in step.schedules:
                made = schedule.text(step.name, "EPOCHS", _steps(step))
                out.statement(f"{schedule.name} = ", made, 1)
        if self.facts.settings.shuffle:
            out.line("shuffle = torch.Generator().manual_seed(SEED)", 1)
        if self._keeps_best:
            worst = '-float("inf")' if self.watched[1] else 'float("inf")'
            out.line(f"{self.best}, best_epoch, best = {worst}, 0, {{}}", 1)
        out.line()

    @property
    def _keeps_best(self) -> bool:
        return self.facts.settings.early_stopping is not None

    def _write_epoch(self) -> None:
        out = self.out
        for name in self.with_mode:
            out.line(f"{name}.train()", 2)
        losses = tuple(dict.fromkeys(n for step in self.code.steps for n in step.function.losses))
        self._write_new_means(2, losses, metrics=self.code.metrics_in_steps)
        if self.facts.settings.shuffle:
            out.line("order = torch.randperm(len(train), generator=shuffle).to(DEVICE)", 2)
            batches = self._ahead("train[order].split(BATCH_SIZE)")
        else:
            batches = self._ahead("train.split(BATCH_SIZE)")
        counted = any(step.every > 1 for step in self.code.steps)
        if counted:
            out.line(f"for step, batch in enumerate({batches}):", 2)
        else:
            out.line(f"for batch in {batches}:", 2)
        columns = dict.fromkeys(c for step in self.code.steps for c in step.function.columns)
        self._write_batch(3, tuple(columns))
        for i, step in enumerate(self.code.steps):
            if i:
                out.line()
            self._write_step(step)
        self._write_report()

    def _write_step(self, step: StepCode) -> None:
        out, indent = self.out, 3
        if step.every > 1:
            out.line(f"if step % {step.every} == 0:", indent)
            indent += 1
        out.statement("losses = ", self._call(step.function), indent)
        out.line(f"{step.name}.zero_grad()", indent)
        out.line(f'losses["{step.function.losses[0]}"].backward()', indent)
        for clip, limit in (("value", step.clip_value), ("norm", step.clip_norm)):
            if limit is not None:
                call = f"nn.utils.clip_grad_{clip}_({self._parameters(step)}, {limit})"
                out.statement("", call, indent)
        out.line(f"{step.name}.step()", indent)
        for average in step.averages:
            network = self.code.variables[average.network]
            out.statement("", f"{average.name}.update_parameters({network})", indent)
        for schedule in step.schedules:
            if schedule.per == "batch":
                out.line(f"{schedule.name}.step()", indent)
        out.line("for name, value in losses.items():", indent)
        out.line("means[name].update(value, len(batch))", indent + 1)

    def _write_report(self) -> None:
        out = self.out
        nets = ", ".join(self.variables)
        if self.code.metrics_in_steps:
            each = "value for name, value in results(means).items()"
        else:
            each = "mean.compute() for name, mean in means.items()"
        out.line(f'report = {{f"train {{name}}": {each}}}', 2)
        if self.facts.has_validation:
            out.statement("validated = ", f"measure(validation, columns, {nets})", 2)
            out.line("for name, value in validated.items():", 2)
            out.line('report[f"validation {name}"] = value', 3)
        out.line('text = ", ".join(f"{name} {value!r}" for name, value in report.items())', 2)
        out.line('print(f"epoch {epoch}/{EPOCHS}: {text}", flush=True)', 2)
        for step in self.code.steps:
            for schedule in step.schedules:
                if schedule.per == "epoch":
                    given = self._watched(step.function) if schedule.takes_loss else ""
                    out.statement("", f"{schedule.name}.step({given})", 2)
        if self._keeps_best:
            part = "validation" if self.facts.has_validation else "train"
            self._write_early_stopping(f'report["{part} {self.watched[0]}"]')

    def _watched(self, function: FunctionCode) -> str:
        """Return the expression of an epoch's value of what a function is minimised by."""
        part = "validation" if self.facts.has_validation else "train"
        return f'report["{part} {function.losses[0]}"]'

    def _write_early_stopping(self, watched: str) -> None:
        out = self.out
        out.line(f"if {watched} {'>' if self.watched[1] else '<'} {self.best}:", 2)
        out.line(f"{self.best} = {watched}", 3)
        out.line("best_epoch = epoch", 3)
        for name in self.variables:
            out.statement(f'best["{name}"] = ', f"copy.deepcopy({name}.state_dict())", 3)
        out.line("elif epoch - best_epoch >= PATIENCE:", 2)
        out.line("break", 3)

    def _write_end(self) -> None:
        out = self.out
        out.line()
        if self._keeps_best:
            out.line("if best:", 1)
            for name in self.variables:
                out.statement("", f'{name}.load_state_dict(best["{name}"])', 2)
        if self.facts.has_test:
            nets = ", ".join(self.variables)
            out.statement("tested = ", f"measure(test, columns, {nets})", 1)
            out.line('text = ", ".join(f"{name} {value!r}" for name, value in tested.items())', 1)
            out.line('print(f"test: {text}")', 1)
        for name, variable in self.code.variables.items():
            out.statement("", f'torch.save({variable}.state_dict(), "{name}.pt")', 1)
        for average in self.code.averages:
            weights = f"{average.name}.module.state_dict()"
            out.statement("", f'torch.save({weights}, "{average.name}.pt")', 1)


def _steps(step: StepCode) -> str:
    """Return the expression for the steps of an optimizer over the whole run."""
    batches = "-(-len(train) // BATCH_SIZE)"
    return f"EPOCHS * ({batches} // {step.every} + 1)" if step.every > 1 else f"EPOCHS * {batches}"
