"""A shop's assistant, whole: one message in, one answer out, and everything it knows in `Chat`.

Code decides each step: who takes over, which passage is quoted, what is shown, what is asked, and
that the cart waits for a yes. Whoever phrases the answers, a template here, decides nothing.
"""

import re
from typing import NamedTuple

import numpy as np

from course_lib.parameters import plain
from course_lib.shop.cart import Call, Cart, answer, propose, refusal, total
from course_lib.shop.dialogue import FOODS, TASTES, State, update
from course_lib.shop.questions import best_question
from course_lib.shop.service import decide, handed_over

SHOWN = 5
CANDIDATES = 20  # products among which a question chooses
WORTH = 1.0  # places that a question must save
ORDER = re.compile(
    r"\b(?:add|take|buy|put)\b\D*(?:([0-9]{1,3}) (?:times|of) )?(?:number |no\.? ?|#)?([1-5])\b"
    r"|(?:要|买|加)第?([1-5])[号个]"
)
TEXTS = {
    "en": {
        "allergy": "An allergy is a matter for a person. Please wait, and eat nothing yet.",
        "anger": "I am sorry. A person takes over.",
        "payment": "Somebody who may look at payments takes over.",
        "failures": "I could not help twice. A person takes over.",
        "silent": "I have no answer to that. Could you say it in other words?",
        "goods": "We have: {}. Say “add 1” for the first.",
        "none": "Nothing that I found fits what you said.",
        "ask": "Which one: {}?",
        "propose": "{count} × {product} for {price:.2f} dollars each. Shall I add it? (yes / no)",
        "done": "Done. Your cart: {cart}, {total:.2f} dollars.",
        "dropped": "I leave it.",
        "refused": "I can't add that: {}.",
    },
    "zh": {
        "allergy": "这涉及过敏，马上转人工。请稍等，先不要吃。",
        "anger": "非常抱歉，马上转人工。",
        "payment": "付款问题由专人处理，马上转接。",
        "failures": "两次没能帮到您，马上转人工。",
        "silent": "这个我答不了。能换个说法吗？",
        "goods": "我们有：{}。说“要1号”就是第一个。",
        "none": "找到的都不符合您的要求。",
        "ask": "您要哪一种：{}？",
        "propose": "{product} {count}件，每件{price:.2f}元。要加入购物车吗？（是／否）",
        "done": "好了。购物车：{cart}，共{total:.2f}元。",
        "dropped": "那就不加了。",
        "refused": "不能加：{}。",
    },
}


class Chat(NamedTuple):
    """All that is known in a conversation.

    state: what the shopper wants; cart; failures: messages in a row without an answer; shown: the
    goods shown last, numbers; question: the column that was asked, "" for none; chances: (n,) of
    all goods when it was asked.
    """

    state: State = State()
    cart: Cart = Cart()
    failures: int = 0
    shown: tuple = ()
    question: str = ""
    chances: tuple = ()


class Assistant:
    """goods: a DataFrame with a row a product: name (its own, unique), text (what is searched),
    price, and the columns of `asks`, which the assistant may ask for; prices of a small and a large
    one in small and large. rules: a DataFrame with id as index, text and text_zh. goods_way and
    rules_way: searches over their rows (`retrieval`), with a threshold each. prior: (n,) chances of
    the goods for this shopper, whatever he says; None: all alike.
    """

    def __init__(self, goods, rules, goods_way, rules_way, *, thresholds, prior=None, asks=()):
        self.goods, self.rules = goods, rules
        self.ways, self.asks = (goods_way, rules_way), tuple(asks)
        self.thresholds = tuple(thresholds)
        self.prior = np.ones(len(goods)) if prior is None else np.asarray(prior)
        self._traits = {
            name: goods["text"].str.contains(pattern, regex=True).to_numpy()
            for name, pattern in (FOODS | TASTES).items()
        }

    def reply(self, chat, message):
        """(the Chat after a message, the answer to it)."""
        if not isinstance(message, str):
            raise ValueError(f"a message must be a str, got {plain(message)}")
        say = TEXTS["zh" if re.search("[\u4e00-\u9fff]", message) else "en"]
        reason = handed_over(message)
        if reason:
            return chat._replace(failures=0, cart=Cart(chat.cart.items)), say[reason]
        if chat.cart.pending:
            cart = answer(chat.cart, message)
            if cart.items != chat.cart.items:
                return chat._replace(cart=cart, failures=0), self._done(chat.state, cart, say)
            chat = chat._replace(cart=cart)
            if re.fullmatch(r"\W*(no|nope|否|不|不要)\W*", message.casefold()):
                return chat, say["dropped"]
        order = ORDER.search(message.casefold())
        if order and chat.shown:
            return self._order(chat, order, say)
        return self._search(chat, message, say)

    def price(self, state):
        """(n,) what each product costs in the size that the shopper wants."""
        return self.goods[state.size or "price"].to_numpy()

    def fits(self, state):
        """(n,) booleans: within the budget, named for each taste, and for nothing excluded.

        A name is all that is known here: a product may contain what its name does not say.
        """
        fit = np.ones(len(self.goods), dtype=bool)
        if state.budget is not None:
            fit &= self.price(state) <= state.budget
        for name in state.excludes:
            fit &= ~self._traits[name]
        for name in state.tastes:
            fit &= self._traits[name]
        return fit

    def chances(self, state, scores):
        """(n,) which product is meant: score × prior among the candidates that fit; they sum to 1,
        or are all 0."""
        p = np.where(self.fits(state), scores * self.prior, 0.0)
        kept = np.argsort(-p, kind="stable")[:CANDIDATES]
        found = np.zeros(len(p))
        found[kept] = p[kept]
        return found / found.sum() if found.any() else found

    def _search(self, chat, message, say):
        state, told = update(chat.state, message), self._told(chat, message)
        if told is not None:
            return self._show(chat._replace(state=state, question=""), told, say)
        scores = [way.scores([message]) for way in self.ways]
        (decision,) = decide([message], *scores, thresholds=self.thresholds)
        if decision.kind == "rule" and state.wants == chat.state.wants:
            name = self.rules.index[decision.found[0]]
            column = "text_zh" if say is TEXTS["zh"] else "text"
            return chat._replace(failures=0), f"{self.rules.loc[name, column]} [{name}]"
        if state != chat.state and state.wants:
            scores = self.ways[0].scores([state.wants])
            scores[scores < self.thresholds[0]] = 0.0
            chat = chat._replace(state=state)
        elif decision.kind != "goods":
            chat = chat._replace(state=state, failures=chat.failures + (state == chat.state))
            reason = handed_over("", failures=chat.failures)
            return (chat._replace(failures=0), say[reason]) if reason else (chat, say["silent"])
        else:
            scores = scores[0]
        return self._ask_or_show(chat, self.chances(chat.state, scores[0]), say)

    def _ask_or_show(self, chat, chances, say):
        likely = np.flatnonzero(chances)
        asks = {name: self.goods[name].to_numpy()[likely] for name in self.asks}
        asked = best_question(chances[likely], asks, least=WORTH) if likely.size else None
        if asked is None:
            return self._show(chat, chances, say)
        kinds = dict.fromkeys(asks[asked][np.argsort(-chances[likely], kind="stable")].tolist())
        chat = chat._replace(question=asked, chances=tuple(chances.tolist()), failures=0)
        return chat, say["ask"].format(", ".join(map(str, kinds)))

    def _told(self, chat, message):
        """The chances after an answer to the question; None where there was none."""
        if not chat.question:
            return None
        said, column = message.casefold(), self.goods[chat.question].astype(str).str.casefold()
        kept = np.array(chat.chances) * np.array([kind in said for kind in column])
        return kept / kept.sum() if kept.any() else None

    def _show(self, chat, chances, say):
        order = np.argsort(-chances, kind="stable")[:SHOWN]
        shown = tuple(int(i) for i in order if chances[i] > 0)
        chat = chat._replace(shown=shown, failures=0)
        if not shown:
            return chat, say["none"]
        price, names = self.price(chat.state), self.goods["name"].to_numpy()
        lines = [f"{n}. {names[i]} ({price[i]:.2f})" for n, i in enumerate(shown, start=1)]
        return chat, say["goods"].format("; ".join(lines))

    def _order(self, chat, order, say):
        count, number = int(order[1] or 1), int(order[2] or order[3])
        if number > len(chat.shown):
            return chat, say["none"]
        names, state = self.goods["name"].to_numpy(), chat.state
        call = Call("add", names[chat.shown[number - 1]], count)
        prices = dict(zip(names, self.price(state).tolist(), strict=True))
        excluded = ~self.fits(State(excludes=state.excludes))
        limits = {"budget": state.budget, "barred": set(names[excluded])}
        refused = refusal(chat.cart, call, prices, **limits)
        if refused:
            return chat, say["refused"].format(refused)
        cart = propose(chat.cart, call, prices, **limits)
        asked = say["propose"].format(count=count, product=call.product, price=prices[call.product])
        return chat._replace(cart=cart), asked

    def _done(self, state, cart, say):
        prices = dict(zip(self.goods["name"], self.price(state).tolist(), strict=True))
        listed = ", ".join(f"{count} × {name}" for name, count in cart.items)
        return say["done"].format(cart=listed, total=total(cart, prices))
