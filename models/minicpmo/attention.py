"""The attention that torch does in one kernel, where the checkpoint's code wants it in steps.

The code asks for "eager" attention in vision and speech, whatever it is told. The sums are the
same; what differs is the order of rounding.
"""

from __future__ import annotations

import types
from typing import Any

import torch
from torch.nn import functional


def use_sdpa(model: Any) -> None:
    """Let vision and speech of a loaded model use scaled_dot_product_attention."""
    for module in model.vpm.modules():
        if type(module).__name__ == "SiglipAttention":
            module.forward = types.MethodType(_vision_attention, module)
    speech = getattr(model, "tts", None)
    if speech is not None:
        speech.model.config._attn_implementation = "sdpa"


def _vision_attention(
    self: Any,
    hidden_states: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    output_attentions: bool | None = False,
) -> tuple[torch.Tensor, None]:
    """In and out: float (batch, patches, width). The weights are not given."""
    batch, length, width = hidden_states.shape

    def heads(projection: Any) -> torch.Tensor:
        states: torch.Tensor = projection(hidden_states)
        return states.view(batch, length, self.num_heads, self.head_dim).transpose(1, 2)

    seen = functional.scaled_dot_product_attention(
        heads(self.q_proj),
        heads(self.k_proj),
        heads(self.v_proj),
        attn_mask=attention_mask,
        scale=self.scale,
    )
    return self.out_proj(seen.transpose(1, 2).reshape(batch, length, width)), None
