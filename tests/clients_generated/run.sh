#!/bin/sh
# Generate two TypeScript clients from openapi/openapi.json, compile them, and drive each through
# contact, quote, issue, e-mail, link and acceptance against the sandbox that `make run` started.
# The Python client needs no node: test_python.py.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/${1:-build/clients}
sandbox=$root/.local/sandbox.json
command -v npx >/dev/null || { echo "clients: SKIPPED, node is not installed" >&2; exit 1; }
test -f "$sandbox" || { echo "clients: no sandbox runs here; start \`make run\`" >&2; exit 1; }
rm -rf "$out" && mkdir -p "$out"
cd "$out"

# The lock holds what was tried, by version and hash, and names no registry.
cp "$here"/*.ts "$here"/package.json "$here"/package-lock.json .
npm ci --silent
npx openapi-typescript "$root/openapi/openapi.json" --default-non-nullable false --output paths.d.ts
npx openapi-ts --input "$root/openapi/openapi.json" --output hey --client @hey-api/client-fetch
npx tsc --noEmit --strict --target es2022 --module esnext --moduleResolution bundler \
  --lib es2022,dom,dom.iterable --types node --allowImportingTsExtensions plain.ts hey.ts
npx tsx plain.ts "$sandbox"
npx tsx hey.ts "$sandbox"
