/** Ruby: its logger, Rails 3, MCollective. */
import type { Patterns } from './helpers.ts';

const RAILS_TIME =
  '(?<timestamp>%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND} %{ISO8601_TIMEZONE})';

const shared: Patterns = {
  RUBY_LOGLEVEL: '(?:DEBUG|FATAL|ERROR|WARN|INFO)',
  RUUID: '[0-9A-Fa-f]{32}',
  MCOLLECTIVEAUDIT: '%{TIMESTAMP_ISO8601:timestamp}:',
};

export const rubyLegacy: Patterns = {
  ...shared,
  RUBY_LOGGER: String.raw`[DFEWI], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid}\] *%{RUBY_LOGLEVEL:loglevel} -- +%{DATA:progname}: %{GREEDYDATA:message}`,
  MCOLLECTIVE: String.raw`., \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:pid}\]%{SPACE}%{LOGLEVEL:event_level}`,
  RCONTROLLER: String.raw`(?<controller>[^#]+)#(?<action>\w+)`,
  RAILS3HEAD: `(?m)Started %{WORD:verb} "%{URIPATHPARAM:request}" for %{IPORHOST:clientip} at ${RAILS_TIME}`,
  RPROCESSING: String.raw`\W*Processing by %{RCONTROLLER} as (?<format>\S+)(?:\W*Parameters: \{%{DATA:params}\}\W*)?`,
  RAILS3FOOT: 'Completed %{NUMBER:response}%{DATA} in %{NUMBER:totalms}ms %{RAILS3PROFILE}%{GREEDYDATA}',
  RAILS3PROFILE: String.raw`(?:\(Views: %{NUMBER:viewms}ms \| ActiveRecord: %{NUMBER:activerecordms}ms|\(ActiveRecord: %{NUMBER:activerecordms}ms)?`,
  RAILS3: String.raw`%{RAILS3HEAD}%{RPROCESSING}?(?<context>(?:%{DATA}\n)*)%{RAILS3FOOT}?`,
};

const took = (part: string): string => `%{NUMBER:[rails][request][duration][${part}]:float}ms`;

export const rubyEcs: Patterns = {
  ...shared,
  RUBY_LOGGER: String.raw`[DFEWI], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:[process][pid]:int}\] *%{RUBY_LOGLEVEL:[log][level]} -- +%{DATA:[process][name]}: %{GREEDYDATA:message}`,
  MCOLLECTIVE: String.raw`., \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:[process][pid]:int}\]%{SPACE}%{LOGLEVEL:[log][level]}`,
  RCONTROLLER: String.raw`(?<[rails][controller][class]>[^#]+)#(?<[rails][controller][action]>\w+)`,
  RAILS3HEAD: `(?m)Started %{WORD:[http][request][method]} "%{URIPATHPARAM:[url][original]}" for %{IPORHOST:[source][address]} at ${RAILS_TIME}`,
  RPROCESSING: String.raw`\W*Processing by %{RCONTROLLER} as (?<[rails][request][format]>\S+)(?:\W*Parameters: \{%{DATA:[rails][request][params]}\}\W*)?`,
  RAILS3FOOT: `Completed %{POSINT:[http][response][status_code]:int}%{DATA} in ${took('total')} %{RAILS3PROFILE}%{GREEDYDATA}`,
  RAILS3PROFILE: String.raw`(?:\(Views: ${took('view')} \| ActiveRecord: ${took('active_record')}|\(ActiveRecord: ${took('active_record')})?`,
  RAILS3: String.raw`%{RAILS3HEAD}%{RPROCESSING}?(?<[rails][request][explain][original]>(?:%{DATA}\n)*)%{RAILS3FOOT}?`,
};
