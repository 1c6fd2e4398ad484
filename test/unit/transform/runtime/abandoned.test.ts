import { describe, expect, it } from 'vitest';
import type { Event } from '../../../../src/transform/api/api.ts';
import { batched } from '../../../../src/transform/runtime/batched.ts';
import { deferred, settleDown } from '../../support/fakes.ts';
import { type LabOptions, PipelineLab } from '../../support/pipeline-lab.ts';

/** Runs a record whose partition is abandoned while its transform waits for `gate`. */
async function abandonedAtGate(stepsOf: (gate: Promise<void>) => LabOptions): Promise<PipelineLab> {
  const gate = deferred();
  const lab = new PipelineLab(stepsOf(gate.promise));
  const owned = lab.own();
  lab.receive(['{"n":1,"text":"a"}']);
  lab.revoke(owned);
  gate.resolve();
  await settleDown();
  return lab;
}

function reads(event: Event): Event {
  event['read'] = event['n'];
  return event;
}

describe('a late transform of a record whose partition is abandoned', () => {
  it.each([true, false])('can read its event without a failure (lazy: %s)', async (lazy) => {
    const seen: unknown[] = [];
    const lab = await abandonedAtGate((gate) => ({
      lazy,
      run: async (event) => {
        await gate;
        seen.push(reads(event)['read']);
        return event;
      },
    }));
    expect(seen).toEqual([1]);
    expect(lab.errors).toEqual([]);
    expect(lab.counts).toMatchObject({ returned: 1, dead_lettered: 0 });
    expect(lab.documents).toEqual([]);
  });

  it.each([true, false])(
    'passes its event to the next transform without a failure (lazy: %s)',
    async (lazy) => {
      const lab = await abandonedAtGate((gate) => ({
        steps: [
          {
            lazy: true,
            onError: 'dead_letter',
            run: async (event) => {
              await gate;
              return event;
            },
          },
          { lazy, onError: 'dead_letter', run: reads },
        ],
      }));
      expect(lab.errors).toEqual([]);
      expect(lab.counts).toMatchObject({ returned: 1, dead_lettered: 0 });
    },
  );

  it('does not fail the other records of its batch', async () => {
    const run = batched({ batch: (events) => events.map(reads) });
    const lab = new PipelineLab({ lazy: true, run });
    const owned = lab.own(0);
    lab.own(1);
    lab.receive(['{"n":1}'], 0, 0);
    lab.receive(['{"n":2}'], 0, 1);
    lab.revoke(owned);
    await settleDown();
    expect(lab.errors).toEqual([]);
    expect(lab.counts.returned).toBe(1);
    expect(lab.documents).toHaveLength(1);
  });
});
