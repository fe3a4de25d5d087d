"""The demo model's size, and fast forward passes through its parts for training on batches of one shape."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import Mistral3Config, Mistral3ForConditionalGeneration, MistralConfig, PixtralVisionConfig
from transformers.models.mistral.modeling_mistral import MistralModel

from backend.loading import float32_is_faster
from scripts.demo_model.cells import LONGEST

IMAGE_TOKEN = 10
Groups = list[tuple[int, int]]  # how many sequences, and how long each is
PATCH = 14  # pixels
FLOAT32_IS_FASTER = float32_is_faster(rows=1024)  # as where a processor has no AMX


def config() -> Mistral3Config:
    """About 6.4 million parameters: a decoder 256 wide and 4 deep, a tower 192 wide and 6 deep."""
    rope = {"rope_theta": 10000.0, "rope_type": "default"}
    text = MistralConfig(
        vocab_size=4096, hidden_size=256, intermediate_size=512, num_hidden_layers=4, num_attention_heads=8,
        num_key_value_heads=4, head_dim=32, max_position_embeddings=8192, sliding_window=None, rms_norm_eps=1e-5,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=11, rope_parameters=rope,
    )  # fmt: skip
    vision = PixtralVisionConfig(
        hidden_size=192, intermediate_size=512, num_hidden_layers=6, num_attention_heads=6, head_dim=32,
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


def linear(x: Tensor, layer: nn.Module) -> Tensor:
    """The layer's product (no bias in this model), in bfloat16 where that is faster."""
    return F.linear(x, layer.weight) if FLOAT32_IS_FASTER else Half.apply(short(x), layer.weight)


def short(x: Tensor) -> Tensor:
    """In the type of the products."""
    return x if FLOAT32_IS_FASTER else x.bfloat16()


def attention(layer: nn.Module, x: Tensor, cos: Tensor, sin: Tensor, groups: Groups, causal: bool) -> Tensor:
    """Self-attention over [length, width], in which groups of sequences follow each other; queries share keys where
    there are fewer key heads. Scores are float32's: the gradient of bfloat16's took three times as long."""
    x = short(x)
    q, k, v = (
        linear(x, part).float().unflatten(-1, (-1, layer.head_dim))
        for part in (layer.q_proj, layer.k_proj, layer.v_proj)
    )
    lengths = [count * length for count, length in groups]
    parts = (part.split(lengths) for part in (rotate(q, cos, sin), rotate(k, cos, sin), v))
    found = []
    for (count, _), *qkv in zip(groups, *parts, strict=True):
        q, k, v = (part.unflatten(0, (count, -1)).transpose(1, 2) for part in qkv)
        out = F.scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=q.shape[1] != k.shape[1])
        found.append(out.transpose(1, 2).flatten(2).flatten(0, 1))
    return linear(torch.cat(found), layer.o_proj)


def feed_forward(layer: nn.Module, x: Tensor) -> Tensor:
    """The gated layer of a block."""
    x = short(x)
    return linear(layer.act_fn(linear(x, layer.gate_proj)) * linear(x, layer.up_proj), layer.down_proj)


def see(model: Mistral3ForConditionalGeneration, groups: list[Tensor]) -> list[Tensor]:
    """Cell vectors [batch, rows * columns, decoder width] of each group of normalised pictures [batch, 3, height, width].

    All groups go through the products together: there are many sizes, and few pictures of one.
    """
    tower, projector = model.model.vision_tower, model.model.multi_modal_projector
    width = tower.patch_conv.out_channels
    sizes = [(len(g), g.shape[2] // PATCH, g.shape[3] // PATCH) for g in groups]
    # The tower's convolution as the product that it is: its patches do not overlap.
    patches = torch.cat([_patches(g, *size) for g, size in zip(groups, sizes, strict=True)])
    x = norm(F.linear(patches, tower.patch_conv.weight.flatten(1)), tower.ln_pre)
    grid = torch.cat([torch.cartesian_prod(torch.arange(r), torch.arange(c)).repeat(n, 1) for n, r, c in sizes])
    cos, sin = (part[:, None] for part in tower.patch_positional_embedding(x, grid))
    sequences = [(n, r * c) for n, r, c in sizes]
    for block in tower.transformer.layers:
        x = x + attention(block.attention, norm(x, block.attention_norm), cos, sin, sequences, causal=False)
        x = x + feed_forward(block.feed_forward, norm(x, block.ffn_norm))
    parts = norm(x, projector.norm).split([n * length for n, length in sequences])
    merged = [
        part.view(n, r // 2, 2, c // 2, 2, width).permute(0, 1, 3, 5, 2, 4).reshape(-1, 4 * width)
        for part, (n, r, c) in zip(parts, sizes, strict=True)
    ]
    x = linear(torch.cat(merged), projector.patch_merger.merging_layer)
    x = linear(F.gelu(linear(x, projector.linear_1)), projector.linear_2).float()
    cells = x.split([len(part) for part in merged])
    return [part.unflatten(0, (n, -1)) for part, (n, _, _) in zip(cells, sizes, strict=True)]


def _patches(pixels: Tensor, count: int, rows: int, columns: int) -> Tensor:
    """[count * rows * columns, 3 * PATCH * PATCH] of pictures [count, 3, height, width]."""
    return pixels.view(count, 3, rows, PATCH, columns, PATCH).permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(0, 2)


def think(decoder: MistralModel, x: Tensor) -> Tensor:
    """Last hidden states [batch, length, width] for input vectors of the same shape; causal, padding at the end."""
    batch, length, _ = x.shape
    cos, sin = (part[0].repeat(batch, 1)[:, None] for part in decoder.rotary_emb(x, torch.arange(length)[None]))
    x = x.flatten(0, 1)
    for block in decoder.layers:
        out = attention(block.self_attn, norm(x, block.input_layernorm), cos, sin, [(batch, length)], causal=True)
        x = x + out
        x = x + feed_forward(block.mlp, norm(x, block.post_attention_layernorm))
    return norm(x, decoder.norm).view(batch, length, -1)
