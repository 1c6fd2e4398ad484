import { messageOf } from '../errors.ts';

/** Topics that Kafka keeps for itself. */
export const INTERNAL_TOPICS: readonly string[] = [
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
];

const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;
/** What both POSIX and JavaScript take for the character itself, and the classes that glibc knows too. */
const ESCAPES = String.raw`.^$*+?()[]{}|\/_-wWsSbB`;
/** The classes of POSIX, as far as the name of a topic can hold them. */
const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  punct: '._-',
  upper: 'A-Z',
  word: 'A-Za-z0-9_',
  xdigit: 'A-Fa-f0-9',
};

/** Whether an entry of `kafka.topics` is a regular expression, and not a name. */
export function isPattern(topic: string): boolean {
  return topic.startsWith('^');
}

/** A text with commas as a list. One in brackets, braces or parentheses belongs to a regular expression. */
export function splitTopics(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '\\') at++;
    else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (character === ',' && depth <= 0) {
      items.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...items, text.slice(from)].map((item) => item.trim());
}

/** What is wrong with an entry of `kafka.topics`, in words; null where nothing is. */
export function topicProblem(topic: string): string | null {
  if (topic === '') return 'may not be empty';
  if (isPattern(topic)) {
    try {
      topicRegex(topic);
      return null;
    } catch (error) {
      return `'${topic}' is no regular expression that the Kafka client understands: ${messageOf(error)}`;
    }
  }
  if (INTERNAL_TOPICS.includes(topic))
    return `'${topic}' is a topic that Kafka keeps for itself, and holds no events: leave it out`;
  const problem = topicNameProblem(topic);
  return problem === null ? null : `${problem}; a regular expression begins with ^`;
}

/** What keeps a text from being the name of a topic, in words; null where nothing does. */
export function topicNameProblem(topic: string): string | null {
  if (TOPIC_NAME.test(topic) && topic !== '.' && topic !== '..') return null;
  return `'${topic}' is no name of a topic (letters, digits, '.', '_' and '-', 249 at most)`;
}

/**
 * A regular expression for topics as JavaScript's. The client's are POSIX's extended ones; what the two take for different things
 * is refused, so that all commands mean the same topics as the aggregator.
 *
 * @throws SyntaxError
 */
export function topicRegex(pattern: string): RegExp {
  let source = '';
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at);
    const part = rest.startsWith('[') ? bracket(rest) : outside(rest);
    source += part.source;
    at += part.length;
  }
  return new RegExp(source);
}

interface Part {
  readonly source: string;
  /** Of the pattern's text. */
  readonly length: number;
}

function outside(rest: string): Part {
  const next = rest[1];
  if (rest.startsWith('\\')) {
    if (next === 'd' || next === 'D')
      throw new SyntaxError(`\\${next} is not known: write ${next === 'd' ? '[0-9]' : '[^0-9]'}`);
    if (next === undefined || !ESCAPES.includes(next))
      throw new SyntaxError(`\\${next ?? ''} is not known: a backslash stands before what it makes literal`);
    // Not needed there, and JavaScript knows some of them only where they are.
    return { source: '-_/'.includes(next) ? next : `\\${next}`, length: 2 };
  }
  if (rest.startsWith('(?'))
    throw new SyntaxError('(? is not known: groups are plain ones, without conditions');
  if (rest.startsWith('{')) {
    const [interval] = /^\{\d{1,3}(,\d{0,3})?\}/.exec(rest) ?? [];
    if (interval === undefined) throw new SyntaxError('{ begins a count like {3}, {1,} or {1,3}');
    return { source: interval, length: interval.length };
  }
  return { source: rest[0] ?? '', length: 1 };
}

/** A set of characters: to POSIX a backslash in it is one of them, and a ] at its beginning too. */
function bracket(rest: string): Part {
  const negated = rest.startsWith('[^');
  let source = negated ? '[^' : '[';
  for (let at = source.length; at < rest.length;) {
    const character = rest[at] ?? '';
    const [whole, name = ''] = /^\[:([a-z]+):\]/.exec(rest.slice(at)) ?? [];
    if (whole !== undefined) {
      const known = Object.hasOwn(CLASSES, name) ? CLASSES[name] : undefined;
      if (known === undefined || name === 'word') throw new SyntaxError(`[:${name}:] is not known`);
      source += known;
      at += whole.length;
    } else if (character === ']') {
      if (at === (negated ? 2 : 1)) throw new SyntaxError('a ] at the beginning of a set: no topic has one');
      return { source: `${source}]`, length: at + 1 };
    } else if (character === '[') throw new SyntaxError('a [ in a set: no topic has one');
    else if (character === '\\') {
      if (rest[at + 1] !== '.') throw new SyntaxError('a backslash in a set: it makes nothing literal there');
      at++;
    } else {
      source += character;
      at++;
    }
  }
  throw new SyntaxError('a [ without its ]');
}

/** Some topics of the brokers. */
export interface TopicChoice {
  /** As they were asked for. */
  readonly names: readonly string[];
  /** What is to be known, or done, where there is none. */
  readonly absent: string;
  matches(topic: string): boolean;
}

/** The topics that the aggregator reads: a regular expression means neither Kafka's own topics nor those of dead letters. */
export function sourceTopics(topics: readonly string[], deadLetterTopic: string | null): TopicChoice {
  const patterns = topics.filter(isPattern).map(topicRegex);
  const isLetters = deadLetterTopic === null ? () => false : deadLetterMatcher(deadLetterTopic);
  return {
    names: topics,
    absent: "create it, for instance with 'logweir produce --create'",
    matches: (topic) =>
      topics.includes(topic) ||
      (!INTERNAL_TOPICS.includes(topic) && !isLetters(topic) && patterns.some((one) => one.test(topic))),
  };
}

/** The topics that dead letters of these topics go to. */
export function letterTopics(topics: readonly string[], deadLetterTopic: string): TopicChoice {
  const [before = '', ...others] = deadLetterTopic.split('{{topic}}');
  const after = others.join('{{topic}}');
  const sources = sourceTopics(topics, null);
  return {
    names: topics.map((topic) =>
      isPattern(topic)
        ? `${deadLetterTopic} for topics like ${topic}`
        : deadLetterTopic.replaceAll('{{topic}}', topic),
    ),
    absent: 'it is created with the first dead letter, so there are none yet',
    matches: (name) => {
      if (others.length === 0) return name === deadLetterTopic;
      // The template may name the topic twice: what stands for it at its beginning must make the whole name.
      for (
        let end = before.length + 1;
        end <= name.length - (others.length === 1 ? after.length : 0);
        end++
      ) {
        const topic = name.slice(before.length, end);
        if (deadLetterTopic.replaceAll('{{topic}}', topic) === name && sources.matches(topic)) return true;
      }
      return false;
    },
  };
}

function deadLetterMatcher(deadLetterTopic: string): (topic: string) => boolean {
  const regex = new RegExp(deadLetterPattern(deadLetterTopic));
  return (topic) => regex.test(topic);
}

/** Matches all topics of dead letters. Of what the name of a topic may hold only the dot is special. */
export function deadLetterPattern(deadLetterTopic: string): string {
  return `^${deadLetterTopic.replaceAll('.', '\\.').replaceAll('{{topic}}', '.*')}$`;
}
