import { lazyOf } from '../codec/lazy-event.ts';
import type { Renderer } from '../elasticsearch/render.ts';
import { routeTo, targetOf } from '../transform/api/route.ts';
import { SHADOW_PREFIX } from './shadow.ts';

/** Also puts the prefix before a target that a transform has chosen with `routeTo`. */
export function shadowRenderer(renderer: Renderer): Renderer {
  return {
    passthrough: renderer.passthrough,
    event: (settlement, event, output, exact) => {
      const target = targetOf(lazyOf(event, exact)?.target ?? event);
      if (target === undefined) return renderer.event(settlement, event, output, exact);
      routeTo(event, SHADOW_PREFIX + target);
      try {
        return renderer.event(settlement, event, output, exact);
      } finally {
        // A transform may have kept the event.
        routeTo(event, target);
      }
    },
  };
}
