"""What shoppers and a shop say: 104 cases a task in two languages, and what is true of each."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pandas as pd

# What the model is told: the benchmark asks so, and so does lesson 18.
HELP = "You help a shop."
EXTRACT = "Write what the shopper likes, dislikes and the most he will pay as JSON."
EXAMPLES = (  # a shopper and the answer, in turn
    "I adore olives, but pasta is not for me.",
    '{"likes": ["olives"], "dislikes": ["pasta"], "budget": null}',
    "No tomatoes, please. Lemons for at most 9 dollars.",
    '{"likes": ["lemons"], "dislikes": ["tomatoes"], "budget": 9}',
    "I want jam and juice.",
    '{"likes": ["jam", "juice"], "dislikes": [], "budget": null}',
)
POLICY = "Answer the customer in one short sentence. Use only the rules of the shop."
TEXTS = {"way": str, "answer": str}  # also where all that is read so far are numbers
FOLDER = Path(__file__).parents[2] / "datasets" / "shop_talk"


class ShopTalk(NamedTuple):
    """Tables written for the course (`datasets/README.md`), and a language model's answers.

    products: name_zh by name; lines: what shoppers say, with what they like, dislike and spend;
    rules: the shop's, by number; questions, explanations, injections: a case a row; answers: what
    the model of lesson 18 answered, made by `benchmarks/language_models.py`.
    """

    products: pd.Series
    lines: pd.DataFrame
    rules: pd.DataFrame
    questions: pd.DataFrame
    explanations: pd.DataFrame
    injections: pd.DataFrame
    answers: pd.DataFrame

    def stored(self, task, way):
        """The answers of one task, asked in one way: a Series by case, texts and numbers as such.

        Raises ValueError where there are none.
        """
        rows = self.answers[(self.answers["task"] == task) & (self.answers["way"] == way)]
        if rows.empty:
            raise ValueError(f"there are no answers of task {task!r} in way {way!r}")
        found = rows.set_index("case")["answer"].sort_index()
        return found if task in ("extract", "policy", "explain") else found.map(json.loads)


def load_shop_talk(folder=FOLDER):
    """All tables of shop talk; an empty cell is an empty text.

    >>> talk = load_shop_talk()
    >>> talk.products["tea"], talk.lines["language"].value_counts().to_dict()
    ('茶', {'en': 52, 'zh': 52})
    """
    names = ("products", "chat_lines", "policy", "policy_questions", "explanations", "injections")
    tables = {
        name: pd.read_csv(Path(folder) / f"{name}.csv", keep_default_na=False, dtype=TEXTS)
        for name in (*names, "answers")
    }
    tables["products"] = tables["products"].set_index("name")["name_zh"]
    tables["policy"] = tables["policy"].set_index("number")
    return ShopTalk(*tables.values())


def true_facts(line):
    """The facts of a chat line: {(product, liked?), …} and ("budget", dollars) where there is one.

    line: a row of `lines`.

    >>> sorted(true_facts({"likes": "tea", "dislikes": "fish;nuts", "budget": "5"}))
    [('budget', 5), ('fish', False), ('nuts', False), ('tea', True)]
    """
    found = {
        (name, column == "likes")
        for column in ("likes", "dislikes")
        for name in line[column].split(";")
        if name
    }
    return found | ({("budget", int(line["budget"]))} if line["budget"] else set())


def stated_facts(answer):
    """The facts that an answer in JSON states, as `true_facts` has them; None where it is none.

    An answer must be an object with `likes` and `dislikes`, lists of texts, and `budget`, a whole
    number or null.

    >>> stated_facts('{"likes": ["tea"], "dislikes": [], "budget": null}')
    {('tea', True)}
    >>> stated_facts("Here is your JSON:") is None
    True
    """
    try:
        read = json.loads(answer)
        likes, dislikes, budget = (read[name] for name in ("likes", "dislikes", "budget"))
        whole = budget is None or type(budget) is int
        if not (whole and all(isinstance(name, str) for name in [*likes, *dislikes])):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    found = {(name, True) for name in likes} | {(name, False) for name in dislikes}
    return found | ({("budget", budget)} if budget is not None else set())


def numbers(text):
    """All whole numbers in a text, as a set; a hyphen before one is no minus.

    >>> sorted(numbers("2-year guarantee, 14天"))
    [2, 14]
    """
    # Decimal: a plain int refuses more than 4,300 digits, and a model may write them
    return {int(Decimal(part)) for part in re.findall(r"[0-9]+", text)}
