/** For `node --import`: any process can then load transforms as the aggregator does. */
import { installResolveHook } from './resolve-hook.ts';

installResolveHook();
