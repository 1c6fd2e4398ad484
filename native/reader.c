/*
 * Reads records from Kafka in batches, beside the client: one call polls many records on a libuv worker, and
 * writes them to memory of the caller.
 *
 * This file is both an addon and a plugin. As a Node-API addon it exports `attach`, `poll` and `wake`, which
 * src/kafka/consumer/native-reader.ts describes and calls. As a librdkafka plugin (`plugin.library.paths`) it
 * is notified when librdkafka creates and destroys a consumer. It polls the client's own consumer; assigning,
 * committing, pausing, seeking and all events stay with the client.
 *
 * This file is not linked to librdkafka. It looks up the functions in the object that has called `conf_init`:
 * a shared library, or the client's addon with librdkafka inside.
 *
 * No record is kept here between two polls: at the end of a poll, each record that librdkafka has returned is
 * in the caller's memory. A record that does not fit gets memory of its own, within the same call. A caller
 * must revoke, pause and seek only while no poll is in flight, and after it has received the records of the
 * last one. Then no poll returns a record from before the call, because `rd_kafka_consumer_poll` itself drops
 * records that were fetched for an older assignment or position.
 *
 * Threads: a poll runs on a libuv thread, `on_destroy` on a librdkafka thread while the client waits for it
 * on another, and everything else on the event loop. No thread waits here for the event loop or a libuv
 * thread: `on_destroy` only waits for a running call of librdkafka.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <dlfcn.h>
#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rdkafka.h"

/*
 * Columns of a row; each record has one row. src/memory/record-chunk.ts has the same columns. Lengths, the
 * timestamp and the leader epoch are -1 for null. GAP is the number of free bytes before the value; with a
 * gap, one byte after the value is free, too. The headers follow the key.
 */
enum { TOPIC, PARTITION, OFFSET, TIMESTAMP, LEADER_EPOCH, GAP, VALUE_AT, VALUE_LENGTH, KEY_AT, KEY_LENGTH, HEADERS_LENGTH, COLUMNS };

/* Functions of librdkafka that are called here. */
#define FUNCTIONS(each)                                                                                          \
  each(rd_kafka_conf_interceptor_add_on_new) each(rd_kafka_consumer_poll) each(rd_kafka_err2str)                 \
  each(rd_kafka_header_get_all) each(rd_kafka_interceptor_add_on_destroy) each(rd_kafka_message_destroy)         \
  each(rd_kafka_message_headers) each(rd_kafka_message_leader_epoch) each(rd_kafka_message_timestamp)            \
  each(rd_kafka_name) each(rd_kafka_queue_destroy) each(rd_kafka_queue_get_consumer) each(rd_kafka_queue_yield)  \
  each(rd_kafka_topic_name) each(rd_kafka_type)

static struct {
#define DECLARE(function) __typeof__(&function) function;
  FUNCTIONS(DECLARE)
#undef DECLARE
} librdkafka;

/* A consumer of librdkafka: in the list until it is destroyed, and in memory while a poll uses it. */
typedef struct consumer {
  struct consumer *next;
  /* Null after librdkafka has destroyed it. */
  rd_kafka_t *rk;
  uint32_t id;
  /* Reference count: the list, and a poll. */
  int users;
  /* `polling`: from the start of a poll to its callback. `reading`: while the poll calls librdkafka. */
  bool polling;
  bool reading;
  /* Topic names by number. Only the poll uses them. They are never removed. */
  char **topics;
  size_t topic_count;
  size_t recent_topic;
} consumer_t;

/*
 * Guards the list, the fields of consumers that not only the poll uses, and the functions of librdkafka. No
 * JavaScript value is created while it is locked.
 */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t reading_ended = PTHREAD_COND_INITIALIZER;
static consumer_t *consumers;
static uint32_t last_id;

/* Memory for records: values from the front, keys and headers from the back. So values are adjacent. */
typedef struct {
  unsigned char *bytes;
  size_t at;
  size_t end;
} space_t;

typedef struct {
  napi_async_work work;
  napi_ref callback;
  /* References keep the two arrays in memory while a poll writes to them. */
  napi_ref bytes;
  napi_ref numbers;
  consumer_t *consumer;
  space_t space;
  double *rows;
  size_t max;
  size_t room;
  size_t topics_known;
  int timeout_ms;
  size_t count;
  rd_kafka_resp_err_t error;
  /* Memory of the last record, if it did not fit. */
  void *large;
  size_t large_length;
  bool out_of_memory;
} poll_t;

/* --- the plugin: the list of consumers --- */

/* Requires `lock`. */
static void release(consumer_t *consumer) {
  if (--consumer->users > 0) return;
  for (size_t topic = 0; topic < consumer->topic_count; topic++) free(consumer->topics[topic]);
  free(consumer->topics);
  free(consumer);
}

static rd_kafka_resp_err_t on_destroy(rd_kafka_t *rk, void *opaque) {
  (void)rk;
  consumer_t *gone = opaque;
  pthread_mutex_lock(&lock);
  while (gone->reading) pthread_cond_wait(&reading_ended, &lock);
  gone->rk = NULL;
  for (consumer_t **at = &consumers; *at != NULL; at = &(*at)->next) {
    if (*at != gone) continue;
    *at = gone->next;
    break;
  }
  release(gone);
  pthread_mutex_unlock(&lock);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *opaque, char *error, size_t size) {
  (void)conf, (void)opaque;
  if (librdkafka.rd_kafka_type(rk) != RD_KAFKA_CONSUMER) return RD_KAFKA_RESP_ERR_NO_ERROR;
  consumer_t *made = calloc(1, sizeof *made);
  if (made == NULL) {
    snprintf(error, size, "out of memory");
    return RD_KAFKA_RESP_ERR__FAIL;
  }
  made->rk = rk;
  made->users = 1;
  rd_kafka_resp_err_t failure = librdkafka.rd_kafka_interceptor_add_on_destroy(rk, "logweir", on_destroy, made);
  if (failure != RD_KAFKA_RESP_ERR_NO_ERROR) {
    free(made);
    return failure;
  }
  pthread_mutex_lock(&lock);
  made->id = ++last_id;
  made->next = consumers;
  consumers = made;
  pthread_mutex_unlock(&lock);
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/*
 * Looks up librdkafka's functions, once, in the object that contains `address`. Returns an error message, or
 * null. Requires `lock`: no thread may call librdkafka before the lookup is complete.
 */
static const char *find_functions(void *address) {
  static void *known;
  Dl_info object;
  void *library = dladdr(address, &object) == 0 ? NULL : dlopen(object.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == NULL) return "the object with librdkafka cannot be opened";
  /* The first handle stays open, so that the object stays loaded while its functions may be called. */
  if (known != NULL) dlclose(library);
  if (known != NULL) return library == known ? NULL : "another librdkafka is being read already";
  const char *missing = NULL;
#define FIND(function)                                        \
  *(void **)&librdkafka.function = dlsym(library, #function); \
  if (librdkafka.function == NULL) missing = "librdkafka has no function " #function;
  FUNCTIONS(FIND)
#undef FIND
  if (missing == NULL) known = library;
  else dlclose(library);
  return missing;
}

/* librdkafka calls this for each configuration that names this file in `plugin.library.paths`. */
__attribute__((visibility("default"))) rd_kafka_resp_err_t conf_init(rd_kafka_conf_t *conf, void **opaque, char *error, size_t size) {
  (void)opaque;
  pthread_mutex_lock(&lock);
  const char *wrong = find_functions(__builtin_return_address(0));
  pthread_mutex_unlock(&lock);
  if (wrong != NULL) {
    snprintf(error, size, "%s", wrong);
    return RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE;
  }
  return librdkafka.rd_kafka_conf_interceptor_add_on_new(conf, "logweir", on_new, NULL);
}

/* --- the poll --- */

/* The number of characters of the number as text. */
static size_t digits(int64_t number) {
  size_t count = number < 0 ? 2 : 1;
  while (number >= 10 || number <= -10) number /= 10, count++;
  return count;
}

/* Returns the topic's number, or -1 if there is no memory for its name. */
static int64_t topic_number(consumer_t *consumer, const char *name) {
  size_t recent = consumer->recent_topic;
  if (recent < consumer->topic_count && strcmp(consumer->topics[recent], name) == 0) return (int64_t)recent;
  for (size_t topic = 0; topic < consumer->topic_count; topic++)
    if (strcmp(consumer->topics[topic], name) == 0) return (int64_t)(consumer->recent_topic = topic);
  char **grown = realloc(consumer->topics, (consumer->topic_count + 1) * sizeof *grown);
  if (grown == NULL) return -1;
  consumer->topics = grown;
  grown[consumer->topic_count] = strdup(name);
  if (grown[consumer->topic_count] == NULL) return -1;
  return (int64_t)(consumer->recent_topic = consumer->topic_count++);
}

static size_t headers_length(const rd_kafka_headers_t *headers) {
  const char *name;
  const void *value;
  size_t size, length = 0;
  for (size_t index = 0; librdkafka.rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; index++)
    length += 2 * sizeof(uint32_t) + strlen(name) + (value == NULL ? 0 : size);
  return length;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "lengths of headers are read as little-endian numbers");

static unsigned char *put(unsigned char *to, const void *part, size_t length) {
  uint32_t counted = (uint32_t)length;
  memcpy(to, &counted, sizeof counted);
  if (length > 0) memcpy(to + sizeof counted, part, length);
  return to + sizeof counted + length;
}

/* Writes the name and the value of each header, each after its length in four bytes. */
static void write_headers(const rd_kafka_headers_t *headers, unsigned char *to) {
  const char *name;
  const void *value;
  size_t size;
  for (size_t index = 0; librdkafka.rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; index++) {
    to = put(to, name, strlen(name));
    to = put(to, value, value == NULL ? 0 : size);
  }
}

/* The space that a record needs. */
typedef struct {
  const rd_kafka_headers_t *headers;
  size_t headers_length;
  /* Bytes before the value for the caller's action line. If any, one byte for a line feed follows it. */
  size_t gap;
  size_t total;
} extent_t;

static extent_t measure(const rd_kafka_message_t *message, const char *topic, size_t room) {
  extent_t extent = {0};
  rd_kafka_headers_t *headers = NULL;
  if (librdkafka.rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    extent.headers = headers;
    extent.headers_length = headers_length(headers);
  }
  if (room > 0) extent.gap = room + strlen(topic) + digits(message->partition) + digits(message->offset);
  extent.total = extent.gap + message->len + (room > 0 ? 1 : 0) + (message->key == NULL ? 0 : message->key_len) + extent.headers_length;
  return extent;
}

/* Writes a record and its row. The caller has checked that it fits. */
static void write_record(space_t *space, double *row, const rd_kafka_message_t *message, const extent_t *extent, int64_t topic) {
  rd_kafka_timestamp_type_t type;
  int64_t timestamp = librdkafka.rd_kafka_message_timestamp(message, &type);
  size_t key_length = message->key == NULL ? 0 : message->key_len;
  space->at += extent->gap;
  row[TOPIC] = (double)topic;
  row[PARTITION] = message->partition;
  row[OFFSET] = (double)message->offset;
  row[TIMESTAMP] = type == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : (double)timestamp;
  row[LEADER_EPOCH] = librdkafka.rd_kafka_message_leader_epoch(message);
  row[GAP] = (double)extent->gap;
  row[VALUE_AT] = (double)space->at;
  row[VALUE_LENGTH] = message->payload == NULL ? -1 : (double)message->len;
  row[KEY_LENGTH] = message->key == NULL ? -1 : (double)key_length;
  row[HEADERS_LENGTH] = extent->headers == NULL ? -1 : (double)extent->headers_length;
  if (message->len > 0 && message->payload != NULL) memcpy(space->bytes + space->at, message->payload, message->len);
  space->at += message->len + (extent->gap > 0 ? 1 : 0);
  space->end -= key_length + extent->headers_length;
  row[KEY_AT] = (double)space->end;
  if (key_length > 0) memcpy(space->bytes + space->end, message->key, key_length);
  if (extent->headers != NULL) write_headers(extent->headers, space->bytes + space->end + key_length);
}

#ifdef CRASHES
/* For the crash test: ends the process during a poll. */
static void crash(void) {
  static size_t records;
  volatile char *volatile nowhere = NULL;
  const char *after = getenv("READER_CRASHES_AFTER");
  if (after != NULL && ++records == strtoul(after, NULL, 10)) *nowhere = 1;
}
#endif

/* Writes a record after the others, or to memory of its own. Returns whether the poll may continue. */
static bool receive_record(poll_t *poll, const rd_kafka_message_t *message) {
  const char *name = librdkafka.rd_kafka_topic_name(message->rkt);
  int64_t topic = topic_number(poll->consumer, name);
  extent_t extent = measure(message, name, poll->room);
  bool fits = extent.total <= poll->space.end - poll->space.at;
  if (topic >= 0 && !fits) poll->large = malloc(extent.total);
  poll->out_of_memory = topic < 0 || (!fits && poll->large == NULL);
  if (poll->out_of_memory) return false;
  poll->large_length = extent.total;
  space_t own = {.bytes = poll->large, .at = 0, .end = extent.total};
  write_record(fits ? &poll->space : &own, poll->rows + poll->count * COLUMNS, message, &extent, topic);
  poll->count++;
#ifdef CRASHES
  crash();
#endif
  return poll->count < poll->max && poll->large == NULL;
}

static void read_records(poll_t *poll) {
  int timeout_ms = poll->timeout_ms;
  for (bool has_room = true; has_room; timeout_ms = 0) {
    rd_kafka_message_t *message = librdkafka.rd_kafka_consumer_poll(poll->consumer->rk, timeout_ms);
    if (message == NULL) return;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      has_room = receive_record(poll, message);
    } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      poll->error = message->err;
      has_room = false;
    }
    librdkafka.rd_kafka_message_destroy(message);
  }
}

/* Runs on a worker: waits for the first record, and reads all others that are available. */
static void execute(napi_env env, void *data) {
  (void)env;
  poll_t *poll = data;
  pthread_mutex_lock(&lock);
  bool reading = poll->consumer->reading = poll->consumer->rk != NULL;
  pthread_mutex_unlock(&lock);
  if (!reading) return;
  read_records(poll);
  pthread_mutex_lock(&lock);
  poll->consumer->reading = false;
  pthread_cond_broadcast(&reading_ended);
  pthread_mutex_unlock(&lock);
}

static void free_large(napi_env env, void *bytes, void *hint) {
  (void)env, (void)hint;
  free(bytes);
}

static void end_poll(napi_env env, poll_t *poll) {
  pthread_mutex_lock(&lock);
  poll->consumer->polling = false;
  release(poll->consumer);
  pthread_mutex_unlock(&lock);
  if (poll->work != NULL) napi_delete_async_work(env, poll->work);
  if (poll->callback != NULL) napi_delete_reference(env, poll->callback);
  if (poll->bytes != NULL) napi_delete_reference(env, poll->bytes);
  if (poll->numbers != NULL) napi_delete_reference(env, poll->numbers);
  free(poll);
}

static bool error_object(napi_env env, int code, const char *text, napi_value *error) {
  napi_value value;
  return napi_create_object(env, error) == napi_ok && napi_create_int32(env, code, &value) == napi_ok &&
         napi_set_named_property(env, *error, "code", value) == napi_ok &&
         napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok &&
         napi_set_named_property(env, *error, "message", value) == napi_ok;
}

/* Creates an array of the topic names that the caller does not know. */
static bool new_topics(napi_env env, const poll_t *poll, napi_value *names) {
  napi_value name;
  if (napi_create_array(env, names) != napi_ok) return false;
  for (size_t topic = poll->topics_known; topic < poll->consumer->topic_count; topic++)
    if (napi_create_string_utf8(env, poll->consumer->topics[topic], NAPI_AUTO_LENGTH, &name) != napi_ok ||
        napi_set_element(env, *names, (uint32_t)(topic - poll->topics_known), name) != napi_ok)
      return false;
  return true;
}

/*
 * Creates the buffer of the record that did not fit. If that fails, the memory is left alone: it is not known
 * whether Node has freed it.
 */
static bool large_buffer(napi_env env, poll_t *poll, napi_value *buffer) {
  if (poll->large == NULL) return napi_get_null(env, buffer) == napi_ok;
  if (napi_create_external_buffer(env, poll->large_length, poll->large, free_large, NULL, buffer) == napi_ok) return true;
  poll->count--;
  poll->out_of_memory = true;
  return napi_get_null(env, buffer) == napi_ok;
}

/* The callback's arguments: (error | null, count, at, end, names of new topics | null, large | null) */
static bool results(napi_env env, poll_t *poll, napi_value *result) {
  bool made = large_buffer(env, poll, &result[5]) && napi_create_double(env, (double)poll->count, &result[1]) == napi_ok &&
              napi_create_double(env, (double)poll->space.at, &result[2]) == napi_ok &&
              napi_create_double(env, (double)poll->space.end, &result[3]) == napi_ok;
  bool has_new_topics = poll->consumer->topic_count > poll->topics_known;
  made = made && (has_new_topics ? new_topics(env, poll, &result[4]) : napi_get_null(env, &result[4]) == napi_ok);
  if (poll->out_of_memory) return made && error_object(env, RD_KAFKA_RESP_ERR__FATAL, "no memory for a record", &result[0]);
  if (poll->error == RD_KAFKA_RESP_ERR_NO_ERROR) return made && napi_get_null(env, &result[0]) == napi_ok;
  return made && error_object(env, poll->error, librdkafka.rd_kafka_err2str(poll->error), &result[0]);
}

/* Runs on the event loop, or at the end of the environment, when no JavaScript can be created or called. */
static void complete(napi_env env, napi_status status, void *data) {
  poll_t *poll = data;
  napi_value result[6], callback, receiver;
  bool made = results(env, poll, result) && status == napi_ok && napi_get_reference_value(env, poll->callback, &callback) == napi_ok &&
              napi_get_undefined(env, &receiver) == napi_ok;
  end_poll(env, poll);
  if (made) napi_call_function(env, receiver, callback, 6, result, NULL);
}

/* --- the addon --- */

static napi_value throw_error(napi_env env, const char *what) {
  napi_throw_error(env, NULL, what);
  return NULL;
}

/* Returns the consumer with that id, or null after its end. Requires `lock`. */
static consumer_t *consumer_of(uint32_t id) {
  for (consumer_t *each = consumers; each != NULL; each = each->next)
    if (each->id == id) return each;
  return NULL;
}

/* attach(name): the id of the consumer with that name; undefined if it was created without the plugin. */
static napi_value attach(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument, number = NULL;
  char name[512];
  uint32_t id = 0;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_value_string_utf8(env, argument, name, sizeof name, NULL) != napi_ok)
    return throw_error(env, "attach needs the name of a consumer");
  pthread_mutex_lock(&lock);
  /* The last match, which is the oldest consumer: librdkafka may still be writing the names of newer ones. */
  for (consumer_t *each = consumers; each != NULL; each = each->next)
    if (strcmp(librdkafka.rd_kafka_name(each->rk), name) == 0) id = each->id;
  pthread_mutex_unlock(&lock);
  if (id > 0) napi_create_uint32(env, id, &number);
  return number;
}

static bool size_from(napi_env env, napi_value argument, size_t *size) {
  int64_t number = -1;
  if (napi_get_value_int64(env, argument, &number) != napi_ok || number < 0) return false;
  *size = (size_t)number;
  return true;
}

/* Reads the arguments of poll(). Returns an error message, or null. */
static const char *read_arguments(napi_env env, const napi_value *given, poll_t *poll) {
  napi_typedarray_type type;
  napi_valuetype callback;
  size_t length = 0, row = 0, timeout_ms = 0;
  void *data = NULL;
  if (napi_get_typedarray_info(env, given[1], &type, &length, &data, NULL, NULL) != napi_ok || type != napi_uint8_array)
    return "poll needs memory as a Uint8Array";
  poll->space.bytes = data;
  if (!size_from(env, given[2], &poll->space.at) || !size_from(env, given[3], &poll->space.end) || poll->space.at > poll->space.end ||
      poll->space.end > length)
    return "poll needs a space that lies in its memory";
  if (napi_get_typedarray_info(env, given[4], &type, &length, &data, NULL, NULL) != napi_ok || type != napi_float64_array)
    return "poll needs rows as a Float64Array";
  if (!size_from(env, given[5], &row) || !size_from(env, given[6], &poll->max) || poll->max == 0 || row > length / COLUMNS ||
      poll->max > length / COLUMNS - row)
    return "poll needs rows for all records that it may bring";
  poll->rows = (double *)data + row * COLUMNS;
  if (!size_from(env, given[7], &poll->room) || poll->room > INT32_MAX) return "poll needs a room in bytes";
  if (!size_from(env, given[8], &poll->topics_known)) return "poll needs the number of topics that are known";
  if (!size_from(env, given[9], &timeout_ms) || timeout_ms > INT32_MAX) return "poll needs a timeout in milliseconds";
  poll->timeout_ms = (int)timeout_ms;
  if (napi_typeof(env, given[10], &callback) != napi_ok || callback != napi_function) return "poll needs a callback";
  return NULL;
}

/* poll(id, memory, at, end, rows, row, max, room, topics, timeoutMs, callback) */
static napi_value start_poll(napi_env env, napi_callback_info info) {
  enum { ARGUMENTS = 11 };
  size_t count = ARGUMENTS;
  uint32_t id;
  napi_value given[ARGUMENTS], name;
  if (napi_get_cb_info(env, info, &count, given, NULL, NULL) != napi_ok || count < ARGUMENTS ||
      napi_get_value_uint32(env, given[0], &id) != napi_ok)
    return throw_error(env, "poll needs a consumer and ten more arguments");
  poll_t *poll = calloc(1, sizeof *poll);
  if (poll == NULL) return throw_error(env, "out of memory");
  const char *wrong = read_arguments(env, given, poll);
  pthread_mutex_lock(&lock);
  poll->consumer = consumer_of(id);
  if (wrong == NULL && poll->consumer == NULL) wrong = "there is no such consumer any more";
  if (wrong == NULL && poll->consumer->polling) wrong = "one poll at a time";
  if (wrong == NULL) poll->consumer->polling = true, poll->consumer->users++;
  pthread_mutex_unlock(&lock);
  if (wrong != NULL) {
    free(poll);
    return throw_error(env, wrong);
  }
  bool started = napi_create_reference(env, given[10], 1, &poll->callback) == napi_ok &&
                 napi_create_reference(env, given[1], 1, &poll->bytes) == napi_ok &&
                 napi_create_reference(env, given[4], 1, &poll->numbers) == napi_ok &&
                 napi_create_string_utf8(env, "logweir.poll", NAPI_AUTO_LENGTH, &name) == napi_ok &&
                 napi_create_async_work(env, NULL, name, execute, complete, poll, &poll->work) == napi_ok &&
                 napi_queue_async_work(env, poll->work) == napi_ok;
  if (started) return NULL;
  end_poll(env, poll);
  return throw_error(env, "a poll cannot be started");
}

/* wake(id): ends a waiting poll, or else the next one. */
static napi_value wake(napi_env env, napi_callback_info info) {
  size_t count = 1;
  uint32_t id;
  napi_value argument;
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok || count < 1 ||
      napi_get_value_uint32(env, argument, &id) != napi_ok)
    return throw_error(env, "wake needs a consumer");
  pthread_mutex_lock(&lock);
  consumer_t *consumer = consumer_of(id);
  rd_kafka_queue_t *queue = consumer == NULL ? NULL : librdkafka.rd_kafka_queue_get_consumer(consumer->rk);
  if (queue != NULL) {
    librdkafka.rd_kafka_queue_yield(queue);
    librdkafka.rd_kafka_queue_destroy(queue);
  }
  pthread_mutex_unlock(&lock);
  return NULL;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"attach", attach}, {"poll", start_poll}, {"wake", wake}};
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    napi_value function;
    if (napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].call, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[index].name, function) != napi_ok)
      return NULL;
  }
  return exports;
}
