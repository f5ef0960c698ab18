"use strict";
// Shows the numbers of one row's training step, section by section, as they are embedded in the page.
(() => {
  const data = JSON.parse(document.getElementById("step-data").textContent);
  const place = document.getElementById("stepper");
  const make = (name, text, attributes) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
    return node;
  };
  const short = (value) => {
    if (value === null) return "not finite";
    if (value === 0) return "0";
    const size = Math.abs(value);
    return size < 1e-3 || size >= 1e5 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
  };
  const grid = (quantity) => {
    const { rows, cols, values, of } = quantity;
    const table = make("table", undefined, { class: "cells" });
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value || 0)), 0) || 1;
    const head = table.createTHead().insertRow();
    head.append(make("th", ""));
    for (let column = 0; column < cols; column++) head.append(make("th", String(column + 1), { scope: "col" }));
    const body = table.createTBody();
    for (let row = 0; row < rows; row++) {
      const line = body.insertRow();
      line.append(make("th", String(row + 1), { scope: "row" }));
      for (let column = 0; column < cols; column++) {
        const value = values[row * cols + column];
        const cell = line.insertCell();
        cell.textContent = short(value);
        const colour = value < 0 ? "--negative" : "--positive";
        const strength = (0.35 * Math.abs(value || 0)) / largest;
        cell.style.background = `rgb(var(${colour}) / ${strength.toFixed(3)})`;
      }
    }
    const wide = make("div", undefined, { class: "wide", tabindex: "0" });
    wide.append(table);
    if (of) wide.append(make("p", `of ${of[0]} x ${of[1]} numbers the first ${rows} x ${cols}`, { class: "note" }));
    return wide;
  };
  const shown = new Set(["loss", "forward"]);
  const show = (number) => {
    const row = data.rows[number];
    const out = document.createDocumentFragment();
    out.append(make("p", row.words));
    for (const section of row.sections) {
      const box = make("details");
      box.open = shown.has(section.title);
      box.addEventListener("toggle", () => (box.open ? shown.add(section.title) : shown.delete(section.title)));
      box.append(make("summary", section.title));
      for (const quantity of section.quantities) {
        const heading = make("h3");
        heading.append(make("code", quantity.formula));
        box.append(heading, make("p", quantity.meaning, { class: "note" }), grid(quantity));
      }
      out.append(box);
    }
    view.replaceChildren(out);
    choice.value = String(number);
    back.disabled = number === 0;
    next.disabled = number === data.rows.length - 1;
  };
  const controls = make("div", undefined, { class: "controls" });
  const name = make("label", "row ", { for: "which" });
  const choice = make("select", undefined, { id: "which" });
  data.rows.forEach((row, at) => choice.append(make("option", row.name, { value: String(at) })));
  const back = make("button", "previous", { type: "button" });
  const next = make("button", "next", { type: "button" });
  const view = make("div", undefined, { "aria-live": "polite" });
  choice.addEventListener("change", () => show(Number(choice.value)));
  back.addEventListener("click", () => show(Number(choice.value) - 1));
  next.addEventListener("click", () => show(Number(choice.value) + 1));
  controls.append(name, choice, back, next);
  place.replaceChildren(controls, view);
  show(0);
})();
