import type { Config } from '../config/schema.ts';
import { ErrorCode, type KafkaError } from './native.ts';

/** One sentence: what an error of the Kafka client means here, and what to do. */
export function errorMessage(error: KafkaError, config: Config['kafka']): string {
  switch (error.code) {
    case ErrorCode.UNKNOWN_TOPIC:
    case ErrorCode.UNKNOWN_TOPIC_OR_PART:
      return `a topic of kafka.topics (${config.topics.join(', ')}) does not exist; waiting until it is created`;
    case ErrorCode.INCONSISTENT_GROUP_PROTOCOL:
      return (
        `the group ${config.group_id} has members with another assignment protocol (a Vector that is still running uses ` +
        'range): stop them, or use another kafka.group_id'
      );
    case ErrorCode.AUTHENTICATION:
      return 'the brokers reject the login: check kafka.sasl and kafka.tls; a password_file is read again for each attempt';
    case ErrorCode.FATAL:
      return config.group_instance_id === null
        ? 'the Kafka client cannot continue'
        : `the Kafka client cannot continue; has another member the same kafka.group_instance_id (${config.group_instance_id})?`;
    case ErrorCode.INVALID_SESSION_TIMEOUT:
      return (
        `kafka.session_timeout_ms (${config.session_timeout_ms}) is outside the limits of the broker: ` +
        'check its group.min.session.timeout.ms (6000 by default) and group.max.session.timeout.ms'
      );
    case ErrorCode.MAX_POLL_EXCEEDED:
      return 'the process was stopped or blocked for longer than max.poll.interval.ms, and lost its partitions';
    case ErrorCode.AUTO_OFFSET_RESET:
      return 'the broker no longer has the next offset';
    default:
      return 'the Kafka client reports an error';
  }
}
