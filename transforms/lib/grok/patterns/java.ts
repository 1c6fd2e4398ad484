/** Java: stack traces, Tomcat. */
import type { Patterns } from './helpers.ts';

const shared: Patterns = {
  JAVACLASS: String.raw`(?:[a-zA-Z$_][a-zA-Z$_0-9]*\.)*[a-zA-Z$_][a-zA-Z$_0-9]*`,
  // For example `Native Method` and `Unknown Source`.
  JAVAFILE: '(?:[a-zA-Z$_0-9. -]+)',
  JAVAMETHOD: '(?:<(?:cl)?init>|[a-zA-Z$_][a-zA-Z$_0-9]*)',
  JAVATHREAD: '(?:[A-Z]{2}-Processor[0-9]+)',
  JAVALOGMESSAGE: '(?:.*)',
};

export const javaLegacy: Patterns = {
  ...shared,
  JAVASTACKTRACEPART: String.raw`%{SPACE}at %{JAVACLASS:class}\.%{JAVAMETHOD:method}\(%{JAVAFILE:file}(?::%{NUMBER:line})?\)`,
  CATALINA_DATESTAMP: '%{MONTH} %{MONTHDAY}, 20%{YEAR} %{HOUR}:?%{MINUTE}(?::?%{SECOND}) [AP]M',
  TOMCAT_DATESTAMP: '20%{YEAR}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:?%{MINUTE}(?::?%{SECOND}) %{ISO8601_TIMEZONE}',
  CATALINALOG: '%{CATALINA_DATESTAMP:timestamp} %{JAVACLASS:class} %{JAVALOGMESSAGE:logmessage}',
  TOMCATLOG: String.raw`%{TOMCAT_DATESTAMP:timestamp} \| %{LOGLEVEL:level} \| %{JAVACLASS:class} - %{JAVALOGMESSAGE:logmessage}`,
};

const CLASS = '%{JAVACLASS:[java][log][origin][class][name]}';
const LEVEL = '%{LOGLEVEL:[log][level]}';
const METHOD = '%{JAVAMETHOD:[log][origin][function]}';
const MESSAGE = '%{JAVALOGMESSAGE:message}';
const CLOCK = '%{HOUR}:%{MINUTE}:%{SECOND}';

export const javaEcs: Patterns = {
  ...shared,
  JAVASTACKTRACEPART: String.raw`%{SPACE}at ${CLASS}\.${METHOD}\(%{JAVAFILE:[log][origin][file][name]}(?::%{INT:[log][origin][file][line]:int})?\)`,
  // Tomcat 4.1 to 7.
  CATALINA7_DATESTAMP: `%{MONTH} %{MONTHDAY}, %{YEAR} ${CLOCK} [AP]M`,
  CATALINA7_LOG: String.raw`%{CATALINA7_DATESTAMP:timestamp} ${CLASS}(?: ${METHOD})?\s*(?:${LEVEL}:)? ${MESSAGE}`,
  // Tomcat 8.5 and 9.
  CATALINA8_DATESTAMP: `%{MONTHDAY}-%{MONTH}-%{YEAR} ${CLOCK}`,
  CATALINA8_LOG: String.raw`%{CATALINA8_DATESTAMP:timestamp} ${LEVEL} \[%{DATA:[java][log][origin][thread][name]}\] ${CLASS}\.(?:${METHOD})? ${MESSAGE}`,
  CATALINA_DATESTAMP: '%{CATALINA8_DATESTAMP}|%{CATALINA7_DATESTAMP}',
  CATALINALOG: '%{CATALINA8_LOG}|%{CATALINA7_LOG}',
  TOMCAT7_LOG: '%{CATALINA7_LOG}',
  TOMCAT8_LOG: '%{CATALINA8_LOG}',
  TOMCATLEGACY_DATESTAMP: `%{YEAR}-%{MONTHNUM}-%{MONTHDAY} ${CLOCK}(?: %{ISO8601_TIMEZONE})?`,
  TOMCATLEGACY_LOG: String.raw`%{TOMCATLEGACY_DATESTAMP:timestamp} \| ${LEVEL} \| ${CLASS} - ${MESSAGE}`,
  TOMCAT_DATESTAMP: '%{CATALINA8_DATESTAMP}|%{CATALINA7_DATESTAMP}|%{TOMCATLEGACY_DATESTAMP}',
  TOMCATLOG: '%{TOMCAT8_LOG}|%{TOMCAT7_LOG}|%{TOMCATLEGACY_LOG}',
};
