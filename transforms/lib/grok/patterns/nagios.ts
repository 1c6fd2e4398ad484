/** Nagios: a type, and fields separated by semicolons. The sets differ only in the names of fields. */
import type { Patterns } from './helpers.ts';

/** The fields of lines, in the legacy set and in the ECS set. */
const FIELDS: Readonly<Record<string, readonly [legacy: string, ecs: string]>> = {
  host: ['DATA:nagios_hostname', 'DATA:[host][hostname]'],
  service: ['DATA:nagios_service', 'DATA:[service][name]'],
  state: ['DATA:nagios_state', 'DATA:[service][state]'],
  type: ['DATA:nagios_statetype', 'DATA:[nagios][log][state_type]'],
  code: ['DATA:nagios_statecode', 'INT:[nagios][log][attempt]:int'],
  level: ['DATA:nagios_statelevel', 'DATA:[nagios][log][state_type]'],
  attempt: ['NUMBER:nagios_attempt', 'INT:[nagios][log][attempt]:int'],
  notified: ['DATA:nagios_notifyname', 'DATA:[user][name]'],
  contact: ['DATA:nagios_contact', 'DATA:[nagios][log][notification_command]'],
  handler: ['DATA:nagios_event_handler_name', 'DATA:[nagios][log][event_handler_name]'],
  message: ['GREEDYDATA:nagios_message', 'GREEDYDATA:message'],
  comment: ['GREEDYDATA:nagios_comment', 'GREEDYDATA:[nagios][log][comment]'],
  from: ['NUMBER:nagios_unknown1', 'NUMBER:[nagios][log][period_from]:int'],
  to: ['NUMBER:nagios_unknown2', 'NUMBER:[nagios][log][period_to]:int'],
  lastHost: ['GREEDYDATA:nagios_hostname', 'GREEDYDATA:[host][hostname]'],
  lastService: ['GREEDYDATA:nagios_service', 'GREEDYDATA:[service][name]'],
  result: ['GREEDYDATA:nagios_check_result', 'GREEDYDATA:[nagios][log][check_result]'],
  start: ['NUMBER:nagios_start_time', 'NUMBER:[nagios][log][start_time]'],
  end: ['NUMBER:nagios_end_time', 'NUMBER:[nagios][log][end_time]'],
  fixed: ['NUMBER:nagios_fixed', 'NUMBER:[nagios][log][fixed]'],
  trigger: ['NUMBER:nagios_trigger_id', 'NUMBER:[nagios][log][trigger_id]'],
  duration: ['NUMBER:nagios_duration', 'NUMBER:[nagios][log][duration]:int'],
  author: ['DATA:author', 'DATA:[user][name]'],
  reason: ['DATA:comment', 'DATA:[nagios][log][comment]'],
};

const LINES = {
  CURRENT_SERVICE_STATE: 'host service state type code message',
  CURRENT_HOST_STATE: 'host state type code message',
  SERVICE_NOTIFICATION: 'notified host service state contact message',
  HOST_NOTIFICATION: 'notified host state contact message',
  SERVICE_ALERT: 'host service state level attempt message',
  HOST_ALERT: 'host state level attempt message',
  SERVICE_FLAPPING_ALERT: 'host service state message',
  HOST_FLAPPING_ALERT: 'host state message',
  SERVICE_DOWNTIME_ALERT: 'host service state comment',
  HOST_DOWNTIME_ALERT: 'host state comment',
  PASSIVE_SERVICE_CHECK: 'host service state comment',
  PASSIVE_HOST_CHECK: 'host state comment',
  SERVICE_EVENT_HANDLER: 'host service state level handler',
  HOST_EVENT_HANDLER: 'host state level handler',
  TIMEPERIOD_TRANSITION: 'service from to',
};

/** External commands; the original has no line for SCHEDULE_SERVICE_DOWNTIME. */
const COMMANDS = {
  DISABLE_SVC_CHECK: 'host service',
  ENABLE_SVC_CHECK: 'host service',
  DISABLE_HOST_CHECK: 'host',
  ENABLE_HOST_CHECK: 'host',
  PROCESS_HOST_CHECK_RESULT: 'host state result',
  PROCESS_SERVICE_CHECK_RESULT: 'host service state result',
  SCHEDULE_HOST_DOWNTIME: 'host start end fixed trigger duration author reason',
  DISABLE_HOST_SVC_NOTIFICATIONS: 'lastHost',
  ENABLE_HOST_SVC_NOTIFICATIONS: 'lastHost',
  DISABLE_HOST_NOTIFICATIONS: 'lastHost',
  ENABLE_HOST_NOTIFICATIONS: 'lastHost',
  DISABLE_SVC_NOTIFICATIONS: 'host lastService',
  ENABLE_SVC_NOTIFICATIONS: 'host lastService',
};

function nagios(set: 0 | 1, time: string, log: (name: string) => string): Patterns {
  const patterns: Record<string, string> = {
    NAGIOSTIME: String.raw`\[%{NUMBER:${time}}\]`,
    NAGIOS_TYPE_EXTERNAL_COMMAND: 'EXTERNAL COMMAND',
    NAGIOS_EC_SCHEDULE_SERVICE_DOWNTIME: 'SCHEDULE_SERVICE_DOWNTIME',
    NAGIOS_WARNING: `Warning:%{SPACE}%{${FIELDS['message']?.[set] ?? ''}}`,
  };
  const lines = ['NAGIOS_WARNING'];
  const fields = (names: string): string =>
    names
      .split(' ')
      .map((name) => `%{${FIELDS[name]?.[set] ?? ''}}`)
      .join(';');
  for (const [name, names] of Object.entries(LINES)) {
    patterns[`NAGIOS_TYPE_${name}`] = name.replaceAll('_', ' ');
    patterns[`NAGIOS_${name}`] = `%{NAGIOS_TYPE_${name}:${log('type')}}: ${fields(names)}`;
    lines.push(`NAGIOS_${name}`);
  }
  for (const [name, names] of Object.entries(COMMANDS)) {
    patterns[`NAGIOS_EC_${name}`] = name;
    patterns[`NAGIOS_EC_LINE_${name}`] =
      `%{NAGIOS_TYPE_EXTERNAL_COMMAND:${log('type')}}: %{NAGIOS_EC_${name}:${log('command')}};${fields(names)}`;
    lines.push(`NAGIOS_EC_LINE_${name}`);
  }
  patterns['NAGIOSLOGLINE'] = `%{NAGIOSTIME} (?:${lines.map((name) => `%{${name}}`).join('|')})`;
  return patterns;
}

export const nagiosLegacy: Patterns = nagios(0, 'nagios_epoch', (name) => `nagios_${name}`);
export const nagiosEcs: Patterns = nagios(1, 'timestamp', (name) => `[nagios][log][${name}]`);
