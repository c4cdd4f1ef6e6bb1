from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from runtime.data.audio import list_sounds, log_mel, mel_filters, read_sound, read_sounds, resample
from tests.runtime.data.making import tone, write_sounds


def test_classes_are_folders(tmp_path: Path) -> None:
    files, names, parts = list_sounds(write_sounds(tmp_path, count=2))
    assert names == ["high", "high", "low", "low"]
    assert not parts.any()
    assert read_sounds(files, 8000, 4000).shape == (4, 1, 4000)


@pytest.mark.parametrize("ending", ["wav", "flac"])
def test_a_file_is_read_as_it_was_written(tmp_path: Path, ending: str) -> None:
    wave = np.round(tone(440, 8000, 4000) * 32767) / 32768
    soundfile.write(tmp_path / f"a.{ending}", wave, 8000)
    found = read_sound(tmp_path / f"a.{ending}", 8000, 4000)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0], wave.astype(np.float32))


def test_short_sounds_are_padded_long_ones_cut_and_channels_averaged(tmp_path: Path) -> None:
    left, right = tone(440, 8000, 3000), tone(880, 8000, 3000)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], 1), 8000, subtype="FLOAT")
    found = read_sound(tmp_path / "a.wav", 8000, 5000)[0]
    np.testing.assert_allclose(found[:3000], (left + right) / 2, atol=1e-6)
    assert not found[3000:].any()
    np.testing.assert_array_equal(read_sound(tmp_path / "a.wav", 8000, 100)[0], found[:100])


@pytest.mark.parametrize(("found", "rate"), [(44100, 16000), (8000, 16000), (48000, 16000)])
def test_a_tone_keeps_its_pitch_at_another_rate(found: int, rate: int) -> None:
    made = resample(tone(1000, found, found), found, rate)
    assert len(made) == rate
    inner = slice(rate // 10, -rate // 10)  # the ends ring
    np.testing.assert_allclose(made[inner], tone(1000, rate, rate)[inner], atol=2e-3)


def test_what_a_lower_rate_cannot_hold_is_filtered_out() -> None:
    made = resample(tone(7000, 16000, 16000), 16000, 8000)
    assert np.abs(made[500:-500]).max() < 0.01  # without a filter it would appear at 1,000 Hz


def test_a_start_is_resampled_like_the_whole(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(200_000).astype(np.float32) / 8
    soundfile.write(tmp_path / "a.wav", noise, 44100, subtype="FLOAT")
    found = read_sound(tmp_path / "a.wav", 16000, 16000)[0]
    np.testing.assert_allclose(found, resample(noise, 44100, 16000)[:16000], atol=1e-6)


def test_damaged_and_empty_sounds_are_named(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF nothing")
    with pytest.raises(ValueError, match=r"bad.wav: not a readable sound"):
        read_sound(tmp_path / "bad.wav", 8000, 10)
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), 8000)
    with pytest.raises(ValueError, match=r"empty.wav: the sound is empty"):
        read_sound(tmp_path / "empty.wav", 8000, 10)
    soundfile.write(tmp_path / "nan.wav", np.full(9, np.nan), 8000, subtype="FLOAT")
    with pytest.raises(ValueError, match=r"nan.wav: the sound holds NaN"):
        read_sound(tmp_path / "nan.wav", 8000, 10)


def test_mel_triangles_sum_to_one_between_the_first_and_last_centre() -> None:
    filters = mel_filters(16000, 512, 40)
    assert filters.shape == (40, 257)
    mel = np.linspace(0, 2595 * np.log10(1 + 8000 / 700), 42)
    centres = 700 * (10 ** (mel / 2595) - 1)
    frequencies = np.linspace(0, 8000, 257)
    inner = (frequencies > centres[1]) & (frequencies < centres[-2])
    np.testing.assert_allclose(filters.sum(axis=0)[inner], 1, atol=1e-5)


def test_log_mel_is_the_filtered_energy_of_each_frame() -> None:
    wave = tone(1000, 8000, 4000)
    found = log_mel(wave[None, None], 8000, 256, 80, 20)
    assert found.shape == (1, 1, 20, 51)
    centre = np.pad(wave, 128, mode="reflect")[10 * 80 : 10 * 80 + 256]
    window = torch.hann_window(256).numpy()
    energy = np.abs(np.fft.rfft(centre * window)) ** 2
    wanted = np.log(mel_filters(8000, 256, 20) @ energy + 1e-6)
    np.testing.assert_allclose(found[0, 0, :, 10], wanted, atol=2e-3)
