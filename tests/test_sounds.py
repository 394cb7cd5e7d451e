"""Sounds as tables: pitch by hand, tones where they belong, and what is no sound."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.large.drawings import things
from course_lib.large.sounds import (
    load_spoken_words,
    log_mel,
    mel,
    mel_filters,
    stretched,
    with_noise,
)

RATE = 8000


def tone(frequency, seconds=0.5):
    return np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)


def test_mel_has_1000_at_1000_hertz_and_grows_like_a_logarithm_above():
    np.testing.assert_allclose(mel([0, 1000]), [0, 1000], atol=0.1)
    assert mel(4000) - mel(2000) == pytest.approx(2595 * np.log10(4700 / 2700))


def test_triangles_meet_and_add_to_1_between_the_first_peak_and_the_last():
    filters = mel_filters(10, 256, RATE)
    assert filters.shape == (10, 129)
    assert filters.min() >= 0
    assert filters.max() <= 1
    peaks = 700 * (10 ** (np.linspace(0, mel(4000), 12) / 2595) - 1)
    frequencies = np.linspace(0, 4000, 129)
    inside = (frequencies >= peaks[1]) & (frequencies <= peaks[-2])
    np.testing.assert_allclose(filters[:, inside].sum(axis=0), 1)


@pytest.mark.parametrize("frequency", [250, 700, 1500, 3000])
def test_a_tone_is_loudest_in_the_band_that_holds_it(frequency):
    table = log_mel(tone(frequency), RATE)
    peaks = np.linspace(0, mel(4000), 26)[1:-1]
    nearest = np.abs(peaks - mel(frequency)).argmin()
    assert (np.abs(table.argmax(axis=1) - nearest) <= 1).all()


def test_a_window_every_10_ms_of_32_ms():
    assert log_mel(tone(440, 0.5), RATE).shape == (47, 24)  # (4000 − 256) // 80 + 1
    assert log_mel(np.ones(1), RATE).shape == (1, 24)


def test_silence_is_the_logarithm_of_the_floor_and_ten_times_the_wave_a_hundred_times_the_power():
    np.testing.assert_allclose(log_mel(np.zeros(500), RATE), np.log(1e-6))
    loud, soft = log_mel(10 * tone(1000), RATE), log_mel(tone(1000), RATE)
    assert (loud - soft).max() == pytest.approx(np.log(100), abs=1e-3)


def test_power_is_that_of_a_spectrum_computed_term_by_term():
    wave = np.random.default_rng(0).normal(size=256)
    n = np.arange(256)
    faded = wave * (0.5 - 0.5 * np.cos(2 * np.pi * n / 255))
    turns = np.exp(-2j * np.pi * np.outer(np.arange(129), n) / 256)
    power = np.abs(turns @ faded) ** 2 / 256
    expected = np.log(mel_filters(6, 256, RATE) @ power + 1e-6)
    np.testing.assert_allclose(log_mel(wave, RATE, bands=6), expected[None])


@given(st.integers(1, 9), st.integers(1, 30))
def test_stretching_keeps_the_ends_and_straight_lines(rows, new):
    table = np.stack([np.arange(rows), 2 * np.arange(rows)], axis=1)
    longer = stretched(table, new)
    assert longer.shape == (new, 2)
    np.testing.assert_allclose(longer[:, 1], 2 * longer[:, 0])
    assert longer[0, 0] == 0
    if new > 1:
        np.testing.assert_allclose(longer[:, 0], np.linspace(0, rows - 1, new))


def test_noise_is_as_strong_as_asked():
    wave = tone(500, 4)
    noise = with_noise(wave, 3.0, np.random.default_rng(0)) - wave
    assert np.std(noise) == pytest.approx(3 * np.sqrt(0.5), rel=0.02)
    np.testing.assert_array_equal(with_noise(wave, 0, np.random.default_rng(0)), wave)


def test_words_are_those_of_things_in_the_shop_and_their_sound_ends_in_silence():
    spoken = load_spoken_words()
    assert len(set(spoken.words)) == len(set(spoken.signs)) == 40
    assert set(spoken.signs) <= set(things().index)
    assert spoken.speeds == [0.85, 1.0, 1.2]
    assert np.abs(spoken.waves).max(axis=2).min() == 1
    lengths = [[np.flatnonzero(wave)[-1] for wave in speeds] for speeds in spoken.waves]
    assert (np.diff(lengths, axis=1).mean(axis=0) < 0).all()  # faster is shorter


def test_ten_minutes_of_sound_and_one_number_have_a_table_too():
    assert log_mel(np.zeros(600 * RATE, dtype=np.float32), RATE).shape == (59_997, 24)
    assert np.isfinite(log_mel([1e150], RATE)).all()


@pytest.mark.parametrize(
    ("wave", "message"),
    [
        ([], "at least one number"),
        (np.ones((2, 300)), r"must be \(n,\)"),
        ([np.inf], "wave must be finite, got inf"),
        (["a"], "wave must be numbers, got 'a'"),
    ],
)
def test_what_is_no_sound_is_refused(wave, message):
    with pytest.raises(ValueError, match=message):
        log_mel(wave, RATE)


def test_rates_bands_and_ratios_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="rate must be at least 100 numbers a second, got 10"):
        log_mel(np.ones(9), 10)
    with pytest.raises(ValueError, match="bands must be a whole number of at least 1, got 0"):
        log_mel(np.ones(900), RATE, bands=0)
    with pytest.raises(ValueError, match="ratio must be at least 0, got -1"):
        with_noise(np.ones(9), -1, np.random.default_rng(0))
    for odd in (np.nan, np.inf, "2", True):
        with pytest.raises(ValueError, match=r"ratio must be .*at least 0"):
            with_noise(np.ones(9), odd, np.random.default_rng(0))
    with pytest.raises(ValueError, match="wave must have at least one number"):
        with_noise([], 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="rows"):
        stretched(np.ones((2, 2)), 0)
    with pytest.raises(ValueError, match="at least one row"):
        stretched(np.ones((0, 2)), 3)
