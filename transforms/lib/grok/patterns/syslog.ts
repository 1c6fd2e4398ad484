/** Syslog and cron of Linux: RFC 3164, RFC 5424, PAM's sessions. */
import type { Patterns } from './helpers.ts';

const shared: Patterns = {
  SYSLOG5424PRINTASCII: '[!-~]+',
  SYSLOG5424SD: String.raw`\[%{DATA}\]+`,
  CRON_ACTION: '[A-Z ]+',
  SYSLOGLINE: '%{SYSLOGBASE2} %{GREEDYDATA:message}',
};

export const syslogLegacy: Patterns = {
  ...shared,
  SYSLOGBASE2:
    '(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp8601}) (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:logsource}+(?: %{SYSLOGPROG}:|)',
  // The message is all following text, and its parts are fields too; the original uses a lookahead for it.
  SYSLOGPAMSESSION: String.raw`%{SYSLOGBASE} (?<message>%{WORD:pam_module}\(%{DATA:pam_caller}\): session %{WORD:pam_session_state} for user %{USERNAME:username}(?: by %{GREEDYDATA:pam_by})?.*)`,
  CRONLOG: String.raw`%{SYSLOGBASE} \(%{USER:user}\) %{CRON_ACTION:action} \(%{DATA:message}\)`,
  SYSLOG5424PRI: '<%{NONNEGINT:syslog5424_pri}>',
  SYSLOG5424BASE: [
    '%{SYSLOG5424PRI}%{NONNEGINT:syslog5424_ver}',
    '(?:%{TIMESTAMP_ISO8601:syslog5424_ts}|-)',
    '(?:%{IPORHOST:syslog5424_host}|-)',
    '(?:-|%{SYSLOG5424PRINTASCII:syslog5424_app})',
    '(?:-|%{SYSLOG5424PRINTASCII:syslog5424_proc})',
    '(?:-|%{SYSLOG5424PRINTASCII:syslog5424_msgid})',
    '(?:%{SYSLOG5424SD:syslog5424_sd}|-|)',
  ].join(' +'),
  SYSLOG5424LINE: '%{SYSLOG5424BASE} +%{GREEDYDATA:syslog5424_msg}',
};

export const syslogEcs: Patterns = {
  ...shared,
  SYSLOGBASE2:
    '(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})(?: %{SYSLOGFACILITY})?(?: %{SYSLOGHOST:[host][hostname]})?(?: %{SYSLOGPROG}:)?',
  SYSLOGPAMSESSION: String.raw`%{SYSLOGBASE} (?<message>%{WORD:[system][auth][pam][module]}\(%{DATA:[system][auth][pam][origin]}\): session %{WORD:[system][auth][pam][session_state]} for user %{USERNAME:[user][name]}.*)`,
  CRONLOG: String.raw`%{SYSLOGBASE} \(%{USER:[user][name]}\) %{CRON_ACTION:[system][cron][action]} \(%{DATA:message}\)`,
  SYSLOG5424PRI: '<%{NONNEGINT:[log][syslog][priority]:int}>',
  SYSLOG5424BASE: [
    '%{SYSLOG5424PRI}%{NONNEGINT:[system][syslog][version]}',
    '(?:-|%{TIMESTAMP_ISO8601:timestamp})',
    '(?:-|%{IPORHOST:[host][hostname]})',
    '(?:-|%{SYSLOG5424PRINTASCII:[process][name]})',
    '(?:-|%{POSINT:[process][pid]:int})',
    '(?:-|%{SYSLOG5424PRINTASCII:[event][code]})',
    '(?:-|%{SYSLOG5424SD:[system][syslog][structured_data]})?',
  ].join(' +'),
  SYSLOG5424LINE: '%{SYSLOG5424BASE} +%{GREEDYDATA:message}',
};
