"""Keys and values in buffers with room to spare: the same numbers, and no copy for each token."""

import torch
from transformers import DynamicCache

from backend.engines.local.engine import LocalEngine
from backend.engines.local.kv_cache import SPARE, growing_cache


def states(tokens: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    made = torch.Generator().manual_seed(seed)
    return torch.randn(1, 4, tokens, 32, generator=made), torch.randn(1, 4, tokens, 32, generator=made)


def test_it_holds_what_the_stock_cache_holds(engine: LocalEngine) -> None:
    config = engine.loading.result().model.config.get_text_config()
    ours, stock = growing_cache(config), DynamicCache(config=config)
    for step, tokens in enumerate((40, 1, 1, SPARE, 1, -30, 3, 2 * SPARE, -SPARE - 900, 1)):
        for cache in (ours, stock):
            if tokens < 0:
                cache.crop(tokens)
            for layer in range(config.num_hidden_layers if tokens > 0 else 0):
                cache.update(*states(tokens, step * 10 + layer), layer)
        assert ours.get_seq_length() == stock.get_seq_length()
        for mine, theirs in zip(ours.layers, stock.layers, strict=True):
            assert torch.equal(mine.keys, theirs.keys)
            assert torch.equal(mine.values, theirs.values)


def test_new_tokens_are_written_beside_the_earlier_ones_which_stay_where_they_are(engine: LocalEngine) -> None:
    cache = growing_cache(engine.loading.result().model.config.get_text_config())
    cache.update(*states(10, 0), 0)
    places = set()
    for _ in range(SPARE - 10):
        keys, values = cache.update(*states(1, 1), 0)
        places.add((keys.data_ptr(), values.data_ptr()))
    assert len(places) == 1
    assert cache.update(*states(1, 2), 0)[0].data_ptr() != keys.data_ptr()


def test_what_was_put_in_another_order_is_not_looked_for_in_the_old_buffers(engine: LocalEngine) -> None:
    config = engine.loading.result().model.config.get_text_config()
    ours, stock = growing_cache(config), DynamicCache(config=config)
    for step in range(3):
        for cache in (ours, stock):
            made = torch.Generator().manual_seed(step)
            new = torch.randn(2, 4, 5, 32, generator=made)
            for layer in range(config.num_hidden_layers):
                cache.update(new, -new, layer)
            cache.reorder_cache(torch.tensor([1, 0]))
        for mine, theirs in zip(ours.layers, stock.layers, strict=True):
            assert torch.equal(mine.keys, theirs.keys)
            assert torch.equal(mine.values, theirs.values)
