/**
 * Compiles wasm/json-scan.ts, which is AssemblyScript, into src/codec/json-scan-wasm.ts; with --check says whether that is current.
 *
 *     node dev/wasm.ts [--check]
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../test/support/paths.ts';
import { writeOrCheck } from './generated.ts';

const file = join(root, 'src/codec/json-scan-wasm.ts');
const compiler = join(root, 'node_modules/assemblyscript/bin/asc.js');
const options = ['-O3', '--runtime', 'stub', '--enable', 'simd', '--noAssert'];

function compile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'logweir-wasm-'));
  try {
    const outFile = join(directory, 'json-scan.wasm');
    execFileSync(process.execPath, [compiler, 'wasm/json-scan.ts', ...options, '--outFile', outFile], {
      cwd: root,
      stdio: 'inherit',
    });
    return readFileSync(outFile, 'base64');
  } finally {
    rmSync(directory, { recursive: true });
  }
}

writeOrCheck(
  file,
  `/** wasm/json-scan.ts, compiled by \`make wasm\`: base64 of a WebAssembly module. */
export const JSON_SCAN_WASM =
  '${compile()}';
`,
  'wasm',
);
