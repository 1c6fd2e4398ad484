import { type LoadedConfig, readConfig, settled } from '../config/load.ts';
import { type Checked, checkTransforms } from './loader.ts';

/**
 * As `loadConfig`; where something is wrong, what is wrong with the transforms is told with it.
 *
 * @throws LogweirError CONFIG
 */
export async function loadConfigWhole(option: string | undefined): Promise<LoadedConfig> {
  const draft = readConfig(option);
  if (draft.problems.length === 0) return settled(draft);
  const { problems } = await checkTransforms(draft.transforms, draft.directory, draft.places);
  return settled({ ...draft, problems: [...draft.problems, ...problems] });
}

/** The configuration, its transforms checked, and what they say of their options. @throws LogweirError CONFIG */
export async function loadConfigChecked(
  option: string | undefined,
): Promise<LoadedConfig & Pick<Checked, 'options'>> {
  const draft = readConfig(option);
  const { problems, options } = await checkTransforms(draft.transforms, draft.directory, draft.places);
  return { ...settled({ ...draft, problems: [...draft.problems, ...problems] }), options };
}
