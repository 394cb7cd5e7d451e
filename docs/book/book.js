// Folds: a link to something inside one opens it, and so does printing.
function openFor(hash) {
  const target = hash && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (!target) return;
  const around = [...document.querySelectorAll("details.fold")].filter((fold) => fold.contains(target));
  const below = target.querySelector(":scope > details.deeper");
  for (const fold of below ? [...around, below] : around) fold.open = true;
  if (around.length) target.scrollIntoView();
}
addEventListener("DOMContentLoaded", () => openFor(location.hash));
addEventListener("hashchange", () => openFor(location.hash));
addEventListener("beforeprint", () => document.querySelectorAll("details.fold").forEach((fold) => (fold.open = true)));
