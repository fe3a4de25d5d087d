"""The demo model's size, and fast forward passes through its parts for training."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Mistral3Config, Mistral3ForConditionalGeneration, MistralConfig, PixtralVisionConfig
from transformers.models.mistral.modeling_mistral import MistralModel

from scripts.benchmark.precision import float32_is_faster
from scripts.demo_model.attention import Packing
from scripts.demo_model.cells import LONGEST
from scripts.demo_model.images import PATCH, Patches

IMAGE_TOKEN = 10
FLOAT32_IS_FASTER = float32_is_faster(rows=1024)  # on the processor, as where it has no AMX


def config() -> Mistral3Config:
    """About 8.5 million parameters: a decoder 256 wide and 6 deep, a tower 192 wide and 8 deep."""
    rope = {"rope_theta": 10000.0, "rope_type": "default"}
    text = MistralConfig(
        vocab_size=4096, hidden_size=256, intermediate_size=512, num_hidden_layers=6, num_attention_heads=8,
        num_key_value_heads=4, head_dim=32, max_position_embeddings=8192, sliding_window=None, rms_norm_eps=1e-5,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=11, rope_parameters=rope,
    )  # fmt: skip
    vision = PixtralVisionConfig(
        hidden_size=192, intermediate_size=512, num_hidden_layers=8, num_attention_heads=6, head_dim=32,
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
    """Rotary positions on [length, heads, head size]; cos and sin [length, 1, head size]."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


class Half(torch.autograd.Function):
    """x @ weight.T in bfloat16, of which only the weight and its gradient are float32."""

    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        weight16 = weight.to(torch.bfloat16)
        ctx.save_for_backward(x, weight16)
        return F.linear(x, weight16)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, weight16 = ctx.saved_tensors
        flat = grad.reshape(-1, grad.shape[-1])
        return grad @ weight16, (flat.t() @ x.reshape(-1, x.shape[-1])).float()


def linear(x: Tensor, *layers: nn.Module) -> Tensor:
    """The layers' products beside each other (no bias in this model), in bfloat16 where that is faster."""
    weight = layers[0].weight if len(layers) == 1 else torch.cat([layer.weight for layer in layers])
    if x.is_cuda:
        return F.linear(short(x), weight.bfloat16())
    return F.linear(x, weight) if FLOAT32_IS_FASTER else Half.apply(short(x), weight)


def short(x: Tensor) -> Tensor:
    """In the type of the products."""
    return x if FLOAT32_IS_FASTER and not x.is_cuda else x.bfloat16()


def attention(layer: nn.Module, x: Tensor, cos: Tensor, sin: Tensor, packing: Packing) -> Tensor:
    """Self-attention over packed sequences [length, width]. Scores are float32's on a processor: the gradient of
    bfloat16's took three times as long."""
    qkv = linear(x, layer.q_proj, layer.k_proj, layer.v_proj).unflatten(-1, (-1, layer.head_dim))
    qkv = qkv if x.is_cuda else qkv.float()
    keys = layer.k_proj.out_features // layer.head_dim
    turned = rotate(qkv[:, :-keys], cos, sin).to(qkv.dtype)
    return linear(packing.attend(torch.cat((turned, qkv[:, -keys:]), 1), keys).flatten(1), layer.o_proj)


def feed_forward(layer: nn.Module, x: Tensor) -> Tensor:
    """The gated layer of a block."""
    gate, up = linear(x, layer.gate_proj, layer.up_proj).chunk(2, -1)
    return linear(layer.act_fn(gate) * up, layer.down_proj)


def see(model: Mistral3ForConditionalGeneration, patches: Patches) -> Tensor:
    """Cell vectors [cells of all pictures in order, decoder width]; pictures of all sizes go through together."""
    tower, projector = model.model.vision_tower, model.model.multi_modal_projector
    # The tower's convolution as the product that it is: its patches do not overlap.
    x = norm(F.linear(patches.normalised(), tower.patch_conv.weight.flatten(1)), tower.ln_pre)
    cos, sin = (part[:, None] for part in tower.patch_positional_embedding(x, patches.places))
    packing = Packing(patches.groups, causal=False, device=x.device, padded=x.is_cuda)
    for block in tower.transformer.layers:
        x = x + attention(block.attention, norm(x, block.attention_norm), cos, sin, packing)
        x = x + feed_forward(block.feed_forward, norm(x, block.ffn_norm))
    # A cell's vector holds the first value of its four patches, then the second: torch's unfold, as in the model.
    merged = norm(x, projector.norm).unflatten(0, (-1, 4)).transpose(1, 2).flatten(1)
    x = linear(merged, projector.patch_merger.merging_layer)
    return linear(F.gelu(linear(x, projector.linear_1)), projector.linear_2).float().index_select(0, patches.order)


def think(decoder: MistralModel, x: Tensor) -> Tensor:
    """Last hidden states [batch, length, width] for input vectors of the same shape; causal, padding at the end."""
    batch, length, _ = x.shape
    places = torch.arange(length, device=x.device)[None]
    cos, sin = (part[0].repeat(batch, 1)[:, None] for part in decoder.rotary_emb(x, places))
    packing = Packing([(batch, length)], causal=True, device=x.device, padded=x.is_cuda)
    x = x.flatten(0, 1)
    for block in decoder.layers:
        x = x + attention(block.self_attn, norm(x, block.input_layernorm), cos, sin, packing)
        x = x + feed_forward(block.mlp, norm(x, block.post_attention_layernorm))
    return norm(x, decoder.norm).view(batch, length, -1)
