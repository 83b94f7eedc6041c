"use strict";
// Steps through a witness; without this script every step and state is shown at once.
for (const box of document.querySelectorAll(".witness")) {
  const steps = [...box.querySelectorAll("tr.step")];
  const states = [...box.querySelectorAll("tr.state")];
  let at = steps.length - 1;
  let all = false;
  const show = () => {
    steps.forEach((row, n) => row.classList.toggle("at", n === at && !all));
    states.forEach((row, n) => { row.hidden = !all && n !== at; });
    box.querySelector("output").textContent = all ? "all states" : `step ${at + 1} of ${steps.length}`;
  };
  const go = (by) => { all = false; at = Math.min(Math.max(at + by, 0), steps.length - 1); show(); };
  for (const button of box.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      if (button.dataset.by) { go(Number(button.dataset.by)); } else { all = !all; show(); }
    });
  }
  box.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, j: 1, ArrowLeft: -1, ArrowUp: -1, k: -1 }[event.key];
    if (by) { go(by); event.preventDefault(); }
  });
  box.querySelector(".buttons").hidden = false;
  show();
}
for (const button of document.querySelectorAll("button[data-size]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const box = document.getElementById(button.dataset.size);
    button.textContent = box.classList.toggle("fit") ? "full size" : "fit to the page";
  });
}
