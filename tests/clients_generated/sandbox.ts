// What every TypeScript client needs of the sandbox besides the API itself.
import { readFileSync } from "node:fs";

export interface Sandbox {
  api_url: string;
  inbox_url: string;
  api_key: string;
}

export const facts: Sandbox = JSON.parse(readFileSync(process.argv[2]!, "utf8"));
export const address = `generated-${Date.now()}@velero.example`;
export const contact = {
  party_kind: "legal_entity" as const,
  legal_name: "Velero Generado, S.L.",
  roles: ["client" as const],
  tax_id: "A58818501",
  allow_duplicate: true,
  emails: [{ address }],
  addresses: [
    { kind: "fiscal" as const, street: "Calle de la Prueba 12", postal_code: "07012", city: "Palma" },
  ],
};
export const lines = [
  { description: "Limpieza de casco", quantity: "2", unit: "h", unit_price: "45.00" },
];

export function given<T>(data: T | undefined, error: unknown): T {
  if (data === undefined) throw new Error(JSON.stringify(error));
  return data;
}

export async function tokenFor(to: string): Promise<string> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const list = await (await fetch(`${facts.inbox_url}/api/v1/messages?limit=100`)).json();
    for (const one of list.messages) {
      if (one.To[0].Address !== to) continue;
      const message = await (await fetch(`${facts.inbox_url}/api/v1/message/${one.ID}`)).json();
      const found = /\/d\/([\w-]{43})/.exec(message.Text);
      if (found) return found[1]!;
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`no message reached ${to}`);
}
