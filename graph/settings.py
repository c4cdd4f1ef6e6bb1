"""How a project is trained: the settings that are not part of the training graph."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["RunSettings"]


class RunSettings(BaseModel):
    """Settings of a run. What decides the result on the CPU: all but `device` left at ``cpu``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(default=5, ge=1, le=1_000_000)
    batch_size: int = Field(default=32, ge=1, le=1_000_000)
    seed: int = Field(default=0, ge=0, le=2**31 - 1)
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    shuffle: bool = True
    #: Stop after this many epochs without a better watched value; None: never.
    early_stopping: int | None = Field(default=None, ge=1, le=1_000_000)
    #: The loss or metric that says which epoch is the best; empty: the loss of the leftmost
    #: optimizer. It is that of validation, or of training where there is no validation.
    watch: str = Field(default="", max_length=200)
    #: Whether its lowest or highest value is the best; auto: as the metric itself says.
    watch_mode: Literal["auto", "min", "max"] = "auto"
    #: CPU threads; None: chosen from the work in a step, fewer when the machine is busy.
    threads: int | None = Field(default=None, ge=1, le=1024)
    #: Seconds after which a training writes down its state, to go on from there.
    save_seconds: float = Field(default=60.0, ge=0.0, le=1e9, allow_inf_nan=False)
    #: The same after so many batches; None: by time alone.
    save_steps: int | None = Field(default=None, ge=1, le=1_000_000_000)
