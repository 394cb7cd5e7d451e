"""What the file of a language model holds: facts about it, its weights, its tokens."""

from course_lib.large.tokens import BytePairs


def opened(path):
    """(fields as plain values, tensors in float32, both by name, tokens) of a GGUF file.

    path: a pathlib.Path. Reading takes the package `gguf`. Raises FileNotFoundError where there is
    no file, and ValueError for one that is cut off, damaged or of another kind.
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no model file {path}")
    import gguf

    try:
        reader = gguf.GGUFReader(path)
        fields = {name: field.contents() for name, field in reader.fields.items()}
        tensors = {
            tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type)
            for tensor in reader.tensors
        }
        return fields, tensors, BytePairs.from_gguf(reader)
    except (ValueError, IndexError, KeyError, OverflowError, TypeError, MemoryError) as error:
        raise ValueError(f"{path} is no whole GGUF file of a language model: {error}") from None


def check_shapes(model):
    """ValueError, naming it, for a weight of a `LanguageModel` that does not fit the others."""
    width, heads, shared = model.width, model.heads, model.key_heads
    if min(width, heads, shared) < 1 or width % (2 * heads) or heads % shared:
        raise ValueError(
            f"heads must divide the width into pairs, and key heads the heads, got width {width}, "
            f"{heads} heads, {shared} key heads"
        )
    parts = {"the table": (model.table, (len(model.tokens), width))}
    parts["the last norm"] = model.norm, (width,)
    for i, layer in enumerate(model.layers):
        inside = layer["ffn_down"].shape[-1]
        shapes = {
            "attn_norm": (width,),
            "qkv": (width // heads * (heads + 2 * shared), width),
            "attn_output": (width, width),
            "ffn_norm": (width,),
            "gate_up": (2 * inside, width),
            "ffn_down": (width, inside),
        }
        parts |= {f"{name} of layer {i}": (layer[name], shape) for name, shape in shapes.items()}
    for name, (weights, shape) in parts.items():
        if weights.shape != shape:
            raise ValueError(f"{name} must have shape {shape}, got {weights.shape}")
