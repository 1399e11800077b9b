"""The vocoder for tests: whoever imports this finds stepaudio2 here first."""

import sys
from pathlib import Path

FOLDER = str(Path(__file__).parent)

sys.path.insert(0, FOLDER)
