// As much of a browser as signing in takes: cookies for each origin, redirects, forms.

export class Browser {
  #jar = new Map();

  // The cookies that an origin's pages would be sent.
  cookies(origin) {
    if (!this.#jar.has(origin)) this.#jar.set(origin, new Map());
    return this.#jar.get(origin);
  }

  // Another window with the same cookies as now.
  copy() {
    const copy = new Browser();
    for (const [origin, jar] of this.#jar) copy.#jar.set(origin, new Map(jar));
    return copy;
  }

  // Says yes to the provider's question whether to sign out; answers with the address to which it sends the browser.
  async leave(start, before) {
    const { answer, address } = await this.go(start);
    const page = await answer.text();
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    const xsrf = /name="xsrf" value="(\w+)"/.exec(page)?.[1];
    if (!action || !xsrf) throw new Error(`no question at ${address}: ${answer.status} ${page.slice(0, 300)}`);
    const body = new URLSearchParams({ xsrf, logout: "yes" });
    const left = await this.go(new URL(action, address).href, { method: "POST", body, before });
    if (!left.stopped) throw new Error("the provider did not send the browser back");
    return left.address;
  }

  // One request, with what the browser would add; redirects are not followed.
  async ask(address, options = {}) {
    const { origin } = new URL(address);
    const jar = this.cookies(origin);
    const headers = { ...options.headers };
    if (jar.size > 0) headers.cookie = [...jar].map(([name, { value }]) => `${name}=${value}`).join("; ");
    const answer = await fetch(address, { ...options, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split("; ");
      const at = pair.indexOf("=");
      const age = attributes.find((one) => /^max-age=/i.test(one))?.split("=")[1];
      const expires = attributes.find((one) => /^expires=/i.test(one))?.slice(8);
      const gone = (age !== undefined && Number(age) <= 0) || (expires && new Date(expires) < new Date());
      if (gone) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), { value: pair.slice(at + 1), line });
    }
    return answer;
  }

  // Follows redirects until there are none, or until one leads to `before`.
  async go(address, { before = null, ...options } = {}) {
    let answer = await this.ask(address, options);
    for (let steps = 0; answer.status >= 300 && answer.status < 400 && steps < 20; steps += 1) {
      address = new URL(answer.headers.get("location"), address).href;
      if (before && address.startsWith(before)) return { answer, address, stopped: true };
      answer = await this.ask(address);
    }
    return { answer, address, stopped: false };
  }

  // Fills in the provider's forms, one after the other, until it sends the browser to `before`; answers with that address.
  async agree(start, login, before) {
    let { answer, address, stopped } = await this.go(start, { before });
    for (let forms = 0; !stopped && forms < 4; forms += 1) {
      const page = await answer.text();
      const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
      const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1];
      if (!action) throw new Error(`no form at ${address}: ${answer.status} ${page.slice(0, 300)}`);
      const fields = { prompt, ...(prompt === "login" && { login, password: "as they like" }) };
      const body = new URLSearchParams(fields);
      ({ answer, address, stopped } = await this.go(new URL(action, address).href, { method: "POST", body, before }));
    }
    if (!stopped) throw new Error("the provider did not send the browser back");
    return address;
  }
}
