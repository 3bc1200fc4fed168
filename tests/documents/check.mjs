// Makes the documents of a return that has findings, of a clean one and of a refused one, and those of a release, and opens each.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const [homeward, folder] = process.argv.slice(2);
const faults = [];
const fault = (what) => { faults.push(what); console.error(`not right: ${what}`); };
const run = (...command) => execFileSync(homeward, command, { stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 });

// A report: the exit code tells the verdict, so it is no failure here.
function report(path, format, output) {
  const done = spawnSync(homeward, ["check", path, "--format", format, "--output", output]);
  if (done.status > 2) throw new Error(`homeward check: ${done.stderr}`);
  return output;
}

run("sample", "--output", join(folder, "good"), "--authorities", "331");
run("sample", "--output", join(folder, "faulty"), "--authorities", "331", "--faults", "0.2");
const refused = join(folder, "refused");
mkdirSync(refused);
for (const file of readdirSync(join(folder, "good", "331"))) copyFileSync(join(folder, "good", "331", file), join(refused, file));
const children = readdirSync(refused).find((file) => file.toLowerCase().startsWith("children"));
const rows = readFileSync(join(refused, children), "utf8").split("\n");
writeFileSync(join(refused, children), rows.map((row, at) => (row === "" ? row : `${row},${at === 0 ? "POSTCODE" : "CV1 1AA"}`)).join("\n"));

const returns = { faulty: join(folder, "faulty", "331"), clean: join(folder, "good", "331"), refused };
const pages = Object.entries(returns).map(([name, path]) => report(path, "html", join(folder, `${name}.html`)));
pages.push("specs/reunification/catalogue.html");

const chromium = (profile, ...more) => spawnSync("chromium", [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", `--user-data-dir=${join(folder, profile)}`, ...more,
], { encoding: "utf8", maxBuffer: 1 << 28, timeout: 120_000 });
const axe = readFileSync(join(folder, "node_modules/axe-core/axe.min.js"), "utf8");

// Violations of a page by axe-core, or nothing when it gave no answer.
function violations(page, at) {
  // axe runs inside the page and leaves its findings where --dump-dom can see them.
  const probe = "axe.run(document,{resultTypes:['violations']}).then(r=>{document.documentElement.innerHTML="
    + "'<head></head><body><pre id=\"axe\"></pre></body>';document.getElementById('axe').textContent="
    + "JSON.stringify(r.violations.map(v=>[v.id,v.help,v.nodes.length,v.nodes[0].html]))+'END'})";
  const probed = join(folder, `probed-${at}.html`);
  // A replacement text would be searched for patterns, a function's answer is not.
  writeFileSync(probed, readFileSync(page, "utf8").replace("</body>", () => `<script>${axe}</script><script>${probe}</script></body>`));
  const seen = chromium(`axe-${at}`, "--virtual-time-budget=60000", "--dump-dom", `file://${probed}`).stdout ?? "";
  const found = /<pre id="axe">(.*)END<\/pre>/s.exec(seen)?.[1];
  return found?.replaceAll("&lt;", "<").replaceAll("&gt;", ">");
}

// A page that axe must find fault with, so that its silence about the others means something.
const bad = join(folder, "bad.html");
writeFileSync(bad, "<!DOCTYPE html><html><head></head><body><img src='x'></body></html>");
if (!violations(bad, "bad")?.includes("image-alt")) fault("axe does not see an image without a text");

pages.forEach((page, at) => {
  const found = violations(page, at);
  if (found === undefined) fault(`${page}: axe gave no answer`);
  else if (found !== "[]") fault(`${page}: ${found}`);
  else console.log(`${page}: axe finds nothing`);
  const paper = join(folder, `page-${at}.pdf`);
  chromium(`print-${at}`, "--no-pdf-header-footer", `--print-to-pdf=${paper}`, `file://${resolve(page)}`);
  if (!existsSync(paper) || statSync(paper).size < 5_000) fault(`${page}: it does not print`);
});

// Every sheet of a workbook as CSV, by LibreOffice; nothing when it does not open it.
function sheetsOf(workbook, name) {
  const sheets = join(folder, `${name}-sheets`);
  spawnSync("soffice", [
    "--headless", `-env:UserInstallation=file://${join(folder, "office")}`, "--convert-to",
    "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", sheets, workbook,
  ], { timeout: 180_000 });
  return existsSync(sheets) ? sheets : undefined;
}

for (const [name, path] of Object.entries(returns)) {
  const workbook = report(path, "xlsx", join(folder, `${name}.xlsx`));
  const listed = JSON.parse(readFileSync(report(path, "json", join(folder, `${name}.json`)), "utf8")).findings.length;
  const sheets = sheetsOf(workbook, name) ?? folder;
  const findings = join(sheets, `${name}-Findings.csv`);
  if (!existsSync(findings) || !existsSync(join(sheets, `${name}-Summary.csv`))) { fault(`${name}.xlsx: LibreOffice does not open it`); continue; }
  // Every record begins with its rule's code; a line break within a cell makes a further line that does not.
  const records = readFileSync(findings, "utf8").split("\n").filter((line) => /^[A-Z][0-9]+,/.test(line)).length;
  if (records !== listed) fault(`${name}.xlsx: LibreOffice shows ${records} findings of ${listed}`);
  else console.log(`${name}.xlsx: LibreOffice shows ${readdirSync(sheets).length} sheets and ${records} findings`);
}

// A release of the indicators that are drawn, so that a program without optimisation makes it soon.
const specs = join(folder, "specs");
cpSync("specs", specs, { recursive: true });
const collection = readdirSync(specs).find((name) => existsSync(join(specs, name, "charts.toml")));
const charts = readFileSync(join(specs, collection, "charts.toml"), "utf8");
const drawn = new Set([...charts.matchAll(/^indicator = "(.+)"$/gm)].map((match) => `${match[1]}.md`));
const indicators = join(specs, collection, "indicators");
for (const file of readdirSync(indicators)) if (!drawn.has(file)) rmSync(join(indicators, file));
const release = join(folder, "release");
run("release", "--specs", specs, "--from", join(folder, "good"), "--collection", `${collection}-2026`, "--output", release);

// The words of a picture: all within it, and none upon another.
const measure = `const [, , width, height] = document.querySelector("svg").getAttribute("viewBox").split(" ").map(Number);
  const boxes = [...document.querySelectorAll("svg text")].map((text) => [text.textContent, text.getBBox()]);
  const out = boxes.filter(([, box]) => box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height);
  const meet = (one, other) => one.x < other.x + other.width && other.x < one.x + one.width
    && one.y < other.y + other.height && other.y < one.y + one.height;
  const over = boxes.flatMap(([text, box], at) => boxes.slice(at + 1).filter(([, other]) => meet(box, other)).map(([other]) => [text, other]));
  document.documentElement.innerHTML = "<head></head><body><pre id=measured></pre></body>";
  document.getElementById("measured").textContent = JSON.stringify([boxes.length, out.map(([text]) => text), over]) + "END";`;
const pictures = readdirSync(release).filter((file) => file.startsWith("chart_"));
const named = [...charts.matchAll(/^name = "(.+)"$/gm)].map((match) => `chart_${match[1]}.svg`).sort();
if (pictures.sort().join() !== named.join()) fault(`the release draws ${pictures}, not ${named}`);
pictures.forEach((picture, at) => {
  const svg = readFileSync(join(release, picture), "utf8");
  const page = (script) => `<!DOCTYPE html><html lang="en-GB"><head><title>${picture}</title></head><body><main><h1>${picture}</h1>${svg}</main>${script}</body></html>`;
  const plain = join(folder, `${picture}.html`);
  writeFileSync(plain, page(""));
  const found = violations(plain, `picture-${at}`);
  if (found !== "[]") fault(`${picture}: ${found ?? "axe gave no answer"}`);
  const measured = join(folder, `${picture}-measured.html`);
  writeFileSync(measured, page(`<script>${measure}</script>`));
  const seen = chromium(`measure-${at}`, "--virtual-time-budget=10000", "--dump-dom", `file://${measured}`).stdout ?? "";
  const answer = /<pre id="measured">(.*)END<\/pre>/s.exec(seen)?.[1];
  const [count, out, over] = answer ? JSON.parse(answer.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")) : [0, [], []];
  if (count < 3 || out.length > 0 || over.length > 0) fault(`${picture}: ${count} texts, outside it ${JSON.stringify(out)}, one upon another ${JSON.stringify(over)}`);
  else console.log(`${picture}: axe finds nothing, its ${count} texts stand apart`);
});

for (const form of ["xlsx", "ods"]) {
  const name = `tables-${form}`;
  const workbook = join(folder, `${name}.${form}`);
  copyFileSync(join(release, `tables.${form}`), workbook);
  const sheets = sheetsOf(workbook, name);
  if (sheets === undefined) { fault(`tables.${form}: LibreOffice does not open it`); continue; }
  const wanted = ["Cover", "Contents", "Notes", ...[...drawn].map((file) => file.replace(".md", ""))];
  const missing = wanted.filter((sheet) => !existsSync(join(sheets, `${name}-${sheet}.csv`)));
  const empty = readdirSync(sheets).filter((file) => /(^|,)(,|$)/m.test(readFileSync(join(sheets, file), "utf8").split("\n").slice(4, -1).join("\n").replace(/"[^"]*"/g, "text")));
  if (missing.length > 0 || empty.length > 0) fault(`tables.${form}: without ${missing}, with empty cells ${empty}`);
  else console.log(`tables.${form}: LibreOffice shows ${wanted.length} sheets and no empty cell in their tables`);
}
process.exit(faults.length === 0 ? 0 : 1);
