/** MongoDB, PostgreSQL, Redis. */
import type { Patterns } from './helpers.ts';

const shared: Patterns = {
  // In MONGO_SLOWQUERY it ends before ` ntoreturn:`, which the original looks ahead for; alone it matches up
  // to the last brace.
  MONGO_QUERY: String.raw`\{ .* \}`,
  MONGO_WORDDASH: String.raw`\b[\w-]+\b`,
  MONGO3_SEVERITY: String.raw`\w`,
  REDISTIMESTAMP: '%{MONTHDAY} %{MONTH} %{TIME}',
};

export const databasesLegacy: Patterns = {
  ...shared,
  MONGO_LOG: String.raw`%{SYSLOGTIMESTAMP:timestamp} \[%{WORD:component}\] %{GREEDYDATA:message}`,
  MONGO_SLOWQUERY: [
    String.raw`%{WORD} %{MONGO_WORDDASH:database}\.%{MONGO_WORDDASH:collection} %{WORD}: %{MONGO_QUERY:query} ntoreturn:%{NONNEGINT:ntoreturn}`,
    ' %{WORD}:%{NONNEGINT:ntoskip} %{WORD}:%{NONNEGINT:nscanned}.*nreturned:%{NONNEGINT:nreturned}..+ (?<duration>[0-9]+)ms',
  ].join(''),
  MONGO3_COMPONENT: '%{WORD}|-',
  MONGO3_LOG: String.raw`%{TIMESTAMP_ISO8601:timestamp} %{MONGO3_SEVERITY:severity} %{MONGO3_COMPONENT:component}%{SPACE}(?:\[%{DATA:context}\])? %{GREEDYDATA:message}`,
  POSTGRESQL: '%{DATESTAMP:timestamp} %{TZ} %{DATA:user_id} %{GREEDYDATA:connection_id} %{POSINT:pid}',
  REDISLOG: String.raw`\[%{POSINT:pid}\] %{REDISTIMESTAMP:timestamp} \* `,
  REDISMONLOG: String.raw`%{NUMBER:timestamp} \[%{INT:database} %{IP:client}:%{NUMBER:port}\] "%{WORD:command}"\s?%{GREEDYDATA:params}`,
};

const counted = (name: string): string => `${name}:%{NONNEGINT:[mongodb][profile][${name}]:int}`;

export const databasesEcs: Patterns = {
  ...shared,
  MONGO_LOG: String.raw`%{SYSLOGTIMESTAMP:timestamp} \[%{WORD:[mongodb][component]}\] %{GREEDYDATA:message}`,
  MONGO_SLOWQUERY: [
    String.raw`%{WORD:[mongodb][profile][op]} %{MONGO_WORDDASH:[mongodb][database]}\.%{MONGO_WORDDASH:[mongodb][collection]} %{WORD}: `,
    `%{MONGO_QUERY:[mongodb][query][original]} ${counted('ntoreturn')} ${counted('ntoskip')} ${counted('nscanned')}`,
    `.*? ${counted('nreturned')}.*? %{INT:[mongodb][profile][duration]:int}ms`,
  ].join(''),
  MONGO3_COMPONENT: '%{WORD}',
  MONGO3_LOG: String.raw`%{TIMESTAMP_ISO8601:timestamp} %{MONGO3_SEVERITY:[log][level]} (?:-|%{MONGO3_COMPONENT:[mongodb][component]})%{SPACE}(?:\[%{DATA:[mongodb][context]}\])? %{GREEDYDATA:message}`,
  POSTGRESQL:
    '%{DATESTAMP:timestamp} %{TZ:[event][timezone]} %{DATA:[user][name]} %{GREEDYDATA:[postgresql][log][connection_id]} %{POSINT:[process][pid]:int}',
  REDISLOG: String.raw`\[%{POSINT:[process][pid]:int}\] %{REDISTIMESTAMP:timestamp} \*`,
  REDISMONLOG: String.raw`%{NUMBER:timestamp} \[%{INT:[redis][database][id]} %{IP:[client][ip]}:%{POSINT:[client][port]:int}\] "%{WORD:[redis][command][name]}"\s?%{GREEDYDATA:[redis][command][args]}`,
};
