"""Files that are no photos, or too much of one."""

import io

from PIL import Image

GRADIENT = Image.merge(
    "RGB", [Image.linear_gradient("L").resize((320, 240)).rotate(turn) for turn in (0, 90, 180)]
)


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of side x side one-bit pixels: a few kilobytes that unpack to a thousand times as much."""
    return encoded(Image.new("1", (side, side)))


def jpeg() -> bytes:
    return encoded(GRADIENT, "JPEG", quality=90)


SMALL_FILES_THAT_ARE_NO_PHOTO = {
    "empty": b"",
    "one byte": b"\xff",
    "text named .jpg": b"This is not a photo at all, whatever its name says.",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="300" height="300"><rect/></svg>',
    "GIF": encoded(GRADIENT, "GIF"),
    "BMP": encoded(GRADIENT, "BMP"),
    "TIFF": encoded(GRADIENT, "TIFF"),
    "HEIC": b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(500),
    "PDF": b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF",
    "JPEG cut in the middle": jpeg()[: len(jpeg()) // 2],
    "JPEG cut in its header": jpeg()[:100],
    "PNG cut in the middle": encoded(GRADIENT)[: len(encoded(GRADIENT)) // 2],
    "PNG of 0x0": encoded(GRADIENT).replace((320).to_bytes(4, "big") + (240).to_bytes(4, "big"), bytes(8), 1),
    "too few pixels": encoded(Image.new("RGB", (640, 79))),
    "animated PNG": encoded(GRADIENT, save_all=True, append_images=[GRADIENT.rotate(5)]),
}
