// Makes the documents of a return that has findings, of a clean one and of a refused one, and opens each.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
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

for (const [name, path] of Object.entries(returns)) {
  const workbook = report(path, "xlsx", join(folder, `${name}.xlsx`));
  const listed = JSON.parse(readFileSync(report(path, "json", join(folder, `${name}.json`)), "utf8")).findings.length;
  const sheets = join(folder, `${name}-sheets`);
  spawnSync("soffice", [
    "--headless", `-env:UserInstallation=file://${join(folder, "office")}`, "--convert-to",
    "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", sheets, workbook,
  ], { timeout: 180_000 });
  const findings = join(sheets, `${name}-Findings.csv`);
  if (!existsSync(findings) || !existsSync(join(sheets, `${name}-Summary.csv`))) { fault(`${name}.xlsx: LibreOffice does not open it`); continue; }
  // Every record begins with its rule's code; a line break within a cell makes a further line that does not.
  const records = readFileSync(findings, "utf8").split("\n").filter((line) => /^[A-Z][0-9]+,/.test(line)).length;
  if (records !== listed) fault(`${name}.xlsx: LibreOffice shows ${records} findings of ${listed}`);
  else console.log(`${name}.xlsx: LibreOffice shows ${readdirSync(sheets).length} sheets and ${records} findings`);
}
process.exit(faults.length === 0 ? 0 : 1);
