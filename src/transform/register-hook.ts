/** For `node --import`: lets a process that is not the aggregator load transforms as the aggregator does. */
import { installResolveHook } from './resolve-hook.ts';

installResolveHook();
