import type { Config } from '../config/schema.ts';
import { isPattern, topicRegex } from '../config/topics.ts';
import { type CheckResult, counted, failed, named, ok, unchecked, warning } from './result.ts';

/** What the brokers say about a topic that was asked for by its name. */
export interface TopicFact {
  readonly name: string;
  readonly state: 'exists' | 'missing' | 'forbidden' | 'unknown';
  /** This user's rights, as numbers of AclOperation; null if the brokers do not send them. */
  readonly operations: readonly number[] | null;
  readonly partitions: number;
  /** Numbers of the partitions without a leader. */
  readonly leaderless: readonly number[];
}

export interface TopicFacts {
  /** The topics that this user can see and that the configuration selects; null if unknown. */
  readonly matched: readonly string[] | null;
  /** Selected topics and their dead-letter topics, by name; null if the brokers did not send them. */
  readonly topics: ReadonlyMap<string, TopicFact> | null;
}

/** AclOperation of Kafka's protocol. */
const READ = 3;
const WRITE = 4;

/** The results of topics, their ACLs, and dead-letter topics. */
export function topicResults({ topics, matched }: TopicFacts, config: Config): CheckResult[] {
  const again = 'Check again; look at the brokers if this remains.';
  if (topics === null || matched === null)
    return [unchecked('kafka.topics', 'the brokers did not describe the topics in time', again)];
  const results = config.kafka.topics.flatMap((topic) =>
    isPattern(topic) ? patternResult(topic, matched) : namedResult(topics.get(topic), topic, again),
  );
  const sources = [...new Set([...config.kafka.topics.filter((topic) => !isPattern(topic)), ...matched])];
  for (const name of sources) results.push(...stateResults(topics.get(name)));
  return [...results, ...deadLetterResults(sources, topics, config)];
}

function patternResult(pattern: string, matched: readonly string[]): CheckResult[] {
  const regex = topicRegex(pattern);
  const found = matched.filter((topic) => regex.test(topic));
  if (found.length > 0)
    return [ok('kafka.topics', `${pattern} matches ${counted(found.length, 'topic')}: ${named(found)}`)];
  return [
    failed(
      'kafka.topics',
      `no topic that this user can see matches ${pattern}`,
      'Check the regular expression of kafka.topics, and grant the ACL Read (it includes Describe) on the topics.',
    ),
  ];
}

function namedResult(topic: TopicFact | undefined, name: string, again: string): CheckResult[] {
  switch (topic?.state) {
    case 'exists':
      return [ok('kafka.topics', `the topic ${name} exists, with ${counted(topic.partitions, 'partition')}`)];
    case 'missing':
      return [
        failed(
          'kafka.topics',
          `the topic ${name} does not exist`,
          `Correct kafka.topics, or create it: logweir produce --create --topic ${name} < /dev/null`,
        ),
      ];
    case 'forbidden':
      return [
        failed(
          'kafka.topic_acl',
          `the ACL Read (and Describe) on topic ${name} is missing, or the topic does not exist`,
          'Grant Read on the topic to the user that Logweir logs in as. Read includes Describe.',
        ),
      ];
    default:
      return [unchecked('kafka.topics', `the brokers did not describe the topic ${name}`, again)];
  }
}

/** Rights and leaders of an existing topic. */
function stateResults(topic: TopicFact | undefined): CheckResult[] {
  if (topic?.state !== 'exists') return [];
  const { name, operations, leaderless } = topic;
  const results: CheckResult[] = [];
  if (leaderless.length > 0)
    results.push(
      failed(
        'kafka.partitions',
        `${counted(leaderless.length, 'partition')} of topic ${name} ${leaderless.length === 1 ? 'has' : 'have'} ` +
          `no leader: ${named(leaderless.map(String))}`,
        'Bring back the brokers that hold their replicas.',
      ),
    );
  if (operations === null)
    results.push(
      unchecked(
        'kafka.topic_acl',
        `the brokers do not report the rights on topic ${name}`,
        'Make sure that the user may Read the topic.',
      ),
    );
  else if (operations.includes(READ)) results.push(ok('kafka.topic_acl', `topic ${name} may be read`));
  else
    results.push(
      failed(
        'kafka.topic_acl',
        `the ACL Read on topic ${name} is missing`,
        'Grant Read on the topic to the user that Logweir logs in as. Read includes Describe.',
      ),
    );
  return results;
}

function deadLetterResults(
  sources: readonly string[],
  topics: ReadonlyMap<string, TopicFact>,
  { dead_letter }: Config,
): CheckResult[] {
  if (dead_letter.to === 'hold')
    return [
      ok(
        'dead_letter.topic',
        'dead_letter.to is hold: a rejected record blocks its partition, and goes nowhere',
      ),
    ];
  return deadLetterTopicsFor(sources, dead_letter).map((name) => deadLetterResult(name, topics.get(name)));
}

function deadLetterResult(name: string, topic: TopicFact | undefined): CheckResult {
  const grant =
    `Grant Write on topic ${name} to the user that Logweir logs in as` +
    ', and Create on it if the brokers shall create it.';
  switch (topic?.state) {
    case 'missing':
      return warning(
        'dead_letter.topic',
        `the dead-letter topic ${name} does not exist; the brokers may create it with the first dead letter, ` +
          'with their own retention',
        `Create it, with the retention that you need: logweir produce --create --topic ${name} < /dev/null`,
      );
    case 'forbidden':
      return failed('dead_letter.topic', `the ACL Write on the dead-letter topic ${name} is missing`, grant);
    case 'exists': {
      const { operations } = topic;
      if (operations === null)
        return unchecked('dead_letter.topic', `the brokers do not report the rights on topic ${name}`, grant);
      return operations.includes(WRITE)
        ? ok('dead_letter.topic', `the dead-letter topic ${name} exists, and may be written`)
        : failed('dead_letter.topic', `the ACL Write on the dead-letter topic ${name} is missing`, grant);
    }
    default:
      return unchecked('dead_letter.topic', `the brokers did not describe the topic ${name}`, grant);
  }
}

/** The names of topics whose state is asked for: selected and dead-letter topics. */
export function topicsToAsk({ kafka, dead_letter }: Config, matched: readonly string[]): string[] {
  const sources = [...new Set([...kafka.topics.filter((topic) => !isPattern(topic)), ...matched])];
  return [...sources, ...deadLetterTopicsFor(sources, dead_letter)];
}

/** The dead-letter topics of these topics, each once. Empty if dead letters go elsewhere. */
function deadLetterTopicsFor(sources: readonly string[], { to, topic }: Config['dead_letter']): string[] {
  if (to !== 'topic') return [];
  return [...new Set(sources.map((source) => topic.replaceAll('{{topic}}', source)))];
}
