import type { PoisonReason } from '../codec/decode.ts';

/** Reasons that the pipeline and the sender of bulk requests give, besides those of decoding. */
type OwnReason =
  'not_serialisable' | 'id_too_long' | 'transform_stuck' | 'document_too_large' | 'bad_request' | 'by_hand';

/**
 * The fixed reasons of dead letters: header `logweir-reason`, label of `dead_letters_total`. docs/errors.md
 * is generated from this list.
 */
export const deadLetterReasons = {
  empty_value: 'The value has 0 bytes. A null value is a tombstone, which is skipped.',
  invalid_utf8: 'The value is not UTF-8.',
  invalid_json: 'The value is not JSON, is incomplete, or begins with a byte order mark.',
  not_an_object: 'The value is JSON, but not an object.',
  nested_too_deep: 'The value is nested deeper than 1,000 levels.',
  not_serialisable: 'A transform returned an event without a JSON form, or an index name that is not valid.',
  id_too_long: 'The field `elasticsearch.id_key` has more than 512 bytes, the longest id of Elasticsearch.',
  transform_stuck: 'A worker was killed twice because it did not return from this record.',
  document_too_large:
    'Elasticsearch or a proxy rejects a request with this document alone as too large, or breaks it off.',
  bad_request: 'Elasticsearch or a proxy rejects a request with this document alone (400) while others pass.',
  by_hand: 'An operator has called `logweir dlq put`.',
} as const satisfies Readonly<Record<PoisonReason | OwnReason, string>>;

/** Reasons that contain a name or come from Elasticsearch. */
export const openDeadLetterReasons = {
  'transform <use>': 'This transform failed for the record, with `on_error: dead_letter`.',
  "<Elasticsearch's error type>":
    'Elasticsearch rejects the document for its content, for instance `document_parsing_exception` ' +
    '(a mapping). The message is its reason.',
} as const;
