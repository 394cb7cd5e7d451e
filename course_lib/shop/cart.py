"""A cart that changes only by the shopper's own yes, said directly after the proposal."""

import unicodedata
from typing import NamedTuple

from course_lib.parameters import Number, Whole, plain

YES = frozenset(
    [
        *("yes", "yes please", "yes, please", "ok", "okay", "sure", "confirm"),
        *("是", "是的", "好", "好的", "对", "确认", "可以"),
    ]
)
MOST = 20  # pieces of one product in one call
TOOLS = ("add", "remove")


class Call(NamedTuple):
    """What somebody proposes to do: tool "add" or "remove", the product's name, how many."""

    tool: str
    product: str
    count: int = 1


class Cart(NamedTuple):
    """items: ((product, count), …) in the order in which they came; pending: the Call that waits
    for a yes, or None."""

    items: tuple = ()
    pending: Call | None = None


def refusal(cart, call, prices, *, budget=None, barred=()):
    """Why a call may not even be proposed: a sentence; None where it may.

    prices: dollars by product, which are all that the shop sells; budget: dollars for one product;
    barred: products that the shopper has excluded. None of it is the caller's to decide: name,
    price and limits come from the shop's own tables, whatever a call, a text or a model says.
    """
    count = call.count
    if call.tool not in TOOLS:
        return f"there is no tool {plain(call.tool)}"
    if not isinstance(call.product, str) or call.product not in prices:
        return f"the shop does not sell {plain(call.product)}"
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        return f"a count must be a whole number from 1 to {MOST}, got {plain(count)}"
    if call.tool == "remove":
        has = dict(cart.items).get(call.product, 0)
        return None if count <= has else f"the cart has {has} of {call.product}"
    if call.product in barred:
        return f"the shopper has excluded {call.product}"
    price = Number(least=0).check("a price", prices[call.product])
    if budget is not None and price > budget:
        return f"{call.product} costs {price:g} dollars, the budget is {budget:g}"
    return None


def propose(cart, call, prices, *, budget=None, barred=()):
    """The cart with the call waiting for a yes, in place of whatever waited before.

    A call that `refusal` names a reason against leaves nothing waiting.

    >>> cart = propose(Cart(), Call("add", "tea", 2), {"tea": 4.0})
    >>> cart.items, answer(cart, "Yes!").items
    ((), (('tea', 2),))
    """
    refused = refusal(cart, call, prices, budget=budget, barred=barred)
    return cart._replace(pending=None if refused else call)


def answer(cart, message):
    """The cart after the shopper's next message: a plain yes carries out what waits.

    Any other message, a "yes, but …" too, drops what waits and changes nothing. A yes with nothing
    waiting changes nothing. Only what the shopper types may come here, never a product's text or a
    model's.

    >>> cart = Cart(pending=Call("add", "tea"))
    >>> answer(cart, "Yes, but the green one"), answer(answer(cart, "yes"), "yes").items
    (Cart(items=(), pending=None), (('tea', 1),))
    """
    if not isinstance(message, str):
        raise ValueError(f"a message must be a str, got {plain(message)}")
    said = unicodedata.normalize("NFKC", message[:100]).casefold().strip(" .!。")
    if cart.pending is None or said not in YES or len(message) > 100:
        return cart._replace(pending=None)
    tool, product, count = cart.pending
    held = dict(cart.items)
    held[product] = held.get(product, 0) + (count if tool == "add" else -count)
    return Cart(tuple((name, n) for name, n in held.items() if n > 0))


def total(cart, prices):
    """Dollars that the cart costs.

    >>> total(Cart((("tea", 2), ("mug", 1))), {"tea": 4.0, "mug": 9.5})
    17.5
    """
    return sum(Whole(1).check("a count", n) * prices[name] for name, n in cart.items)
