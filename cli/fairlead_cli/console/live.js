// Refreshes #content from the page's own address. Waits while the tab is hidden, while the user works inside the
// content, and while it is paused: what moves by itself can be stopped, and never takes the focus away.
"use strict";
const control = document.getElementById("refresh");
const button = document.getElementById("pause");
const status = control.querySelector("[role=status]");
let paused = false;
let asking = false;

button.addEventListener("click", () => {
  paused = !paused;
  button.textContent = paused ? "Resume" : "Pause";
  status.textContent = paused ? "Paused." : "";
});

const content = () => document.getElementById("content");
const inUse = () => content().contains(document.activeElement) || String(getSelection());

async function refresh() {
  if (paused || asking || document.hidden) return;
  if (inUse()) {
    status.textContent = "Waits while you use the page.";
    return;
  }
  asking = true;
  try {
    const answer = await fetch(location.href, { cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("content");
    if (!answer.ok || !fresh) throw new Error(answer.statusText);
    const opened = new Set([...content().querySelectorAll("details[open] > summary")].map((one) => one.textContent));
    for (const one of fresh.querySelectorAll("details")) one.open = opened.has(one.querySelector("summary").textContent);
    content().replaceWith(fresh);
    status.textContent = "";
  } catch {
    status.textContent = "The last refresh failed: is the console still running?";
  } finally {
    asking = false;
  }
}

control.hidden = false;
setInterval(refresh, 1000 * control.dataset.seconds);
