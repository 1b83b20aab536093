// A provider of identities on loopback: `node provider.mjs PORT CONFIG`, CONFIG as JSON with client, secret, redirect, key
// (a seed that names the signing key), accounts {login: {sub, email, email_verified}}. Any password is right.
import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const [port, text] = process.argv.slice(2);
const given = JSON.parse(text);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const key = { ...privateKey.export({ format: "jwk" }), kid: given.key, use: "sig", alg: "RS256" };
const client = {
  client_id: given.client,
  redirect_uris: [given.redirect],
  grant_types: ["authorization_code"],
  response_types: ["code"],
  ...(given.secret ? { client_secret: given.secret } : { token_endpoint_auth_method: "none" }),
};
const provider = new Provider(`http://localhost:${port}`, {
  clients: [client],
  jwks: { keys: [key] },
  cookies: { keys: ["for tests only"] },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({ accountId: id, claims: () => given.accounts[id] ?? { sub: id } }),
  features: { devInteractions: { enabled: true } },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
