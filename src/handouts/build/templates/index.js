// Shows the pages that fit what is chosen and typed. Without scripts all of them are there.
const form = document.querySelector(".find"), status = document.querySelector(".found"), kept = "handouts-index";
const cards = [...document.querySelectorAll(".card")];
function show() {
  const chosen = Object.fromEntries([...form.querySelectorAll("select")].map(one => [one.name, one.value]));
  const words = form.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const card of cards) {
    const fits = words.every(word => card.dataset.words.includes(word));
    let left = 0;
    for (const link of card.querySelectorAll("li")) {
      link.hidden = Object.entries(chosen).some(([name, value]) => value && link.getAttribute("data-" + name) !== value);
      left += !link.hidden;
    }
    card.hidden = !fits || !left;
    count += !card.hidden;
  }
  status.textContent = (count ? status.dataset.found : status.dataset.none).replace("{count}", count);
  try { localStorage.setItem(kept, JSON.stringify(chosen)); } catch { /* a browser that keeps nothing */ }
}
try {
  for (const [name, value] of Object.entries(JSON.parse(localStorage.getItem(kept)) ?? {})) {
    const select = form.querySelector(`select[name="${CSS.escape(name)}"]`);
    if (select && [...select.options].some(option => option.value === value)) select.value = value;
  }
} catch { /* nothing is kept */ }
form.addEventListener("input", show);
form.addEventListener("submit", event => event.preventDefault());
form.hidden = false;
for (const button of document.querySelectorAll(".print")) {
  if (!location.protocol.startsWith("http")) continue; // a page opened from a folder may not print another
  button.hidden = false;
  button.addEventListener("click", () => {
    document.querySelector("iframe")?.remove();
    const frame = document.createElement("iframe");
    frame.src = button.dataset.page;
    frame.style.cssText = "position:fixed;inline-size:1px;block-size:1px;border:0;inset-block-end:0";
    frame.addEventListener("load", () => frame.contentWindow.print());
    document.body.append(frame);
  });
}
show();
