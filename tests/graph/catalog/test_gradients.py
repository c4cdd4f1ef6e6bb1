"""Through which kinds a gradient flows: what entries say, on which rules about training rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from torch import Tensor

from graph import catalog
from tests.graph.catalog.case import Case
from tests.graph.catalog.test_every_entry import ALL, _resolved, _run_code

#: Torch says so where its faster kernel does not apply; the numbers are the same.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported")
#: Its code is a network's or the generator's own.
_OTHER = frozenset(name for name, kind in catalog.entries().items() if kind.takes_network)


def _floats(case: Case) -> list[str]:
    return [name for name, tensor in case.inputs.items() if tensor.is_floating_point()]


def _cases() -> list[Any]:
    """All that some floating-point tensor goes into, and of which every output is used."""
    return [
        pytest.param(name, case, id=f"{name}[{case.label}]" if case.label else name)
        for name, several in ALL.items()
        for case in several
        if name not in _OTHER and _floats(case) and case.wanted is None
    ]


@pytest.mark.parametrize(("name", "case"), _cases())
def test_a_gradient_flows_where_the_entry_says_so(name: str, case: Case) -> None:
    kind, args = _resolved(name, case)
    flows = False
    for port in _floats(case):  # one by one: some take no gradient for their target
        tensors = {**case.inputs, port: case.inputs[port].detach().requires_grad_()}
        try:
            found = _run_code(kind, replace(case, inputs=tensors), args)
        except RuntimeError as error:
            if "not differentiable with respect to" not in str(error):
                raise
            continue
        flows |= any(value.requires_grad for value in found.values() if isinstance(value, Tensor))
    assert flows != kind.blocks_gradient(args)
