import type { Config } from '../config/schema.ts';
import { ErrorCode, type KafkaError } from './native.ts';

/** One sentence that says what an error of the Kafka client means here, and what to do. */
export function explain(error: KafkaError, config: Config['kafka']): string {
  switch (error.code) {
    case ErrorCode.UNKNOWN_TOPIC:
    case ErrorCode.UNKNOWN_TOPIC_OR_PART:
      return `a topic of kafka.topics (${config.topics.join(', ')}) does not exist; waiting for somebody to create it`;
    case ErrorCode.INCONSISTENT_GROUP_PROTOCOL:
      return (
        `the group ${config.group_id} has members with another assignment protocol (a Vector that is still running uses ` +
        'range): stop them, or take another kafka.group_id'
      );
    case ErrorCode.AUTHENTICATION:
      return 'the brokers refuse the login: look at kafka.sasl and kafka.tls; a password_file is read again for each attempt';
    case ErrorCode.FATAL:
      return config.group_instance_id === null
        ? 'the Kafka client cannot go on'
        : `the Kafka client cannot go on; has another member the same kafka.group_instance_id (${config.group_instance_id})?`;
    case ErrorCode.INVALID_SESSION_TIMEOUT:
      return (
        `kafka.session_timeout_ms (${config.session_timeout_ms}) is outside of what the broker allows: ` +
        'see its group.min.session.timeout.ms (6000 unless set) and group.max.session.timeout.ms'
      );
    case ErrorCode.MAX_POLL_EXCEEDED:
      return 'the process was stopped or blocked for longer than max.poll.interval.ms, and lost its partitions';
    case ErrorCode.AUTO_OFFSET_RESET:
      return 'the broker no longer has the offset that was to be read next';
    default:
      return 'the Kafka client reports an error';
  }
}
