"""Attention through a sliding window, without computing the scores that the window hides.

`scaled_dot_product_attention` with a mask computes every score and hides most: for a row of 2,048
tokens and Gemma's window of 512 that is 4.2 million scores a head, of which 0.9 million count. Here the
queries are cut into blocks, and each block meets the keys that it can see: 1.4 million.
"""

# Queries of a block. Of 64, 128, 256 and 512 the fastest on 2 CPU cores (docs/experiments.md).
BLOCK = 256


def windowed_attention(query, key, value, left: int, *, scale: float, dropout: float = 0.0):
    """Output (B, H, S, D) of causal attention in which a token sees itself and `left` before it.

    query (B, H, S, D); key and value (B, G, S, D), where G divides H.
    """
    import torch

    length = query.shape[2]
    outputs = []
    for start, queries in zip(range(0, length, BLOCK), query.split(BLOCK, dim=2), strict=True):
        end, first = min(length, start + BLOCK), max(0, start - left)
        distance = torch.arange(start, end, device=query.device)[:, None] - torch.arange(
            first, end, device=query.device
        )
        outputs.append(
            torch.nn.functional.scaled_dot_product_attention(
                queries,
                key[:, :, first:end],
                value[:, :, first:end],
                attn_mask=(distance >= 0) & (distance <= left),
                dropout_p=dropout,
                scale=scale,
                enable_gqa=query.shape[1] != key.shape[1],
            )
        )
    return torch.cat(outputs, dim=2)
