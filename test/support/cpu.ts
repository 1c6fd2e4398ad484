/**
 * The least processor time of this thread that a few runs of something took, in ms: other processes of the machine do not count, nor what
 * is compiled or collected on the way in one of them.
 */
export async function cpuMs(run: () => unknown, rounds = 3): Promise<number> {
  let best = Infinity;
  for (let round = 0; round < rounds; round++) {
    const start = process.threadCpuUsage();
    await run();
    const { user, system } = process.threadCpuUsage(start);
    best = Math.min(best, (user + system) / 1000);
  }
  return best;
}
