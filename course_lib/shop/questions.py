"""Which question to ask, if any: the one whose answer brings the wanted product furthest up."""

import numpy as np

from course_lib.parameters import Choice, Number, check_numbers


def entropy(chances):
    """How unsure one is, in bits: −Σ p log₂ p. Shannon 1948.

    chances: (n,), none below 0, not all 0; they are made to sum to 1.

    >>> entropy([0.5, 0.25, 0.25])
    1.5
    """
    p = _chances(chances)
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum()) + 0.0


def expected_rank(chances):
    """At which place the wanted product will stand, on average, with the likeliest shown first.

    chances: (n,) as of `entropy` → between 1 and n.

    >>> expected_rank([0.25, 0.5, 0.25])  # 1 · ½ + 2 · ¼ + 3 · ¼
    1.75
    """
    p = np.sort(_chances(chances))[::-1]
    return float(p @ np.arange(1, p.size + 1))


MEASURES = {"entropy": entropy, "rank": expected_rank}


def after_answer(chances, answers, answer, *, wrong=0.0):
    """The chances once the shopper has given an answer: Bayes' rule. They sum to 1.

    answers: (n,) the true answer for each product; wrong: the share of answers that are slips, any
    other answer as likely as another. Products with another answer keep `wrong`'s part.

    >>> after_answer([0.5, 0.25, 0.25], ["fresh", "frozen", "fresh"], "fresh").round(2)
    array([0.67, 0.  , 0.33])
    """
    p, answers = _chances(chances), _answers(answers, chances)
    Number(least=0, below=1).check("wrong", wrong)
    kinds = set(answers[p > 0].tolist())
    if answer not in kinds:
        raise ValueError(f"the answer must be one that a possible product has, got {answer!r}")
    if len(kinds) == 1:
        return p
    p = p * np.where(answers == answer, 1 - wrong, wrong / (len(kinds) - 1))
    return p / p.sum()


def gain(chances, answers, *, measure="entropy", wrong=0.0):
    """How much a question is expected to help: the measure now, less its mean after the answer.

    answers: (n,) what the shopper would say for each product; measure: "entropy" (bits) or "rank"
    (places). Never below 0. Entropy: Lindley 1956, On a Measure of the Information Provided by an
    Experiment.

    >>> gain([0.5, 0.25, 0.25], ["fresh", "frozen", "frozen"])  # 1.5 − (½ · 0 + ½ · 1)
    1.0
    """
    Choice(tuple(MEASURES)).check("measure", measure)
    p, answers, measured = _chances(chances), _answers(answers, chances), MEASURES[measure]
    kinds, member = np.unique(answers[p > 0], return_inverse=True)
    if len(kinds) == 1:
        return 0.0
    share = np.bincount(member, p[p > 0])
    heard = (1 - wrong) * share + wrong / (len(kinds) - 1) * (1 - share)
    later = sum(
        h * measured(after_answer(p, answers, kind, wrong=wrong))
        for kind, h in zip(kinds.tolist(), heard, strict=True)
    )
    return max(0.0, float(measured(p) - later))


def best_question(chances, questions, *, measure="rank", least=0.0, wrong=0.0):
    """The name of the question with the largest gain; None where none gains more than `least`.

    questions: {name: answers}; of equal ones the first. least: what a question costs the shopper,
    in the measure's unit.

    >>> chances = [0.4, 0.3, 0.3]
    >>> best_question(chances, {"colour": ["red", "red", "red"], "cold": [True, True, False]})
    'cold'
    """
    gains = {
        name: gain(chances, answers, measure=measure, wrong=wrong)
        for name, answers in questions.items()
    }
    name = max(gains, key=gains.get, default=None)
    return name if name is not None and gains[name] > least + 1e-12 else None


def _chances(chances):
    p = check_numbers("chances", chances)
    if p.ndim != 1 or not p.size or (p < 0).any() or not p.any():
        raise ValueError(f"chances must be (n,), none below 0, not all 0, got {p}")
    return p / p.sum()


def _answers(answers, chances):
    answers = np.asarray(answers)
    if answers.shape != np.shape(chances):
        raise ValueError(
            f"answers must have one value for each of {np.shape(chances)} chances, got shape "
            f"{answers.shape}"
        )
    return answers
