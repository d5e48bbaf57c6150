#!/bin/sh
# Generate three clients from openapi/openapi.json, compile them, and drive each through
# contact, quote, issue, e-mail, link and acceptance against the sandbox that `make run` started.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$root/${1:-build/clients}
sandbox=$root/.local/sandbox.json
command -v npx >/dev/null || { echo "clients: SKIPPED, node is not installed" >&2; exit 1; }
test -f "$sandbox" || { echo "clients: no sandbox runs here; start \`make run\`" >&2; exit 1; }
rm -rf "$out" && mkdir -p "$out"
cd "$out"

echo '{"type": "module", "private": true}' > package.json
npm install --silent --no-package-lock \
  openapi-typescript@7 openapi-fetch@0.17 @hey-api/openapi-ts@0.95 typescript@5.9 @types/node@20 tsx@4
cp "$here"/*.ts .
npx openapi-typescript "$root/openapi/openapi.json" --default-non-nullable false --output paths.d.ts
npx openapi-ts --input "$root/openapi/openapi.json" --output hey --client @hey-api/client-fetch
npx tsc --noEmit --strict --target es2022 --module esnext --moduleResolution bundler \
  --lib es2022,dom,dom.iterable --types node --allowImportingTsExtensions plain.ts hey.ts
npx tsx plain.ts "$sandbox"
npx tsx hey.ts "$sandbox"

python=${PYTHON:-python3}
"$python" -m venv python
python/bin/pip install --quiet --disable-pip-version-check openapi-python-client
PATH="$PWD/python/bin:$PATH" python/bin/openapi-python-client generate \
  --path "$root/openapi/openapi.json" --meta none --output-path "$PWD/conforme_client" --overwrite
cp "$here/plain_python.py" .
python/bin/python -W error -m compileall -q conforme_client
python/bin/python plain_python.py "$sandbox"
