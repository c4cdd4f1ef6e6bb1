"""Sounds: files by class, resampled, as waves or mel spectrograms. Exported as they stand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from runtime.data.folders import list_by_class

__all__ = [
    "ENDINGS_OF_SOUNDS",
    "list_sounds",
    "log_mel",
    "mel_filters",
    "read_log_mels",
    "read_sound",
    "read_sounds",
    "resample",
]


#: Of the files that are taken for sounds.
ENDINGS_OF_SOUNDS = (".wav", ".flac", ".ogg")


def list_sounds(folder: str | Path) -> tuple[list[Path], list[str], np.ndarray]:
    """Return the sounds in a folder of classes, the class of each and its part."""
    return list_by_class(folder, ENDINGS_OF_SOUNDS, "sounds")


def resample(wave: np.ndarray, found: int, rate: int) -> np.ndarray:
    """Return a wave (S,) of `found` samples per second with `rate` of them.

    By a polyphase filter (scipy.signal.resample_poly), so that nothing above half the
    lower rate is folded down.
    """
    from scipy.signal import resample_poly

    shared = math.gcd(found, rate)
    if found == rate:
        return wave
    made: np.ndarray = resample_poly(wave, rate // shared, found // shared)
    return made.astype(np.float32)


def read_sound(file: str | Path, rate: int, length: int) -> np.ndarray:
    """Return the start of a sound as (1, length) float32, at `rate` samples per second.

    Channels are averaged; a shorter sound is followed by silence.
    """
    import soundfile

    try:
        with soundfile.SoundFile(file) as sound:
            found = sound.samplerate
            if not 1000 <= found <= 384_000:
                wanted = "expected 1,000 to 384,000"
                raise ValueError(f"{found} samples per second, {wanted}")
            # One second more than needed: the filter looks ahead.
            most = math.ceil(length / rate * found) + found
            channels = sound.read(most, dtype="float32", always_2d=True)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: not a readable sound ({error})") from error
    if not len(channels):
        raise ValueError(f"{file}: the sound is empty. Remove the file")
    if not np.isfinite(channels).all():
        raise ValueError(f"{file}: the sound holds NaN or infinity. Remove the file")
    wave = resample(channels.mean(axis=1), found, rate)[:length]
    return np.pad(wave, (0, length - len(wave)))[None]


def read_sounds(files: Sequence[Path], rate: int, length: int) -> np.ndarray:
    """Return the starts of sounds as (N, 1, length) float32."""
    waves = np.empty((len(files), 1, length), dtype=np.float32)
    for place, file in enumerate(files):
        waves[place] = read_sound(file, rate, length)
    return waves


def mel_filters(rate: int, frame: int, mels: int) -> np.ndarray:
    """Return triangles that overlap by half, even on the mel scale: (mels, frame // 2 + 1).

    They reach from 0 to rate / 2 Hz; mel(f) = 2595 log10(1 + f / 700) (D. O'Shaughnessy,
    Speech Communication, 1987; as HTK and torchaudio's default have it).
    """
    top = 2595 * np.log10(1 + rate / 2 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, mels + 2) / 2595) - 1)
    frequencies = np.linspace(0, rate / 2, frame // 2 + 1)
    rising = (frequencies - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - frequencies) / np.diff(corners)[1:, None]
    return np.maximum(0, np.minimum(rising, falling)).astype(np.float32)


def log_mel(
    waves: np.ndarray,
    rate: int,
    frame: int,
    hop: int,
    mels: int,
) -> np.ndarray:
    """Return log mel spectrograms of waves (N, 1, S): (N, 1, mels, S // hop + 1).

    ln(energy + 1e-6), where the energy in a band is the sum of the squared magnitudes of
    the short-time Fourier transform (Hann window of `frame` samples, every `hop` samples)
    times the band's triangle.
    """
    filters = mel_filters(rate, frame, mels)
    window = torch.hann_window(frame)
    made = np.empty((len(waves), 1, mels, waves.shape[2] // hop + 1), dtype=np.float32)
    for place, wave in enumerate(waves):
        signal = torch.from_numpy(wave[0])
        spectrum = torch.stft(signal, frame, hop, window=window, return_complex=True)
        # Not by a matrix product: its last bit would depend on the number of threads.
        energy = np.einsum("mf,ft->mt", filters, spectrum.abs().square().numpy())
        made[place, 0] = np.log(energy + np.float32(1e-6))
    return made


def read_log_mels(
    files: Sequence[Path],
    rate: int,
    length: int,
    frame: int,
    hop: int,
    mels: int,
) -> np.ndarray:
    """Return log mel spectrograms of the starts of sounds: (N, 1, mels, frames)."""
    made = [
        log_mel(read_sound(file, rate, length)[None], rate, frame, hop, mels)
        for file in files
    ]
    return np.concatenate(made)
