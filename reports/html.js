"use strict";
// Conveniences only: the page is whole without them. Nothing is sent, stored or written as markup.
const form = document.querySelector(".filter");
const findings = [...document.querySelectorAll(".outcomes .finding")];
const blocks = [...document.querySelectorAll(".outcomes .rule, .outcomes section")];
const [words, told, opener] = ["input", "output", ".open"].map((s) => form.querySelector(s));
const chips = [...form.querySelectorAll("[aria-pressed]")];
const texts = new Map();

function textOf(finding) {
  // what a finding says, and what its rule and refusal say in their heads
  let text = texts.get(finding);
  if (text === undefined) {
    const head = finding.closest(".rule").querySelector("summary");
    text = (head.textContent + " " + finding.textContent).toLowerCase();
    texts.set(finding, text);
  }
  return text;
}

function filter() {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const off = chips.filter((chip) => chip.ariaPressed === "false");
  const severities = new Set(off.map((chip) => chip.dataset.severity));
  const sections = new Set(off.map((chip) => chip.dataset.section));
  let shown = 0;
  for (const finding of findings) {
    const fits = !severities.has(finding.dataset.severity)
      && !sections.has(finding.closest(".outcomes > section").id)
      && (wanted.length === 0 || wanted.every((word) => textOf(finding).includes(word)));
    finding.classList.toggle("off", !fits);
    shown += fits;
  }
  for (const block of blocks) {
    block.classList.toggle("off", block.querySelector(".finding:not(.off)") === null);
  }
  told.textContent = shown === findings.length ? "" : `${shown} of ${findings.length} shown`;
}

function reveal() {
  // a link to a finding opens what it lies in
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  for (let one = target; one !== null; one = one.parentElement) {
    if (one.tagName === "DETAILS") one.open = true;
    one.classList.remove("off");
  }
  target.scrollIntoView();
}

if (findings.length) {
  form.hidden = false;
  let pending = 0;
  words.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(filter, 80);
  });
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      chip.ariaPressed = String(chip.ariaPressed !== "true");
      filter();
    });
  }
  opener.addEventListener("click", () => {
    const open = opener.textContent === "Open all";
    for (const block of blocks) if (block.tagName === "DETAILS") block.open = open;
    opener.textContent = open ? "Close all" : "Open all";
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== words) {
      event.preventDefault();
      words.focus();
    }
  });
}
addEventListener("hashchange", reveal);
if (location.hash) reveal();
