import { messageOf } from '../errors.ts';

/** Kafka's internal topics. */
export const INTERNAL_TOPICS: readonly string[] = [
  '__consumer_offsets',
  '__transaction_state',
  '__share_group_state',
];

const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;
/** Escapes that POSIX and JavaScript read as the character itself, and classes that glibc knows too. */
const ESCAPES = String.raw`.^$*+?()[]{}|\/_-wWsSbB`;
/** POSIX character classes, limited to the characters of topic names. */
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

/** Whether an entry of `kafka.topics` is a regular expression. */
export function isPattern(topic: string): boolean {
  return topic.startsWith('^');
}

/**
 * Splits a text at commas, except in brackets, braces and parentheses: these belong to a regular expression.
 */
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

/** The error message for an entry of `kafka.topics`; null if it is valid. */
export function topicProblem(topic: string): string | null {
  if (topic === '') return 'may not be empty';
  if (isPattern(topic)) {
    try {
      topicRegex(topic);
      return null;
    } catch (error) {
      return `'${topic}' is not a regular expression that the Kafka client understands: ${messageOf(error)}`;
    }
  }
  if (INTERNAL_TOPICS.includes(topic))
    return `'${topic}' is an internal topic of Kafka and holds no events: leave it out`;
  const problem = topicNameProblem(topic);
  return problem === null ? null : `${problem}; a regular expression begins with ^`;
}

/** The error message for a topic name; null if it is valid. */
export function topicNameProblem(topic: string): string | null {
  if (TOPIC_NAME.test(topic) && topic !== '.' && topic !== '..') return null;
  return `'${topic}' is not a topic name (letters, digits, '.', '_' and '-', 249 at most)`;
}

/**
 * Converts a regular expression for topics to JavaScript. The client's are POSIX extended regular
 * expressions. A form that the two read differently is rejected, so that all commands match the same topics
 * as the aggregator.
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
  /** Characters of the pattern. */
  readonly length: number;
}

function outside(rest: string): Part {
  const next = rest[1];
  if (rest.startsWith('\\')) {
    if (next === 'd' || next === 'D')
      throw new SyntaxError(`\\${next} is not known: write ${next === 'd' ? '[0-9]' : '[^0-9]'}`);
    if (next === undefined || !ESCAPES.includes(next))
      throw new SyntaxError(`\\${next ?? ''} is not known: a backslash makes the next character literal`);
    // The backslash is not needed here, and JavaScript allows some of these escapes only where they are.
    return { source: '-_/'.includes(next) ? next : `\\${next}`, length: 2 };
  }
  if (rest.startsWith('(?')) throw new SyntaxError('(? is not known: only plain groups are allowed');
  if (rest.startsWith('{')) {
    const [interval] = /^\{\d{1,3}(,\d{0,3})?\}/.exec(rest) ?? [];
    if (interval === undefined) throw new SyntaxError('{ must begin a count like {3}, {1,} or {1,3}');
    return { source: interval, length: interval.length };
  }
  return { source: rest[0] ?? '', length: 1 };
}

/** A bracket expression. In POSIX a backslash in it is literal, and so is a ] at its beginning. */
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
      if (at === (negated ? 2 : 1)) throw new SyntaxError('a ] begins a set: no topic name has one');
      return { source: `${source}]`, length: at + 1 };
    } else if (character === '[') throw new SyntaxError('a [ in a set: no topic name has one');
    else if (character === '\\') {
      if (rest[at + 1] !== '.')
        throw new SyntaxError('a backslash in a set is literal: no topic name has one');
      at++;
    } else {
      source += character;
      at++;
    }
  }
  throw new SyntaxError('a [ without its ]');
}

/** A selection of the brokers' topics. */
export interface TopicChoice {
  /** As the user wrote them. */
  readonly names: readonly string[];
  /** Advice if none of the topics exists. */
  readonly absent: string;
  matches(topic: string): boolean;
}

/**
 * The topics that the aggregator consumes. A regular expression matches neither internal nor dead-letter
 * topics.
 */
export function sourceTopics(topics: readonly string[], deadLetterTopic: string | null): TopicChoice {
  const patterns = topics.filter(isPattern).map(topicRegex);
  const areDeadLetters = deadLetterTopic === null ? () => false : deadLetterMatcher(deadLetterTopic);
  return {
    names: topics,
    absent: "create it, for instance with 'logweir produce --create'",
    matches: (topic) =>
      topics.includes(topic) ||
      (!INTERNAL_TOPICS.includes(topic) && !areDeadLetters(topic) && patterns.some((one) => one.test(topic))),
  };
}

/** The dead-letter topics of these topics. */
export function deadLetterTopicsOf(topics: readonly string[], deadLetterTopic: string): TopicChoice {
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
      // The template may contain the topic twice: the candidate for its first place must produce the whole
      // name.
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

/** A pattern for all dead-letter topics. Of the characters of a topic name only the dot is special in it. */
export function deadLetterPattern(deadLetterTopic: string): string {
  return `^${deadLetterTopic.replaceAll('.', '\\.').replaceAll('{{topic}}', '.*')}$`;
}
