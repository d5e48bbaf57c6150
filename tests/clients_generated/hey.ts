// @hey-api/openapi-ts: from a quote to its acceptance.
import * as api from "./hey/sdk.gen";
import { client } from "./hey/client.gen";
import { address, contact, facts, given, lines, tokenFor } from "./sandbox.ts";

client.setConfig({ baseUrl: facts.api_url, auth: () => facts.api_key });

const made = await api.createContact({ body: contact });
const contact_id = given(made.data, made.error).id;
const drafted = await api.createDocument({ body: { type: "quote", contact_id, lines } });
const document_id = given(drafted.data, drafted.error).id;
const issued = await api.issueDocument({ path: { document_id } });
const quote = given(issued.data, issued.error);
const sent = await api.dispatchDocument({
  path: { document_id },
  headers: { "Idempotency-Key": crypto.randomUUID() },
  body: {},
});
given(sent.data, sent.error);
const path = { token: await tokenFor(address) };
const seen = await api.getSharedDocument({ path });
const accepted = await api.acceptDocument({
  path,
  body: {
    name: "Ana Ruiz",
    statement_accepted: true,
    form_nonce: given(seen.data, seen.error).form_nonce!,
  },
});
given(accepted.data, accepted.error);
const again = await api.getDocument({ path: { document_id } });
const { status } = given(again.data, again.error);
if (status !== "accepted") throw new Error(status);
console.log(`@hey-api/openapi-ts: ${quote.number} ${status}`);
