// Opens pages in Chromium in every way they are read and prints what is wrong with them, one line each.
//
//   node check.mjs [--pictures FOLDER] PAGE...
//
// PLANNER_TEST_CHROMIUM is the browser, PLANNER_TEST_NODE_MODULES the folder with the packages of package.json.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const required = createRequire(path.join(process.env.PLANNER_TEST_NODE_MODULES, "modules.js"));
const { chromium } = required("playwright-core");
const axe = readFileSync(required.resolve("axe-core/axe.min.js"), "utf8");

// The widths of desks, of a tablet, of a telephone, and of what margins of 15 mm leave of A4 paper.
const WAYS = [
  { name: "light", width: 1280, media: { colorScheme: "light" } },
  { name: "dark", width: 1280, media: { colorScheme: "dark" } },
  { name: "wide", width: 1440, media: { colorScheme: "light" } },
  { name: "middle", width: 768, media: { colorScheme: "light" } },
  { name: "narrow", width: 390, media: { colorScheme: "light" } },
  { name: "narrow dark", width: 390, media: { colorScheme: "dark" } },
  { name: "print", width: 680, media: { colorScheme: "dark", media: "print" } },
];

const pages = process.argv.slice(2);
const pictures = pages[0] === "--pictures" ? pages.splice(0, 2)[1] : undefined;
const browser = await chromium.launch({
  executablePath: process.env.PLANNER_TEST_CHROMIUM,
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"],
  chromiumSandbox: false,
});
for (const page of pages) {
  const found = await Promise.all(WAYS.map((way) => offences(page, way)));
  WAYS.forEach((way, index) => found[index].forEach((offence) => console.log(`${page}: ${way.name}: ${offence}`)));
}
await browser.close();

async function offences(file, way) {
  const page = await browser.newPage({ viewport: { width: way.width, height: 900 } });
  const address = pathToFileURL(path.resolve(file)).href;
  const found = [];
  page.on("console", (message) => found.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => found.push(`error: ${error.message}`));
  page.on("request", (request) => request.url() === address || found.push(`loads ${request.url()}`));
  await page.emulateMedia(way.media);
  await page.goto(address);
  found.push(...(await page.evaluate(seen, way.media.media === "print")));
  found.push(...(await unnamed(page)));
  // In the browser's own world, so that the page is what its reader gets.
  await page.evaluate(axe);
  if (way.media.media === "print") found.push(...(await sheets(page)));
  const { violations } = await page.evaluate(() => axe.run());
  for (const { id, help, nodes } of violations) found.push(`${id}: ${help}: ${nodes[0].html.slice(0, 160)}`);
  if (pictures) {
    const name = `${path.basename(path.dirname(path.resolve(file)))}-${path.basename(file, ".html")}`;
    const picture = path.join(pictures, `${name}-${way.name.replace(" ", "-")}`);
    await page.screenshot({ path: `${picture}.png`, fullPage: true });
    if (way.name === "print") await page.pdf({ path: `${picture}.pdf`, format: "A4" });
  }
  await page.close();
  return found;
}

// A decision with cards is one sheet of either paper.
async function sheets(page) {
  const found = [];
  if (!(await page.locator("body:not(.full) .decision .cards").count())) return found;
  for (const format of ["A4", "Letter"]) {
    const pdf = (await page.pdf({ format })).toString("latin1");
    const count = pdf.match(/\/Type\s*\/Page\b/g).length;
    if (count > 1) found.push(`the decision takes ${count} sheets of ${format}`);
  }
  return found;
}

// What a screen reader would say of each drawing, by the browser's own accessibility tree.
async function unnamed(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const drawings = nodes.filter((node) => !node.ignored && ["image", "img"].includes(node.role?.value));
  const shown = await page.locator("svg:visible").count();
  const found = drawings
    .filter((node) => !node.name?.value?.trim() || !node.description?.value?.trim())
    .map((node) => `a drawing named ${JSON.stringify(node.name?.value)} described ${JSON.stringify(node.description?.value)}`);
  if (drawings.length !== shown) found.push(`${drawings.length} of ${shown} drawings are images to a screen reader`);
  return found;
}

// Runs in the page: what is cut off, lies on top of something else or has no numbers.
function seen(printed) {
  const found = [];
  const shown = (element) => element.checkVisibility() && element.getClientRects().length > 0;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)].filter(shown);
  const excerpt = (text) => JSON.stringify(text.trim().slice(0, 60));

  const { scrollWidth, clientWidth } = document.scrollingElement;
  if (scrollWidth > clientWidth) found.push(`scrolls sideways: ${scrollWidth} px in ${clientWidth} px`);

  for (const figure of all("figure")) {
    const name = figure.id;
    if (all("svg[role=img]", figure).length !== 1) found.push(`${name}: not exactly one drawing is shown`);
    if (!figure.querySelector("tbody tr")) found.push(`${name}: no numbers below the drawing`);
    const onSheet = figure.closest("body:not(.full) .decision");
    if (printed && !onSheet && all("tbody tr", figure).length === 0) found.push(`${name}: its numbers are not printed`);
  }
  for (const drawing of all("svg")) {
    const frame = drawing.getBoundingClientRect();
    // What margins of 15 mm leave of the height of Letter paper.
    if (printed && frame.height > 940) found.push(`${drawing.id}: too high for a sheet`);
    const texts = [...drawing.querySelectorAll("text")].map((element) => [element.textContent, element.getBoundingClientRect()]);
    texts.forEach(([text, box], index) => {
      const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1 && box.top >= frame.top - 1 && box.bottom <= frame.bottom + 1;
      if (!inside) found.push(`${excerpt(text)} leaves its drawing`);
      for (const [other, rival] of texts.slice(index + 1)) {
        const across = Math.min(box.right, rival.right) - Math.max(box.left, rival.left);
        const down = Math.min(box.bottom, rival.bottom) - Math.max(box.top, rival.top);
        if (across > 1 && down > 3) found.push(`${excerpt(text)} lies on ${excerpt(other)}`);
      }
    });
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, textContent: text } = walker.currentNode;
    if (!text.trim() || parent.closest("svg, .skip") || !shown(parent)) continue;
    let block = parent;
    while (getComputedStyle(block).display.startsWith("inline")) block = block.parentElement;
    if (getComputedStyle(block).overflowX === "auto") continue;
    const box = block.getBoundingClientRect();
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const line of range.getClientRects()) {
      const code = parent.closest("pre");
      const beyond = line.left < box.left - 1 || line.right > box.right + 1;
      if (beyond && !code) found.push(`${excerpt(text)} overflows its box`);
    }
  }
  return [...new Set(found)];
}
