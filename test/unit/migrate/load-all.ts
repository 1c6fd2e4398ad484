/** A program: loads the configurations that are named on its command line, as `logweir run` does. */
import { messageOf } from '../../../src/errors.ts';
import { loadConfigChecked } from '../../../src/transform/loader/load-config.ts';

for (const path of process.argv.slice(2)) {
  try {
    await loadConfigChecked(path);
  } catch (error) {
    process.stdout.write(`${messageOf(error)}\n`);
  }
}
