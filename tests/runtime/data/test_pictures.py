from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from runtime.data.pictures import list_images, read_image, read_images
from tests.runtime.data.making import CLASSES, random_images, write_pictures


def test_classes_are_folders(tmp_path: Path) -> None:
    files, names, parts = list_images(write_pictures(tmp_path, count=2))
    assert names == ["cat", "cat", "dog", "dog", "fox", "fox"]
    assert [file.name for file in files[:2]] == ["0.png", "1.png"]
    assert not parts.any()
    images = read_images(files)
    assert images.shape == (6, 3, 5, 7)
    assert images.dtype == np.float32
    wanted = random_images(2, 5, 7, 3, seed=1)[0].transpose(2, 0, 1) / np.float32(255)
    np.testing.assert_array_equal(images[2], wanted)


def test_parts_may_stand_above(tmp_path: Path) -> None:
    write_pictures(tmp_path, count=1, parts=("train", "val", "test"))
    _, _, parts = list_images(tmp_path)
    by_part = {int(part): int((parts == part).sum()) for part in np.unique(parts)}
    assert by_part == {0: 3, 1: 3, 2: 3}


@pytest.mark.parametrize("ending", ["png", "bmp", "gif", "webp", "jpg"])
def test_every_format_is_read(tmp_path: Path, ending: str) -> None:
    files, _, _ = list_images(write_pictures(tmp_path, count=1, mode="L", ending=ending))
    assert len(files) == 3
    assert read_images(files, "L").shape == (3, 1, 5, 7)


def test_sizes_differ_unless_resized(tmp_path: Path) -> None:
    write_pictures(tmp_path, count=1)
    Image.fromarray(random_images(1, 9, 9, 3)[0]).save(tmp_path / "fox" / "9.png")
    files, _, _ = list_images(tmp_path)
    with pytest.raises(ValueError, match=r"9.png: pictures differ in size .*set a size"):
        read_images(files)
    assert read_images(files, size=(4, 4)).shape == (4, 3, 4, 4)


def test_an_empty_class_is_named(tmp_path: Path) -> None:
    write_pictures(tmp_path, count=1)
    (tmp_path / "wolf").mkdir()
    (tmp_path / "wolf" / "notes.txt").write_text("none yet")
    with pytest.raises(ValueError, match="the class 'wolf' has no pictures"):
        list_images(tmp_path)


def test_a_folder_without_classes_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one folder of pictures per class"):
        list_images(tmp_path)


def test_a_broken_picture_is_named(tmp_path: Path) -> None:
    file = write_pictures(tmp_path, count=1) / CLASSES[0] / "0.png"
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"0\.png: not a readable picture"):
        read_image(file)
    file.write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"0\.png: not a readable picture"):
        read_image(file)


def test_a_picture_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_pictures(tmp_path, count=1) / CLASSES[0] / "0.png"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 30)
    with pytest.raises(ValueError, match="decompression bomb"):
        read_image(file)


def test_pictures_stand_upright(tmp_path: Path) -> None:
    image = Image.fromarray(random_images(1, 4, 8)[0])
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.png", exif=exif)
    assert read_image(tmp_path / "turned.png", "L").shape == (1, 8, 4)


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    deep = np.array([[0, 256, 65535]], dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert read_image(tmp_path / "deep.png", "L").tolist() == [[[0, 1, 255]]]
