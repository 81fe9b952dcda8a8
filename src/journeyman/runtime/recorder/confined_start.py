"""The program that the confined process starts with."""

import sys
from pathlib import Path

from journeyman.runtime.recorder.run_prototype import run_prototype

if __name__ == "__main__":
    run_prototype(Path(sys.argv[1]))
