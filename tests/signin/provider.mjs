// A department's provider: oidc-provider on this machine, with people, keys that change, and a door at which its tokens can
// be exchanged on their way out.
import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";
import { SignJWT, importJWK } from "jose";

// A signing key as JWK. Its kid is its own, so that a service that knows only older keys does not find it.
export function key(kid) {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" };
}

export class Department {
  // Who can sign in there: login → claims.
  people = new Map();
  // Does something to the answer with the tokens before it leaves.
  meddle = null;
  // Whether it says that people can sign out there.
  signsOut = true;

  constructor(port, client) {
    this.issuer = `http://127.0.0.1:${port}`;
    this.port = port;
    this.client = client;
    this.keys = [key("first")];
  }

  // Starts with the keys it has now.
  async start() {
    const { post_logout_redirect_uris, ...plain } = this.client;
    const client = this.signsOut ? this.client : plain;
    const provider = new Provider(this.issuer, {
      features: { rpInitiatedLogout: { enabled: this.signsOut } },
      clients: [{ ...client, grant_types: ["authorization_code"], response_types: ["code"] }],
      jwks: { keys: this.keys },
      claims: { openid: ["sub"], email: ["email", "email_verified"] },
      pkce: { required: () => true, methods: ["S256"] },
      cookies: { keys: ["a secret of this test"] },
      findAccount: (_, login) => ({ accountId: login, claims: () => ({ sub: login, ...this.people.get(login) }) }),
      ttl: { Session: 600, Interaction: 600, Grant: 600, AccessToken: 600, IdToken: 600 },
    });
    const answer = provider.callback();
    this.server = createServer((request, response) => {
      if (this.meddle && request.url === "/token") this.#exchange(response);
      answer(request, response);
    });
    await new Promise((ready) => this.server.listen(this.port, "127.0.0.1", ready));
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  // New keys, as after a rotation: the old ones are gone.
  async rotate(kid) {
    this.keys = [key(kid)];
    await this.stop();
    await this.start();
  }

  // A token with these claims, signed with a key of the provider, or with another.
  async sign(claims, jwk = this.keys[0], alg = jwk.alg) {
    const signer = new SignJWT(claims).setProtectedHeader({ alg, kid: jwk.kid });
    return signer.sign(await importJWK(jwk, alg));
  }

  // What leaves is held back until the test has had its hands on it.
  #exchange(response) {
    const end = response.end.bind(response);
    response.end = (body) => {
      const told = JSON.parse(body.toString());
      const [, payload] = (told.id_token ?? "..").split(".");
      const claims = told.id_token && JSON.parse(Buffer.from(payload, "base64url"));
      Promise.resolve(this.meddle(told, claims)).then((changed) => {
        const text = Buffer.from(JSON.stringify(changed ?? told));
        response.setHeader("content-length", text.length);
        end(text);
      });
      return response;
    };
  }
}
