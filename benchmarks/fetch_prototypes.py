"""Lay out public notebooks, each in a folder with its data: benchmarks/prototypes.json names them by their addresses.

Run: python benchmarks/fetch_prototypes.py FOLDER [--names FILE.json]

Nothing of them is part of this repository. Where the network is closed, the line says which address was asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path, PurePosixPath

ADDRESS = "https://raw.githubusercontent.com/{repo}/{commit}/{path}"


def main() -> None:
    """Fetch all that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--names", type=Path, default=Path(__file__).with_name("prototypes.json"))
    asked = parser.parse_args()
    for one in json.loads(asked.names.read_text()):
        try:
            lay_out(one, asked.folder / one["name"])
        except urllib.error.URLError as error:
            sys.exit(f"{one['name']}: {error}")


def lay_out(one: dict[str, object], folder: Path) -> None:
    """Write a notebook and its data, unless they are there."""
    here = folder / "work" / "a"
    here.mkdir(parents=True, exist_ok=True)
    path = str(one["path"])
    write(here / PurePosixPath(path).name, one, path)
    data = one["data"]
    for file in data if isinstance(data, list) else ():
        place = Path(os.path.normpath(here / file["reference"]))
        write(place if place.is_relative_to(folder) else here / place.name, one, file["path"])


def write(place: Path, one: dict[str, object], path: str) -> None:
    """Fetch one file."""
    if place.exists():
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    address = ADDRESS.format(repo=one["repo"], commit=one["commit"], path=urllib.parse.quote(path))
    with urllib.request.urlopen(address, timeout=60) as answer:
        place.write_bytes(answer.read())
    print(place)


if __name__ == "__main__":
    main()
