from typing import Literal

EngineModels = Literal["sketch", "openbmb/MiniCPM-o-4_5", "openbmb/MiniCPM-V-4_6"]
"""Some models that comment well; any other that sees pictures may be named."""
