"""A language model of the Llama kind in plain float64, token by token, from the bytes of its file.

Written from the papers and the file format alone, without the library: weights are taken apart
block by block, every head of every token is a loop. One layer's weights are held at a time.
"""

import gguf
import numpy as np


def blocks(data, kind):
    """Rows of numbers from rows of bytes: blocks of 32 weights, as the GGUF format describes them.

    Q4_1: a scale and an offset (float16), then 16 bytes, the low halves of which are the first 16
    weights; Q8_0: a scale, then 32 signed bytes.
    """
    if kind == "F32":
        return np.asarray(data, dtype=np.float64)
    size = {"Q4_1": 20, "Q8_0": 34}[kind]
    parts = np.asarray(data).reshape(len(data), -1, size)
    scale = parts[..., :2].copy().view(np.float16).astype(np.float64)
    if kind == "Q8_0":
        values = scale * parts[..., 2:].copy().view(np.int8)
    else:
        offset = parts[..., 2:4].copy().view(np.float16).astype(np.float64)
        packed = parts[..., 4:]
        values = scale * np.concatenate([packed & 15, packed >> 4], axis=2) + offset
    return values.reshape(len(data), -1)


class ByHand:
    """Logits after the last token of each of several lists of token ids."""

    def __init__(self, path):
        self.reader = gguf.GGUFReader(path)
        self.tensors = {tensor.name: tensor for tensor in self.reader.tensors}

    def field(self, name):
        return self.reader.get_field(name).contents()

    def weights(self, name):
        tensor = self.tensors[f"{name}.weight"]
        return blocks(tensor.data, tensor.tensor_type.name)

    def norm(self, x, name):
        epsilon = self.field("llama.attention.layer_norm_rms_epsilon")
        return x / np.sqrt(np.mean(x**2) + epsilon) * self.weights(name)

    def turned(self, head, place):
        """Pairs (2j, 2j + 1) as complex numbers, turned by place · base^(−2j / d)."""
        pairs = head[0::2] + 1j * head[1::2]
        base = self.field("llama.rope.freq_base")
        for j in range(len(pairs)):
            pairs[j] *= np.exp(1j * place * base ** (-2 * j / len(head)))
        return np.stack([pairs.real, pairs.imag], axis=1).ravel()

    def logits(self, prompts):
        table = self.weights("token_embd")
        hidden = [[table[token] for token in prompt] for prompt in prompts]
        for i in range(self.field("llama.block_count")):
            names = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
            w = {name: self.weights(f"blk.{i}.{name}") for name in names}
            hidden = [self.layer(i, w, states) for states in hidden]
        return [table @ self.norm(states[-1], "output_norm") for states in hidden]

    def layer(self, i, w, states):
        heads = self.field("llama.attention.head_count")
        shared = heads // self.field("llama.attention.head_count_kv")
        size = len(states[0]) // heads
        keys, values, after = [], [], []
        for place, x in enumerate(states):
            y = self.norm(x, f"blk.{i}.attn_norm")
            queries = (w["attn_q"] @ y).reshape(heads, size)
            keys.append([self.turned(k, place) for k in (w["attn_k"] @ y).reshape(-1, size)])
            values.append((w["attn_v"] @ y).reshape(-1, size))
            mixed = []
            for head in range(heads):
                query, group = self.turned(queries[head], place), head // shared
                scores = [query @ key[group] / np.sqrt(size) for key in keys]
                shares = np.exp(np.array(scores) - max(scores))
                shares /= shares.sum()
                mixed.append(sum(s * v[group] for s, v in zip(shares, values, strict=True)))
            x = x + w["attn_output"] @ np.concatenate(mixed)
            y = self.norm(x, f"blk.{i}.ffn_norm")
            gate = w["ffn_gate"] @ y
            x = x + w["ffn_down"] @ (gate / (1 + np.exp(-gate)) * (w["ffn_up"] @ y))
            after.append(x)
        return after
