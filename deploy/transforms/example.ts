// A transform to start from: says in every event where it comes from. The configuration names it like this:
//   transforms:
//     - use: ./transforms/example.ts
//       with: { environment: staging }
import { defineTransform } from 'logweir';
import { z } from 'zod';

export default defineTransform({
  options: z.strictObject({ environment: z.string().min(1).default('development') }),
  setup({ environment }) {
    return (event) => {
      event['environment'] ??= environment;
      return event;
    };
  },
});
