// Refreshes #content from the page's own address. Waits while the tab is hidden, while somebody works inside the
// content, and while it is paused: what moves by itself can be stopped, and never takes the focus away.
"use strict";
const control = document.getElementById("refresh");
const button = document.getElementById("pause");
const status = control.querySelector("[role=status]");
let paused = false;

button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? "Resume" : "Pause";
  status.textContent = paused ? "Paused." : "";
});

const content = () => document.getElementById("content");
const busy = () => document.hidden || content().contains(document.activeElement) || String(getSelection());

async function refresh() {
  if (paused || busy()) return;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("content");
    if (!answer.ok || !fresh) throw new Error(answer.statusText);
    const open = [...content().querySelectorAll("details")].map((one) => one.open);
    fresh.querySelectorAll("details").forEach((one, at) => { one.open = open[at]; });
    content().replaceWith(fresh);
    status.textContent = "";
  } catch {
    status.textContent = "The last refresh failed: is the console still running?";
  }
}

control.hidden = false;
setInterval(refresh, 1000 * control.dataset.seconds);
