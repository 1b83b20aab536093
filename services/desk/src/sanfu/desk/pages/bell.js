// Shows how many messages are unread beside the way to the inbox; nothing where nobody knows.
"use strict";
const bell = document.querySelector(".bell");
const number = bell.querySelector(".unread");
const name = bell.textContent;
const show = (told) => {
  const count = told && told.unread ? told.unread + (told.more ? "+" : "") : "";
  number.hidden = count === "";
  number.textContent = count;
  bell.setAttribute("aria-label", count === "" ? name : bell.dataset.said.replace("{n}", count));
};
const ask = () => {
  if (document.hidden) return;
  fetch(bell.dataset.unread, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then(show)
    .catch(() => show(null));
};
ask();
setInterval(ask, 60000);
document.addEventListener("visibilitychange", ask);
