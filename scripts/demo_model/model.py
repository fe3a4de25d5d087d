"""The demo model's size, and fast forward passes through its parts for training on batches of one shape."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Mistral3Config, Mistral3ForConditionalGeneration, MistralConfig, PixtralVisionConfig
from transformers.models.mistral.modeling_mistral import MistralModel

from backend.loading import float32_is_faster
from scripts.demo_model.cells import LONGEST

IMAGE_TOKEN = 10
PATCH = 14  # pixels
FLOAT32_IS_FASTER = float32_is_faster(rows=1024)  # as where a processor has no AMX


def config() -> Mistral3Config:
    """About 5.5 million parameters: a decoder 256 wide and 4 deep, a tower 192 wide and 4 deep."""
    rope = {"rope_theta": 10000.0, "rope_type": "default"}
    text = MistralConfig(
        vocab_size=4096, hidden_size=256, intermediate_size=512, num_hidden_layers=4, num_attention_heads=8,
        num_key_value_heads=4, head_dim=32, max_position_embeddings=8192, sliding_window=None, rms_norm_eps=1e-5,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=11, rope_parameters=rope,
    )  # fmt: skip
    vision = PixtralVisionConfig(
        hidden_size=192, intermediate_size=512, num_hidden_layers=4, num_attention_heads=6, head_dim=32,
        image_size=LONGEST, patch_size=PATCH, hidden_act="gelu", rope_parameters={**rope, "rope_type": "axial"},
    )  # fmt: skip
    return Mistral3Config(
        text_config=text, vision_config=vision, image_token_index=IMAGE_TOKEN, spatial_merge_size=2,
        vision_feature_layer=-1, multimodal_projector_bias=False, tie_word_embeddings=True,
    )  # fmt: skip


def new_model(seed: int) -> Mistral3ForConditionalGeneration:
    """Random weights, in float32."""
    torch.manual_seed(seed)
    model = Mistral3ForConditionalGeneration(config())
    for name, weight in model.named_parameters():
        if weight.ndim == 2 and "embed_tokens" not in name:
            nn.init.normal_(weight, std=0.6 / weight.shape[1] ** 0.5)
    nn.init.normal_(model.model.language_model.embed_tokens.weight, std=0.04)
    return model


def norm(x: Tensor, layer: nn.Module) -> Tensor:
    """Root-mean-square norm with the layer's weight."""
    return F.rms_norm(x, (x.shape[-1],), layer.weight, layer.variance_epsilon)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions on [batch, heads, length, head size]."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Half(torch.autograd.Function):
    """x @ weight.T in bfloat16, from and to float32."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        x16, weight16 = x.to(torch.bfloat16), weight.to(torch.bfloat16)
        ctx.save_for_backward(x16, weight16)
        return F.linear(x16, weight16).float()

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        x16, weight16 = ctx.saved_tensors
        grad16 = grad.to(torch.bfloat16)
        flat = grad16.reshape(-1, grad16.shape[-1])
        return (grad16 @ weight16).float(), (flat.t() @ x16.reshape(-1, x16.shape[-1])).float()


def linear(x: Tensor, layer: nn.Module) -> Tensor:
    """The layer's product (no bias in this model)."""
    return F.linear(x, layer.weight) if FLOAT32_IS_FASTER else Half.apply(x, layer.weight)


def attention(layer: nn.Module, x: Tensor, cos: Tensor, sin: Tensor, causal: bool) -> Tensor:
    """Self-attention over [batch, length, width]; queries share keys where there are fewer key heads."""
    batch, length, _ = x.shape
    q, k, v = (
        part.view(batch, length, -1, layer.head_dim).transpose(1, 2)
        for part in (linear(x, layer.q_proj), linear(x, layer.k_proj), linear(x, layer.v_proj))
    )
    q, k = rotate(q, cos, sin), rotate(k, cos, sin)
    out = F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=q.shape[1] != k.shape[1])
    return linear(out.transpose(1, 2).reshape(batch, length, -1), layer.o_proj)


def feed_forward(layer: nn.Module, x: Tensor) -> Tensor:
    """The gated layer of a block."""
    return linear(layer.act_fn(linear(x, layer.gate_proj)) * linear(x, layer.up_proj), layer.down_proj)


def see(model: Mistral3ForConditionalGeneration, pixels: Tensor) -> Tensor:
    """Cell vectors [batch, rows * columns, decoder width] of normalised pictures [batch, 3, height, width]."""
    tower, projector = model.model.vision_tower, model.model.multi_modal_projector
    batch, _, height, breadth = pixels.shape
    rows, columns, width = height // PATCH, breadth // PATCH, tower.patch_conv.out_channels
    # The tower's convolution as the product that it is: its patches do not overlap.
    patches = pixels.view(batch, 3, rows, PATCH, columns, PATCH).permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)
    x = norm(F.linear(patches, tower.patch_conv.weight.flatten(1)), tower.ln_pre)
    grid = torch.stack(torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij"), -1).reshape(-1, 2)
    cos, sin = tower.patch_positional_embedding(x, grid)
    for block in tower.transformer.layers:
        x = x + attention(block.attention, norm(x, block.attention_norm), cos, sin, causal=False)
        x = x + feed_forward(block.feed_forward, norm(x, block.ffn_norm))
    x = norm(x, projector.norm).view(batch, rows // 2, 2, columns // 2, 2, width)
    x = x.permute(0, 1, 3, 5, 2, 4).reshape(batch, rows * columns // 4, 4 * width)
    x = linear(x, projector.patch_merger.merging_layer)
    return linear(F.gelu(linear(x, projector.linear_1)), projector.linear_2)


def think(decoder: MistralModel, x: Tensor) -> Tensor:
    """Last hidden states [batch, length, width] for input vectors of the same shape; causal, padding at the end."""
    cos, sin = decoder.rotary_emb(x, torch.arange(x.shape[1])[None])
    for block in decoder.layers:
        x = x + attention(block.self_attn, norm(x, block.input_layernorm), cos, sin, causal=True)
        x = x + feed_forward(block.mlp, norm(x, block.post_attention_layernorm))
    return norm(x, decoder.norm)
