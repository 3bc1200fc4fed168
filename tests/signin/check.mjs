// Walks people through signing in, and what is wrong through being refused, against the real service and the real provider.
import { spawn, execFileSync } from "node:child_process";
import { writeFileSync, readFileSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Browser } from "./browser.mjs";
import { Department, key } from "./provider.mjs";

const [homeward, folder] = process.argv.slice(2);
const faults = [];
let checks = 0;
function is(found, wanted, what) {
  checks += 1;
  if (JSON.stringify(found) === JSON.stringify(wanted)) return;
  faults.push(what);
  console.error(`not right: ${what}: ${JSON.stringify(found)}, and not ${JSON.stringify(wanted)}`);
}
const holds = (text, part, what) => is(text.includes(part) ? part : text, part, what);

async function freePort() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

const [ours, theirs] = [await freePort(), await freePort()];
const service = `http://127.0.0.1:${ours}`;
const callback = `${service}/v1/sign-in/callback`;
const secret = "a secret between the service and its provider";
const signedOut = `${service}/v1/sign-out/callback`;
const department = new Department(theirs, {
  client_id: "homeward", client_secret: secret, redirect_uris: [callback], post_logout_redirect_uris: [signedOut],
});

const data = join(folder, "data");
const log = join(folder, "homeward.log");
writeFileSync(join(folder, "client-secret"), `${secret}\n`, { mode: 0o600 });
const environment = {
  ...process.env,
  HOMEWARD_SERVICE_LISTEN: `127.0.0.1:${ours}`,
  HOMEWARD_SERVICE_ADMIN_LISTEN: "127.0.0.1:0",
  HOMEWARD_SERVICE_DATA_FOLDER: data,
  HOMEWARD_LOG_FILTER: "homeward=debug,info",
  HOMEWARD_SIGNIN_ISSUER: department.issuer,
  HOMEWARD_SIGNIN_CLIENT_ID: "homeward",
  HOMEWARD_SIGNIN_CLIENT_SECRET_FILE: join(folder, "client-secret"),
  HOMEWARD_SIGNIN_REDIRECT_ADDRESS: callback,
  HOMEWARD_RATES_ADDRESS_SIGN_INS_PER_MINUTE: "1000",
  HOMEWARD_RATES_ANONYMOUS_PER_MINUTE: "1000",
};
const admin = (...words) => execFileSync(homeward, ["admin", ...words], { env: environment, encoding: "utf8" });

const process_ = spawn(homeward, ["serve"], { env: environment, stdio: ["ignore", "pipe", openSync(log, "w")] });
await new Promise((ready, failed) => {
  process_.stdout.once("data", ready);
  process_.once("exit", (code) => failed(new Error(`homeward ended with ${code}: ${readFileSync(log, "utf8")}`)));
});

// Signs somebody in and answers with what the service said at the end, and the address at which it was asked.
async function signIn(login, browser = new Browser(), path = "") {
  const back = await browser.agree(`${service}/v1/sign-in${path}`, login, callback);
  const answer = await browser.ask(back);
  return { browser, back, answer, problem: answer.status >= 400 ? await answer.json() : null };
}
const session = (browser, options) => browser.ask(`${service}/v1/session`, options);

try {
  // Down from the start: the service is up all the same, and says so.
  const early = await new Browser().ask(`${service}/v1/sign-in`);
  is([early.status, (await early.json()).code], [503, "sign-in-unavailable"], "no provider yet");
  is(Number(early.headers.get("retry-after")) > 0, true, "and when to try again");

  await department.start();
  department.people.set("officer-17", { email: "kestrel.officer@council.example", email_verified: true });
  department.people.set("director-4", { email: "kestrel.director@council.example", email_verified: true });
  department.people.set("boaster-9", { email: "kestrel.collector@department.example", email_verified: false });
  department.people.set("stranger-1", { email: "kestrel.stranger@elsewhere.example", email_verified: true });
  const entered = (name, role, ...more) => admin("person", "new", "--name", name, "--role", role, ...more).trim();
  const officer = entered("Kestrel Officer", "submitter", "--authority", "330");
  admin("sign-in", "provider", officer, "--subject", "officer-17");
  entered("Kestrel Director", "submitter,signatory", "--authority", "330", "--email", "Kestrel.Director@council.example");
  entered("Kestrel Collector", "collector", "--email", "kestrel.collector@department.example");

  // Known by issuer and subject.
  const first = await signIn("officer-17", new Browser(), "?return=/v1/returns%3Fstate=checked");
  is([first.answer.status, first.answer.headers.get("location")], [303, "/v1/returns?state=checked"], "back where they wanted");
  const line = first.browser.cookies(service).get("homeward")?.line ?? "";
  for (const part of ["HttpOnly", "SameSite=Lax", "Path=/"]) holds(line, part, "the cookie of the session");
  is([...first.browser.cookies(service).keys()], ["homeward"], "the cookie of the sign-in is gone");
  const who = await (await session(first.browser)).json();
  is([who.kind, who.name, who.organisation, who.roles], ["session", "Kestrel Officer", "330", ["submitter"]], "who they are");
  is(new Date(who.ends) > new Date() && new Date(who.idle_until) < new Date(who.ends), true, "until when");
  is((await first.browser.ask(`${service}/v1/returns`)).status, 200, "they may read their returns");
  is((await first.browser.ask(`${service}/v1/collections/reunification-2026/coverage`)).status, 403, "and no more");

  // What changes something comes from a page of the service.
  const check = (headers) => first.browser.ask(`${service}/v1/checks`, { method: "POST", body: "a,b\n", headers });
  for (const headers of [{}, { origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }, { origin: "null" }]) {
    const refused = await check(headers);
    is([refused.status, (await refused.json()).code], [403, "cross-site"], `from another page ${JSON.stringify(headers)}`);
  }
  is((await check({ origin: service })).status, 200, "from its own page");
  is((await check({ "sec-fetch-site": "same-origin" })).status, 200, "from its own page, as newer browsers say");

  // The same way back, again and by others.
  const again = await first.browser.ask(first.back);
  is([again.status, (await again.json()).code], [401, "sign-in-failed"], "the same state again");
  is((await new Browser().ask(first.back)).status, 401, "from another browser");

  // Invited by an address that the provider has verified; then known by the subject, whatever the address.
  const invited = await signIn("director-4");
  is(invited.answer.status, 303, "invited by e-mail");
  is((await (await session(invited.browser)).json()).roles, ["submitter", "signatory"], "with the roles of the ledger");
  department.people.set("director-4", { email: "another@council.example", email_verified: true, roles: ["operator"] });
  const later = await signIn("director-4");
  is((await (await session(later.browser)).json()).name, "Kestrel Director", "known by the subject");

  // Not entered here, or only by an address that anybody could claim.
  for (const login of ["stranger-1", "boaster-9"]) {
    const { answer, problem } = await signIn(login);
    is([answer.status, problem.code], [403, "person-unknown"], login);
    holds(problem.detail, "homeward admin sign-in provider", "who can enter them");
    holds(problem.detail, login, "under which subject");
  }

  // Tokens that are not what they should be.
  const stranger = key("stranger");
  const claimed = (change) => async (told, claims) => ({ ...told, id_token: await department.sign(change(claims)) });
  const signed = (jwk, alg) => async (told, claims) => ({ ...told, id_token: await department.sign(claims, jwk, alg) });
  const k = Buffer.from(secret).toString("base64url");
  const tokens = {
    "an altered token": ["the signature of the token is wrong", (told) => {
      const [head, payload, signature] = told.id_token.split(".");
      const claims = { ...JSON.parse(Buffer.from(payload, "base64url")), sub: "director-4" };
      return { ...told, id_token: [head, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".") };
    }],
    "for another service": ["the token is meant for another service", claimed((claims) => ({ ...claims, aud: "elsewhere" }))],
    "for another service too": ["the token is meant for another service", claimed((claims) => ({ ...claims, aud: ["homeward", "elsewhere"] }))],
    "expired": ["the token has expired", claimed((claims) => ({ ...claims, exp: Math.floor(Date.now() / 1000) - 5 }))],
    "of another sign-in": ["the token belongs to another sign-in", claimed((claims) => ({ ...claims, nonce: "another" }))],
    "without a nonce": ["the token belongs to another sign-in", claimed(({ nonce, ...claims }) => claims)],
    "of another issuer": ["the token comes from another issuer", claimed((claims) => ({ ...claims, iss: "https://evil.example" }))],
    "signed by a stranger": ["the token is signed with a key that the provider does not show", signed(stranger)],
    "signed by a stranger under a known name": ["the signature of the token is wrong", signed({ ...stranger, kid: department.keys[0].kid })],
    "signed with the shared secret": ["the token is signed in a way that this service does not take", signed({ kty: "oct", k, kid: "first" }, "HS256")],
    "without a signature": ["the signature of the token is wrong", (told) => {
      const head = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
      return { ...told, id_token: `${head}.${told.id_token.split(".")[1]}.` };
    }],
    "no token": ["no ID token came with the code", ({ id_token, ...told }) => told],
    "an access token of another answer": ["the token came with another access token", (told) => ({ ...told, access_token: "another" })],
  };
  const reasons = () => [...readFileSync(log, "utf8").matchAll(/why="([^"]*)"/g)].map(([, why]) => why);
  for (const [what, [why, meddle]] of Object.entries(tokens)) {
    department.meddle = meddle;
    const { answer, problem, browser } = await signIn("officer-17");
    is([answer.status, problem?.code, browser.cookies(service).has("homeward")], [401, "sign-in-failed", false], what);
    is(reasons().at(-1), why, `the reason: ${what}`);
  }
  is(reasons().length, Object.keys(tokens).length, "each for its own reason");
  department.meddle = (told) => told;
  is((await signIn("officer-17")).answer.status, 303, "the token as it was made");
  department.meddle = null;

  // The provider says no, or another provider speaks.
  for (const change of [(url) => { url.searchParams.delete("code"); url.searchParams.set("error", "access_denied"); },
    (url) => url.searchParams.set("iss", "https://evil.example"), (url) => url.searchParams.set("state", "another"),
    (url) => url.searchParams.set("code", "another")]) {
    const browser = new Browser();
    const back = new URL(await browser.agree(`${service}/v1/sign-in`, "officer-17", callback));
    change(back);
    const refused = await browser.ask(back.href);
    is([refused.status, (await refused.json()).code], [401, "sign-in-failed"], `the way back with ${change}`);
  }
  for (const path of ["//evil.example", "https://evil.example", "/\\evil.example"]) {
    is((await new Browser().ask(`${service}/v1/sign-in?return=${encodeURIComponent(path)}`)).status, 400, `away to ${path}`);
  }
  const password = await fetch(`${service}/v1/session`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ user_name: "a", password: "b" }),
  });
  is([password.status, (await password.json()).code], [409, "sign-in-elsewhere"], "no passwords beside a provider");

  // New keys at the provider.
  await department.rotate("second");
  is((await signIn("officer-17")).answer.status, 303, "after the provider's keys changed");

  // Down: those who are signed in stay so, nobody else gets in, and all is well when it is back.
  const halfway = new Browser();
  const back = await halfway.agree(`${service}/v1/sign-in`, "officer-17", callback);
  await department.stop();
  const down = await halfway.ask(back);
  is([down.status, (await down.json()).code], [503, "sign-in-unavailable"], "the provider is down");
  is((await session(first.browser)).status, 200, "sessions go on");
  await department.start();
  is((await signIn("officer-17")).answer.status, 303, "and up again");

  // Signing out ends the session itself, not only the cookie.
  const kept = first.browser.cookies(service).get("homeward").value;
  const out = await session(first.browser, { method: "DELETE", headers: { origin: service } });
  is([out.status, first.browser.cookies(service).has("homeward")], [204, false], "signed out");
  const after = await fetch(`${service}/v1/session`, { headers: { cookie: `homeward=${kept}` } });
  is(after.status, 401, "a kept cookie opens nothing");
  is((await fetch(`${service}/v1/session`, { headers: { authorization: `Bearer ${kept}` } })).status, 401, "nor does the key");

  // Signing out at the provider too: here at once, there when the person says yes, and back with their own state.
  const signOut = (browser, path = "", headers = { origin: service }) =>
    browser.ask(`${service}/v1/sign-out${path}`, { method: "POST", headers });
  const leaver = (await signIn("officer-17")).browser;
  const leaversKey = leaver.cookies(service).get("homeward").value;
  is((await signOut(leaver, "", {})).status, 403, "not from another page");
  is((await session(leaver)).status, 200, "which ends nothing");
  is((await signOut(leaver, "?return=//evil.example")).status, 400, "not away to another host");
  const leaving = await signOut(leaver, "?return=/v1/collections");
  const asked = new URL(leaving.headers.get("location"));
  is([leaving.status, asked.origin], [303, department.issuer], "to the provider");
  is([...asked.searchParams.keys()].sort(), ["client_id", "post_logout_redirect_uri", "state"], "with nothing about the person");
  is([...leaver.cookies(service).keys()], ["homeward-sign-out"], "signed out here already");
  is((await fetch(`${service}/v1/session`, { headers: { cookie: `homeward=${leaversKey}` } })).status, 401, "and for good");
  const silently = async (browser) => (await browser.go(`${service}/v1/sign-in`, { before: callback })).stopped;
  is(await silently(leaver.copy()), true, "the provider still knows them");
  const left = await leaver.leave(asked.href, signedOut);
  is(new URL(left).searchParams.get("state"), asked.searchParams.get("state"), "back with the state");
  for (const [what, browser, address] of [["another browser", new Browser(), left], ["another state", leaver, `${signedOut}?state=x`]]) {
    const refused = await browser.ask(address);
    is([refused.status, (await refused.json()).code], [400, "request-invalid"], `the way back from ${what}`);
  }
  const home = (await signIn("officer-17")).browser;
  const homeward = await home.leave((await signOut(home)).headers.get("location"), signedOut);
  const ended = await home.ask(homeward);
  is([ended.status, (await ended.json()).at_provider], [200, true], "signed out at the provider");
  is((await home.ask(homeward)).status, 400, "the same way back again");
  is([...home.cookies(service).keys()], [], "no cookie is left");
  is(await silently(home), false, "the provider asks who they are");
  const away = (await signIn("officer-17")).browser;
  const to = await signOut(away, "?return=/v1/collections");
  const returned = await away.ask(await away.leave(to.headers.get("location"), signedOut));
  is([returned.status, returned.headers.get("location")], [303, "/v1/collections"], "back where they wanted");

  // A provider that offers no such thing: out here, and nowhere else.
  department.signsOut = false;
  await department.rotate("third");
  const plain = (await signIn("officer-17")).browser;
  const only = await signOut(plain);
  is([only.status, [...plain.cookies(service).keys()]], [204, []], "a provider that signs nobody out");
  const elsewhere = await signOut((await signIn("officer-17")).browser, "?return=/v1/collections");
  is([elsewhere.status, elsewhere.headers.get("location")], [303, "/v1/collections"], "and straight back to where they wanted");

  // Disabled: at once, and no way in.
  const last = await signIn("officer-17");
  is((await session(last.browser)).status, 200, "before being disabled");
  admin("person", "disable", officer);
  is((await session(last.browser)).status, 401, "disabled people are out at once");
  const refused = await signIn("officer-17");
  is([refused.answer.status, refused.problem?.code], [401, "sign-in-failed"], "and do not come in again");

  const text = readFileSync(log, "utf8");
  const traces = ["kestrel", "officer-17", "director-4", "stranger-1", "council.example", kept, leaversKey, secret, new URL(back).searchParams.get("code")];
  is(traces.filter((trace) => text.toLowerCase().includes(trace.toLowerCase())), [], "the log says nothing of people");
  holds(text, "somebody signed in", "and that they came");
} finally {
  process_.removeAllListeners("exit");
  process_.kill("SIGTERM");
  await department.stop().catch(() => {});
}
await new Promise((ended) => (process_.exitCode === null ? process_.once("exit", ended) : ended()));
if (faults.length > 0) { console.error(`${faults.length} of ${checks} checks of signing in failed`); process.exit(1); }
console.log(`signing in at a real provider: ${checks} checks`);
process.exit(0);
