/**
 * Writes everything that is generated from the sources: pages of docs/, and the schema of the chart's values. One process, since
 * each of them loads the same sources.
 *
 *     node dev/docs.ts [--check]
 */
for (const name of ['built-ins', 'configuration', 'values-schema', 'reference', 'runbook'])
  await import(`./${name}.ts`);
