// openapi-typescript's types with openapi-fetch: from a quote to its acceptance.
import createClient from "openapi-fetch";
import type { paths } from "./paths";
import { address, contact, facts, given, lines, tokenFor } from "./sandbox.ts";

const api = createClient<paths>({
  baseUrl: facts.api_url,
  headers: { Authorization: `Bearer ${facts.api_key}` },
});
const client = createClient<paths>({ baseUrl: facts.api_url });

const made = await api.POST("/v1/contacts", { body: contact });
const contact_id = given(made.data, made.error).id;
const drafted = await api.POST("/v1/documents", { body: { type: "quote", contact_id, lines } });
const document_id = given(drafted.data, drafted.error).id;
const issued = await api.POST("/v1/documents/{document_id}/issue", {
  params: { path: { document_id } },
});
const quote = given(issued.data, issued.error);
const sent = await api.POST("/v1/documents/{document_id}/dispatches", {
  params: { path: { document_id }, header: { "Idempotency-Key": crypto.randomUUID() } },
  body: {},
});
given(sent.data, sent.error);
const path = { token: await tokenFor(address) };
const seen = await client.GET("/public/v1/documents/{token}", { params: { path } });
const accepted = await client.POST("/public/v1/documents/{token}/accept", {
  params: { path },
  body: {
    name: "Ana Ruiz",
    statement_accepted: true,
    form_nonce: given(seen.data, seen.error).form_nonce!,
  },
});
given(accepted.data, accepted.error);
const again = await api.GET("/v1/documents/{document_id}", { params: { path: { document_id } } });
const { status } = given(again.data, again.error);
if (status !== "accepted") throw new Error(status);
console.log(`openapi-typescript: ${quote.number} ${status}`);
