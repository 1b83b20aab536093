// Makes the board live: each event brings the whole part anew. Without this script the page refreshes itself.
"use strict";
const board = document.getElementById("board");
const live = document.getElementById("live");
const say = (state) => {
  live.className = "live " + state;
  live.textContent = state === "on" ? live.dataset.live : live.dataset.waiting;
};
const source = new EventSource(board.dataset.source);
source.addEventListener("board", (event) => {
  board.innerHTML = event.data; // escaped by the server's templates
  say("on");
});
source.addEventListener("waiting", () => say("off"));
source.addEventListener("error", () => {
  say("off");
  if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
});
