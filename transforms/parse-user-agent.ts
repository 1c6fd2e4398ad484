import { BoundedMap, type Event, defineTransform, mergeInto, parserOptions, textAt } from 'logweir';
import { parse } from 'bowser';
import { z } from 'zod';

/** Limits the time of the library for every text. */
const LENGTH_MAX = 1000;
/** The cache size: most events of a service come from few agents. */
const REMEMBERED = 2000;

/** Vector's names for the library's kinds of devices. */
const CATEGORIES: Record<string, string> = {
  desktop: 'pc',
  mobile: 'smartphone',
  tablet: 'tablet',
  tv: 'appliance',
  bot: 'crawler',
};
/** Programs other than browsers start with their name: `curl/8.5.0`. Browsers start with Mozilla or Opera. */
const PRODUCT = /^(?!(?:mozilla|opera)\/)([\w.!#$%&'*+^|~-]{1,100})\/([\w.+-]{1,100})/i;

export default defineTransform({
  lazy: true,
  description:
    "Detects the `browser`, `os` and `device` of a user agent, as far as they are known, and puts them under `target`. The device's `category` is `pc`, `smartphone`, `tablet`, `appliance` or `crawler`; another program than a browser is reported as `browser` too. Only the first 1,000 characters are parsed. An unknown text is left unchanged.",
  options: z.strictObject({
    ...parserOptions,
    field: z.string().min(1).default('agent').describe('The field with the user agent.'),
    target: z
      .string()
      .min(1)
      .default('user_agent')
      .describe('The path of an object for the result. May be the field itself.'),
    remove: z.boolean().default(false).describe('Whether to remove the text after parsing.'),
  }),
  examples: [
    {
      title: 'A browser and another program',
      with: { remove: true },
      input: [
        {
          agent:
            'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
        },
        { agent: 'curl/8.5.0' },
      ],
      output: [
        {
          user_agent: {
            browser: { family: 'Safari', version: '17.5' },
            os: { family: 'iOS', version: '17.5' },
            device: { category: 'smartphone', brand: 'Apple', model: 'iPhone' },
          },
        },
        { user_agent: { browser: { family: 'curl', version: '8.5.0' } } },
      ],
    },
  ],
  setup(options) {
    const remembered = new BoundedMap<string, Parts>(REMEMBERED);
    return (event) => {
      const text = textAt(event, options.field)?.slice(0, LENGTH_MAX);
      if (text === undefined) return event;
      let parts = remembered.get(text);
      if (parts === undefined) {
        parts = partsOf(text);
        remembered.set(text, parts);
      }
      const parsed: Event = {};
      // A copy for each event, as later transforms may change it.
      for (const [name, part] of Object.entries(parts)) parsed[name] = { ...part };
      return Object.keys(parsed).length === 0 ? event : mergeInto(event, parsed, options);
    };
  },
});

/** The known parts only. */
type Parts = Record<string, Event>;

function partsOf(text: string): Parts {
  if (text.trim() === '') return {};
  const { browser, os, platform } = parse(text);
  const [, product, version] = (platform.type === 'bot' ? null : PRODUCT.exec(text)) ?? [];
  // The versions of Windows are known by their names.
  const family =
    os.name === 'Windows' && os.versionName !== undefined ? `Windows ${os.versionName}` : os.name;
  return given({
    browser: given(
      product === undefined
        ? { family: browser.name, version: browser.version }
        : { family: product, version },
    ),
    os: given({ family, version: os.version }),
    device: given({
      category: CATEGORIES[platform.type ?? ''] ?? platform.type,
      brand: platform.vendor,
      model: platform.model,
    }),
  });
}

function given<Value>(parts: Record<string, Value>): Record<string, NonNullable<Value>> {
  const isKnown = (entry: [string, Value]): entry is [string, NonNullable<Value>] => {
    const value: unknown = entry[1];
    if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0;
    return value !== undefined && value !== '';
  };
  return Object.fromEntries(Object.entries(parts).filter(isKnown));
}
