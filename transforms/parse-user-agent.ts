import { BoundedMap, type Event, defineTransform, mergeInto, parserOptions, textAt } from 'logweir';
import { parse } from 'bowser';
import { z } from 'zod';

/** The time that the library takes has this limit, whatever the text. */
const LENGTH_MAX = 1000;
/** Most events of a service come from few agents. */
const REMEMBERED = 2000;

/** What the library calls a kind of device, as Vector names it. */
const CATEGORIES: Record<string, string> = {
  desktop: 'pc',
  mobile: 'smartphone',
  tablet: 'tablet',
  tv: 'appliance',
  bot: 'crawler',
};
/** Programs that are no browser name themselves first: `curl/8.5.0`. Browsers all say Mozilla or Opera there. */
const PRODUCT = /^(?!(?:mozilla|opera)\/)([\w.!#$%&'*+^|~-]{1,100})\/([\w.+-]{1,100})/i;

export default defineTransform({
  lazy: true,
  description:
    "Tells `browser`, `os` and `device` of a user agent, as far as they are known, and puts them under `target`. The device's `category` is `pc`, `smartphone`, `tablet`, `appliance` or `crawler`; a program that is no browser is the `browser` too. No more than the first 1,000 characters are looked at. A text that tells nothing stays as it is.",
  options: z.strictObject({
    ...parserOptions,
    field: z.string().min(1).default('agent').describe('The field that holds the user agent.'),
    target: z
      .string()
      .min(1)
      .default('user_agent')
      .describe('Where what is told goes, as an object. May be the field itself.'),
    remove: z.boolean().default(false).describe('Whether the text is removed once it is parsed.'),
  }),
  examples: [
    {
      title: 'A browser, and a program',
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
      // Of each event its own: what comes after may change them.
      for (const [name, part] of Object.entries(parts)) parsed[name] = { ...part };
      return Object.keys(parsed).length === 0 ? event : mergeInto(event, parsed, options);
    };
  },
});

/** Those that nothing is known of are left out. */
type Parts = Record<string, Event>;

function partsOf(text: string): Parts {
  if (text.trim() === '') return {};
  const { browser, os, platform } = parse(text);
  const [, product, version] = (platform.type === 'bot' ? null : PRODUCT.exec(text)) ?? [];
  // Windows' own versions are names to people.
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
