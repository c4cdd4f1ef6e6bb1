"""A run of tensor operations, noted and turned into a program that runs without Python.

A :class:`Recorder` sees every operation below autograd; a :class:`Program` is that list as a
TorchScript graph, made node by node. Its optimizations are left off, so that the same kernels run
in the same order as when the list was noted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

__all__ = ["Operation", "Program", "Recorder", "UnrecordableError", "tensors_in"]

#: Bytes of intermediate results above which nothing is recorded: all of them are held until the
#: program is made, and Python's share of such a step is small.
_MOST_RESULTS = 2**29

#: Arguments of fused optimizer kernels that may change during a run, and where their values are.
_LIVE: Mapping[str, Callable[[Mapping[str, Any]], float]] = {
    "lr": lambda group: float(group["lr"]),
    "beta1": lambda group: float(group["betas"][0]),
    "momentum": lambda group: float(group["momentum"]),
}
_LIVE_KEYS = frozenset({"lr", "betas", "momentum"})

#: How TorchScript numbers memory formats.
_MEMORY_FORMATS = {
    torch.contiguous_format: 0,
    torch.preserve_format: 1,
    torch.channels_last: 2,
    torch.channels_last_3d: 3,
}


class UnrecordableError(Exception):
    """An operation cannot be replayed."""


@dataclass(frozen=True)
class Operation:
    """One call of an operator, with everything that went in and came out."""

    function: Any
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    results: tuple[Any, ...]


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes every operation while it is active.

    Raises UnrecordableError, from within the operation, where a value leaves the tensors: Python
    would decide something by it. It may where the value is the same in every step, as it is made of
    nothing but constants: ``nn.TransformerEncoder`` looks in this way whether a mask is causal.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations: list[Operation] = []
        self._bytes = 0
        self._constant: set[int] = set()  # storages; what is noted keeps them from being reused

    def __torch_dispatch__(
        self, function: Any, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        found = function(*args, **kwargs)
        if function.namespace == "profiler":
            return found
        if function.namespace != "aten":
            raise UnrecordableError(f"{function} is not one of PyTorch's own operations")
        results = found if isinstance(found, tuple) else (found,)
        results = () if not function._schema.returns else results
        made = list(tensors_in(results))
        if function is torch.ops.aten._local_scalar_dense.default and self._is_constant(args[0]):
            return found
        if not made and results:
            raise UnrecordableError(f"{function} gives {type(found).__name__}, not tensors")
        self._bytes += sum(tensor.nbytes for tensor in made)
        if self._bytes > _MOST_RESULTS:
            raise UnrecordableError("it has too large intermediate results")
        operation = Operation(function, args, kwargs, results)
        self.operations.append(operation)
        self._follow(operation, made)
        return found

    def _is_constant(self, tensor: Tensor) -> bool:
        return _storage(tensor) in self._constant

    def _follow(self, operation: Operation, made: Iterable[Tensor]) -> None:
        """Note whether what an operation has made or changed is the same in every step."""
        function, kwargs = operation.function, operation.kwargs
        given = list(tensors_in((operation.args, tuple(kwargs.values()))))
        name: str = function._schema.name
        same = torch.Tag.nondeterministic_seeded not in function.tags and "empty" not in name
        if same and all(self._is_constant(tensor) for tensor in given):
            self._constant.update(_storage(tensor) for tensor in made if tensor.nbytes)
        elif function._schema.is_mutable:
            self._constant.difference_update(_storage(tensor) for tensor in given)


class Program:
    """Recorded operations as a function of their inputs.

    Parameters
    ----------
    inputs
        The tensors among the arguments that may be others in each run.
    results
        The tensors to return.
    group
        The optimizer's settings, of which some are read anew in each run: those of ``lr``,
        ``beta1`` and ``momentum`` that a fused kernel takes.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        inputs: Sequence[Tensor],
        results: Sequence[Tensor],
        group: Mapping[str, Any],
    ) -> None:
        writer = _Writer(operations, inputs, group)
        #: What the operations use that is neither input nor result: weights, optimizer state.
        self.outside = writer.outside
        self._live = [_LIVE[name] for name in writer.live]
        loose = {"params", *(_LIVE_KEYS if writer.live else ())}
        self._fixed = itemgetter(*(key for key in group if key not in loose))
        self._settings = self._fixed(group)
        self._function = writer.finish(results)

    def fits(self, group: Mapping[str, Any]) -> bool:
        """Whether the optimizer's settings are those that the program was made for."""
        return bool(self._fixed(group) == self._settings)

    def run(self, inputs: Sequence[Tensor], group: Mapping[str, Any]) -> tuple[Tensor, ...]:
        """Run it; return the results."""
        # The flag belongs to the thread. With it, addmm would be taken apart, for one. Some kernels
        # look whether gradients are wanted, so only autograd is left out, not its mode.
        torch._C._set_graph_executor_optimize(False)
        with torch._C._AutoDispatchBelowAutograd():
            return self._function(*inputs, *(read(group) for read in self._live), *self.outside)


class _Writer:
    """Writes operations into a TorchScript graph."""

    def __init__(
        self, operations: Sequence[Operation], inputs: Sequence[Tensor], group: Mapping[str, Any]
    ) -> None:
        self._graph = torch._C.Graph()
        self._values: dict[int, Any] = {}
        self._group = group
        self._inputs = inputs
        for tensor in inputs:
            self._values[id(tensor)] = self._graph.addInput()
        self.live = self._find_live(operations)
        self._numbers = {}
        for name in self.live:
            self._numbers[name] = self._graph.addInput()
            self._numbers[name].setType(torch._C.FloatType.get())
        self.outside = self._find_outside(operations)
        for tensor in self.outside:
            self._values[id(tensor)] = self._graph.addInput()
        for operation in operations:
            self._write(operation)

    def finish(self, results: Sequence[Tensor]) -> Callable[..., tuple[Tensor, ...]]:
        """Return the function of (inputs, live numbers, tensors from outside)."""
        node = self._graph.create("prim::TupleConstruct", [self._values[id(t)] for t in results], 1)
        self._graph.appendNode(node)
        node.output().setType(torch._C.TupleType([torch._C.TensorType.get() for _ in results]))
        self._graph.registerOutput(node.output())
        self._graph.lint()
        made: Callable[..., tuple[Tensor, ...]]
        made = torch._C._create_function_from_graph("step", self._graph)
        return made

    def _find_live(self, operations: Sequence[Operation]) -> list[str]:
        """Return the arguments of fused kernels that are to be read anew in each run."""
        fused = [o.kwargs for o in operations if _is_fused(o)]
        return [
            name
            for name, read in _LIVE.items()
            if fused
            and all(name in kwargs and kwargs[name] == read(self._group) for kwargs in fused)
        ]

    def _find_outside(self, operations: Sequence[Operation]) -> list[Tensor]:
        """Return the tensors that come from outside; refuse views of results that came unseen."""
        outside: list[Tensor] = []
        known = set(self._values)
        theirs, ours = set[int](), {_storage(tensor) for tensor in self._inputs}
        for operation in operations:
            for tensor in tensors_in((operation.args, tuple(operation.kwargs.values()))):
                if id(tensor) in known:
                    continue
                if tensor.nbytes and _storage(tensor) in ours:
                    raise UnrecordableError(f"{operation.function} takes an unknown view")
                outside.append(tensor)
                known.add(id(tensor))
                theirs.add(_storage(tensor))
            results = list(tensors_in(operation.results))
            known.update(id(tensor) for tensor in results)
            ours.update({_storage(tensor) for tensor in results} - theirs)
        return outside

    def _write(self, operation: Operation) -> None:
        function = operation.function
        if function is torch.ops.aten.detach.default:
            # Without autograd it is the very tensor.
            self._values[id(operation.results[0])] = self._values[id(operation.args[0])]
            return
        values = list(self._arguments(operation))
        if function is torch.ops.aten.lift_fresh.default:
            # A constant: what is done to it in place must not last until the next run.
            function = torch.ops.aten.lift_fresh_copy.default
            del self._values[id(operation.results[0])]
        schema = function._schema
        node = self._graph.create(schema.name, values, len(schema.returns))
        self._graph.appendNode(node)
        for result, value, returned in zip(
            operation.results, node.outputs(), schema.returns, strict=True
        ):
            value.setType(returned.type)
            self._note(result, value)
        if str(node.schema()) != str(schema) and not _is_scalar_form(operation, node.schema()):
            raise UnrecordableError(f"{schema} became {node.schema()}")

    def _arguments(self, operation: Operation) -> Iterator[Any]:
        """Yield an operation's arguments as values of the graph, in the schema's order."""
        live = self._numbers if _is_fused(operation) else {}
        for i, argument in enumerate(operation.function._schema.arguments):
            if i < len(operation.args):
                yield self._value(operation.args[i], argument.type)
            elif argument.name in live:
                yield live[argument.name]
            else:
                given = operation.kwargs.get(argument.name, argument.default_value)
                yield self._value(given, argument.type)

    def _note(self, result: Any, value: Any) -> None:
        """Remember which value of the graph a result is."""
        if isinstance(result, Tensor):
            self._values.setdefault(id(result), value)
        elif isinstance(result, list):
            node = self._graph.create("prim::ListUnpack", [value], len(result))
            self._graph.appendNode(node)
            for one, output in zip(result, node.outputs(), strict=True):
                output.setType(torch._C.TensorType.get())
                self._note(one, output)
        elif result is not None:
            raise UnrecordableError(f"a result is of type {type(result).__name__}")

    def _value(self, given: Any, kind: Any) -> Any:
        """Return an argument as a value of the graph."""
        if isinstance(given, Tensor):
            return self._values[id(given)]
        if isinstance(given, list | tuple):
            listed = kind.getElementType() if isinstance(kind, torch._C.OptionalType) else kind
            element = listed.getElementType()
            parts = [self._value(one, element) for one in given]
            node = self._graph.create("prim::ListConstruct", parts, 1)
            self._graph.appendNode(node)
            node.output().setType(listed)
            return node.output()
        if isinstance(given, torch.memory_format):
            given = _MEMORY_FORMATS[given]
        if isinstance(given, int) and isinstance(kind, torch._C.FloatType):
            given = float(given)
        return self._graph.insertConstant(given)  # type: ignore[attr-defined]


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors in nested lists and tuples."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)


def _is_fused(operation: Operation) -> bool:
    name: str = operation.function._schema.name
    return name.startswith("aten::_fused_")


def _is_scalar_form(operation: Operation, schema: str) -> bool:
    """Whether a schema is an operation's overload for a number, and that is what it was given."""
    number = any(
        isinstance(given, int | float) and isinstance(argument.type, torch._C.TensorType)
        for given, argument in zip(
            operation.args, operation.function._schema.arguments, strict=False
        )
    )
    return number and schema.startswith(f"{operation.function._schema.name}.Scalar(")


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
