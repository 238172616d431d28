"""Decoding: what comes out is what went in, and a broken file is named with its reason."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
import soundfile
from PIL import Image
from scipy.signal import resample_poly

from emobench.api import DataError, read_audio, read_image


def tone(rate, *, seconds=0.5, frequency=440.0):
    return 0.5 * np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)


def write_audio(path, samples, rate, **kwargs):
    soundfile.write(path, samples, rate, **kwargs)
    return path


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_audio_at_the_asked_rate_is_read_to_the_bit(tmp_path, suffix):
    samples = np.round(tone(16000) * 32768) / 32768
    path = write_audio(tmp_path / f"a.{suffix}", samples, 16000)
    np.testing.assert_array_equal(read_audio(path, rate=16000), samples.astype(np.float32))


@pytest.mark.parametrize(("own", "up", "down"), [(8000, 2, 1), (48000, 1, 3)])
def test_audio_of_another_rate_is_resampled_as_scipy_does(tmp_path, own, up, down):
    path = write_audio(tmp_path / "a.wav", tone(own), own, subtype="FLOAT")
    expected = resample_poly(tone(own), up, down)
    inside = slice(800, -800)
    np.testing.assert_allclose(read_audio(path, rate=16000)[inside], expected[inside], atol=2e-3)


def test_a_clip_of_which_resampling_leaves_nothing_is_refused(tmp_path):
    path = write_audio(tmp_path / "click.wav", np.array([0.1]), 48_000)
    with pytest.raises(DataError, match=r"too short: its 1 samples at 48000 Hz are none at 16000"):
        read_audio(path, rate=16_000)


def test_stereo_is_averaged(tmp_path):
    stereo = np.column_stack([np.full(100, 0.5), np.full(100, -0.25)])
    path = write_audio(tmp_path / "a.wav", stereo, 16000, subtype="FLOAT")
    np.testing.assert_allclose(read_audio(path, rate=16000), np.full(100, 0.125))


def test_a_wav_without_samples_is_refused_by_name(tmp_path):
    path = write_audio(tmp_path / "silent.wav", np.zeros(0), 16000)
    with pytest.raises(DataError, match=r"silent\.wav: holds no samples"):
        read_audio(path, rate=16000)


def test_a_file_of_zero_bytes_is_refused_by_name(tmp_path):
    (tmp_path / "nothing.wav").touch()
    with pytest.raises(DataError, match=r"nothing\.wav: the file is empty \(0 bytes\)"):
        read_audio(tmp_path / "nothing.wav", rate=16000)


@pytest.mark.parametrize(
    ("suffix", "reason"),
    [
        ("wav", "is truncated: .* samples can be read, its header promises more"),
        ("flac", "cannot be decoded as audio"),
        ("ogg", "holds no samples|is truncated|cannot be decoded as audio"),
    ],
)
def test_a_truncated_clip_is_refused_by_name(tmp_path, suffix, reason):
    path = write_audio(tmp_path / f"cut.{suffix}", tone(16000, seconds=2), 16000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DataError, match=rf"cut\.{suffix}: ({reason})"):
        read_audio(path, rate=16000)


def test_a_file_that_is_no_audio_is_refused_by_name(tmp_path):
    (tmp_path / "notes.wav").write_text("these are my notes, all of them")
    with pytest.raises(DataError, match=r"notes\.wav: cannot be decoded as audio: Format not rec"):
        read_audio(tmp_path / "notes.wav", rate=16000)


def declare_flac(path, *, frames, rate, channels):
    """A short FLAC whose header promises more: the count is the last 36 bits of these 8 bytes."""
    write_audio(path, np.zeros((64, channels)), rate)
    content = bytearray(path.read_bytes())
    facts = int.from_bytes(content[18:26]) & ~(2**36 - 1)
    content[18:26] = (facts | frames).to_bytes(8)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("frames", "channels", "promise"),
    [
        (3600 * 655_350, 8, "2,359,260,000 x 8 samples"),
        (2**25 + 1, 8, "33,554,433 x 8 samples"),
        (2**28 + 1, 1, "268,435,457 x 1 samples"),
    ],
)
def test_a_clip_that_declares_a_huge_size_is_refused_before_it_is_decoded(
    tmp_path, frames, channels, promise
):
    path = declare_flac(tmp_path / "bomb.flac", frames=frames, rate=655_350, channels=channels)
    with pytest.raises(DataError) as caught:
        read_audio(path, rate=16000)
    assert str(caught.value) == (
        f"{path}: declares {promise}; at most 268,435,456 in all are decoded; cut it into clips"
    )


def test_a_clip_of_more_than_an_hour_is_refused(tmp_path):
    path = declare_flac(tmp_path / "long.flac", frames=3601 * 8000, rate=8000, channels=1)
    with pytest.raises(DataError, match=r"long\.flac: lasts 3601 s, more than the 3600 s"):
        read_audio(path, rate=16000)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.png: cannot be read: No such file"):
        read_image(tmp_path / "gone.png", mode="grey")


def test_grey_and_colour_images_come_as_asked(tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(colours).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_image(tmp_path / "a.png", mode="rgb"), colours)
    luma = colours @ np.array([0.299, 0.587, 0.114])
    grey = read_image(tmp_path / "a.png", mode="grey")
    np.testing.assert_allclose(grey[:, :, 0], luma, atol=1)


def test_sixteen_bit_greys_are_scaled_not_clipped(tmp_path):
    wide = np.array([[0, 257 * 100, 65535]], dtype=np.uint16)
    Image.fromarray(wide).save(tmp_path / "a.png")
    assert read_image(tmp_path / "a.png", mode="grey").ravel().tolist() == [0, 100, 255]


def test_a_photograph_is_turned_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (4, 2)).save(tmp_path / "a.jpg", exif=exif)
    assert read_image(tmp_path / "a.jpg", mode="rgb").shape == (4, 2, 3)


def test_a_truncated_image_is_refused_by_name(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    path = tmp_path / "cut.png"
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match=r"cut\.png: cannot be decoded as an image: .*truncated"):
        read_image(path, mode="grey")


@pytest.mark.parametrize("side", [9000, 12000, 60000])
def test_an_image_that_declares_a_huge_size_is_refused_before_it_is_decoded(tmp_path, side):
    def chunk(name, body):
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IEND", b""))
    with pytest.raises(DataError, match=r"bomb\.png: declares .* pixels; at most 64,000,000"):
        read_image(tmp_path / "bomb.png", mode="grey")


def test_a_file_that_is_no_image_is_refused_by_name(tmp_path):
    (tmp_path / "notes.png").write_text("these are my notes")
    with pytest.raises(DataError, match=r"notes\.png: is not an image that can be read"):
        read_image(tmp_path / "notes.png", mode="grey")
