/*
 * A librdkafka of a few functions that gives what a test has fed it, and that aborts where it is misused: for native/reader.c, which finds
 * its functions in whatever has called `conf_init`. It is a Node-API addon at the same time, through which the test feeds it.
 *
 * Everything that it hands out has memory of exactly its size, so that AddressSanitizer sees a byte too many.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <dlfcn.h>
#include <errno.h>
#include <node_api.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rdkafka.h"

#define EXPORT __attribute__((visibility("default")))
#define CHECK(holds, what) ((holds) ? (void)0 : (fprintf(stderr, "fake librdkafka: %s\n", what), abort()))
/* In the place of an error: the poll that gets there finds nothing. */
enum { NOTHING = 1000000, CONSUMERS = 4096 };

struct rd_kafka_topic_s {
  char name[256];
};

struct rd_kafka_headers_s {
  int count;
  char **names;
  void **values;
  int *sizes;
};

typedef struct entry {
  rd_kafka_message_t message; /* the first: they are the same for the caller */
  struct entry *next;
  struct rd_kafka_topic_s topic;
  struct rd_kafka_headers_s *headers;
  int64_t timestamp;
  int32_t epoch;
} entry_t;

struct rd_kafka_s {
  char name[64];
  rd_kafka_type_t type;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  entry_t *first, **last;
  int out; /* messages that are not destroyed */
  bool yields, destroyed;
  rd_kafka_interceptor_f_on_destroy_t *on_destroy;
  void *on_destroy_opaque;
};

struct rd_kafka_conf_s {
  rd_kafka_interceptor_f_on_new_t *on_new;
};

struct rd_kafka_queue_s {
  rd_kafka_t *rk;
};

static rd_kafka_t *consumers[CONSUMERS];
static void *plugin;

/* --- what the reader calls --- */

EXPORT rd_kafka_resp_err_t rd_kafka_conf_interceptor_add_on_new(rd_kafka_conf_t *conf, const char *name,
                                                                rd_kafka_interceptor_f_on_new_t *on_new, void *opaque) {
  (void)name, (void)opaque;
  conf->on_new = on_new;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

EXPORT rd_kafka_resp_err_t rd_kafka_interceptor_add_on_destroy(rd_kafka_t *rk, const char *name,
                                                               rd_kafka_interceptor_f_on_destroy_t *on_destroy, void *opaque) {
  (void)name;
  rk->on_destroy = on_destroy;
  rk->on_destroy_opaque = opaque;
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static struct timespec in_ms(int ms) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += ms / 1000;
  until.tv_nsec += (long)(ms % 1000) * 1000000;
  if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
  return until;
}

static void free_entry(entry_t *entry) {
  free(entry->message.payload);
  free(entry->message.key);
  for (int at = 0; entry->headers != NULL && at < entry->headers->count; at++)
    free(entry->headers->names[at]), free(entry->headers->values[at]);
  if (entry->headers != NULL) free(entry->headers->names), free(entry->headers->values), free(entry->headers->sizes);
  free(entry->headers);
  free(entry);
}

EXPORT rd_kafka_message_t *rd_kafka_consumer_poll(rd_kafka_t *rk, int timeout_ms) {
  struct timespec until = in_ms(timeout_ms);
  pthread_mutex_lock(&rk->lock);
  CHECK(!rk->destroyed, "polled after its end");
  while (rk->first == NULL && !rk->yields && timeout_ms > 0)
    if (pthread_cond_timedwait(&rk->changed, &rk->lock, &until) == ETIMEDOUT) break;
  entry_t *entry = rk->first;
  if (entry == NULL) rk->yields = false;
  if (entry != NULL) {
    rk->first = entry->next;
    if (rk->first == NULL) rk->last = &rk->first;
    if ((int)entry->message.err == NOTHING) free_entry(entry), entry = NULL;
    else rk->out++;
  }
  pthread_mutex_unlock(&rk->lock);
  return entry == NULL ? NULL : &entry->message;
}

EXPORT void rd_kafka_message_destroy(rd_kafka_message_t *message) {
  rd_kafka_t *rk = message->_private;
  pthread_mutex_lock(&rk->lock);
  CHECK(!rk->destroyed, "a message outlives its consumer");
  CHECK(rk->out-- > 0, "a message was destroyed twice");
  pthread_mutex_unlock(&rk->lock);
  free_entry((entry_t *)message);
}

EXPORT rd_kafka_resp_err_t rd_kafka_message_headers(const rd_kafka_message_t *message, rd_kafka_headers_t **headers) {
  *headers = ((const entry_t *)message)->headers;
  return *headers == NULL ? RD_KAFKA_RESP_ERR__NOENT : RD_KAFKA_RESP_ERR_NO_ERROR;
}

EXPORT rd_kafka_resp_err_t rd_kafka_header_get_all(const rd_kafka_headers_t *headers, size_t index, const char **name,
                                                   const void **value, size_t *size) {
  if (index >= (size_t)headers->count) return RD_KAFKA_RESP_ERR__NOENT;
  *name = headers->names[index];
  *value = headers->values[index];
  *size = (size_t)headers->sizes[index];
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

EXPORT int32_t rd_kafka_message_leader_epoch(const rd_kafka_message_t *message) { return ((const entry_t *)message)->epoch; }

EXPORT int64_t rd_kafka_message_timestamp(const rd_kafka_message_t *message, rd_kafka_timestamp_type_t *type) {
  int64_t timestamp = ((const entry_t *)message)->timestamp;
  *type = timestamp < 0 ? RD_KAFKA_TIMESTAMP_NOT_AVAILABLE : RD_KAFKA_TIMESTAMP_CREATE_TIME;
  return timestamp < 0 ? 4711 : timestamp;
}

EXPORT const char *rd_kafka_err2str(rd_kafka_resp_err_t error) {
  static __thread char text[32];
  snprintf(text, sizeof text, "error %d", (int)error);
  return text;
}

EXPORT const char *rd_kafka_name(const rd_kafka_t *rk) { return rk->name; }
EXPORT rd_kafka_type_t rd_kafka_type(const rd_kafka_t *rk) { return rk->type; }
EXPORT const char *rd_kafka_topic_name(const rd_kafka_topic_t *topic) { return topic->name; }

EXPORT rd_kafka_queue_t *rd_kafka_queue_get_consumer(rd_kafka_t *rk) {
  rd_kafka_queue_t *queue = calloc(1, sizeof *queue);
  queue->rk = rk;
  return queue;
}

EXPORT void rd_kafka_queue_destroy(rd_kafka_queue_t *queue) { free(queue); }

EXPORT void rd_kafka_queue_yield(rd_kafka_queue_t *queue) {
  pthread_mutex_lock(&queue->rk->lock);
  CHECK(!queue->rk->destroyed, "woken after its end");
  queue->rk->yields = true;
  pthread_cond_broadcast(&queue->rk->changed);
  pthread_mutex_unlock(&queue->rk->lock);
}

/* --- what the test calls --- */

static rd_kafka_t *consumer_at(napi_env env, napi_value number) {
  uint32_t at = CONSUMERS;
  CHECK(napi_get_value_uint32(env, number, &at) == napi_ok && at < CONSUMERS && consumers[at] != NULL, "there is no such consumer");
  return consumers[at];
}

static void arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *given) {
  size_t count = wanted;
  CHECK(napi_get_cb_info(env, info, &count, given, NULL, NULL) == napi_ok && count >= wanted, "an argument is missing");
}

/* open(path): loads the plugin. */
static napi_value open_plugin(napi_env env, napi_callback_info info) {
  napi_value given[1];
  char path[4096];
  arguments(env, info, 1, given);
  napi_get_value_string_utf8(env, given[0], path, sizeof path, NULL);
  if (plugin == NULL) plugin = dlopen(path, RTLD_NOW);
  CHECK(plugin != NULL, "the plugin cannot be loaded");
  return NULL;
}

/* create(name, isConsumer): its number. Its name is written without the plugin, as librdkafka does it. */
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value given[2], number;
  char error[512] = "";
  bool is_consumer = true;
  arguments(env, info, 2, given);
  napi_get_value_bool(env, given[1], &is_consumer);
  rd_kafka_resp_err_t (*conf_init)(rd_kafka_conf_t *, void **, char *, size_t);
  *(void **)&conf_init = dlsym(plugin, "conf_init");
  CHECK(conf_init != NULL, "the plugin has no conf_init");
  struct rd_kafka_conf_s conf = {0};
  void *opaque = NULL;
  if (conf_init(&conf, &opaque, error, sizeof error) != RD_KAFKA_RESP_ERR_NO_ERROR) return napi_throw_error(env, NULL, error), NULL;
  rd_kafka_t *rk = calloc(1, sizeof *rk);
  rk->type = is_consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER;
  rk->last = &rk->first;
  pthread_mutex_init(&rk->lock, NULL);
  pthread_cond_init(&rk->changed, NULL);
  conf.on_new(rk, &conf, NULL, error, sizeof error);
  napi_get_value_string_utf8(env, given[0], rk->name, sizeof rk->name, NULL);
  uint32_t at = 0;
  while (at < CONSUMERS && consumers[at] != NULL) at++;
  CHECK(at < CONSUMERS, "too many consumers");
  consumers[at] = rk;
  napi_create_uint32(env, at, &number);
  return number;
}

static const unsigned char *cursor;

static int32_t next_int(void) {
  int32_t number;
  memcpy(&number, cursor, sizeof number);
  cursor += sizeof number;
  return number;
}

static int64_t next_long(void) {
  double number;
  memcpy(&number, cursor, sizeof number);
  cursor += sizeof number;
  return (int64_t)number;
}

/* Bytes after their length, which is -1 for null. */
static void *next_bytes(int32_t *length, bool ends_with_zero) {
  *length = next_int();
  if (*length < 0) return NULL;
  char *bytes = malloc((size_t)*length + ends_with_zero);
  memcpy(bytes, cursor, (size_t)*length);
  if (ends_with_zero) bytes[*length] = 0;
  cursor += *length;
  return bytes;
}

static struct rd_kafka_headers_s *next_headers(void) {
  int32_t count = next_int(), length;
  if (count < 0) return NULL;
  struct rd_kafka_headers_s *headers = calloc(1, sizeof *headers);
  headers->count = count;
  headers->names = calloc((size_t)count + 1, sizeof *headers->names);
  headers->values = calloc((size_t)count + 1, sizeof *headers->values);
  headers->sizes = calloc((size_t)count + 1, sizeof *headers->sizes);
  for (int at = 0; at < count; at++) {
    headers->names[at] = next_bytes(&length, true);
    headers->values[at] = next_bytes(&length, false);
    headers->sizes[at] = length < 0 ? 0 : length;
  }
  return headers;
}

static entry_t *next_entry(rd_kafka_t *rk) {
  entry_t *entry = calloc(1, sizeof *entry);
  int32_t length;
  entry->message._private = rk;
  entry->message.err = (rd_kafka_resp_err_t)next_int();
  char *topic = next_bytes(&length, true);
  snprintf(entry->topic.name, sizeof entry->topic.name, "%s", topic);
  free(topic);
  entry->message.rkt = &entry->topic;
  entry->message.partition = next_int();
  entry->message.offset = next_long();
  entry->timestamp = next_long();
  entry->epoch = next_int();
  entry->message.key = next_bytes(&length, false);
  entry->message.key_len = length < 0 ? 0 : (size_t)length;
  entry->message.payload = next_bytes(&length, false);
  entry->message.len = length < 0 ? 0 : (size_t)length;
  entry->headers = next_headers();
  return entry;
}

/* feed(consumer, bytes): see `encode` in fuzz.ts */
static napi_value feed(napi_env env, napi_callback_info info) {
  napi_value given[2];
  void *bytes;
  size_t length;
  arguments(env, info, 2, given);
  rd_kafka_t *rk = consumer_at(env, given[0]);
  CHECK(napi_get_buffer_info(env, given[1], &bytes, &length) == napi_ok, "feed needs a buffer");
  cursor = bytes;
  pthread_mutex_lock(&rk->lock);
  while (cursor < (const unsigned char *)bytes + length) {
    *rk->last = next_entry(rk);
    rk->last = &(*rk->last)->next;
  }
  pthread_cond_broadcast(&rk->changed);
  pthread_mutex_unlock(&rk->lock);
  return NULL;
}

static void *destroy_now(void *consumer) {
  rd_kafka_t *rk = consumer;
  if (rk->on_destroy != NULL) rk->on_destroy(rk, rk->on_destroy_opaque);
  pthread_mutex_lock(&rk->lock);
  rk->destroyed = true;
  CHECK(rk->out == 0, "a message was not destroyed");
  for (entry_t *entry = rk->first; entry != NULL;) {
    entry_t *gone = entry;
    entry = entry->next;
    free_entry(gone);
  }
  pthread_mutex_unlock(&rk->lock);
  /* Poisoned for a late reader, where nothing sees a use after free. */
  memset(rk->name, 'x', sizeof rk->name - 1);
  free(rk);
  return NULL;
}

/* destroy(consumer, beside): on this thread or, as librdkafka does it, on another one beside. */
static napi_value destroy(napi_env env, napi_callback_info info) {
  napi_value given[2];
  bool beside = false;
  uint32_t at;
  pthread_t thread;
  arguments(env, info, 2, given);
  rd_kafka_t *rk = consumer_at(env, given[0]);
  napi_get_value_uint32(env, given[0], &at);
  napi_get_value_bool(env, given[1], &beside);
  consumers[at] = NULL;
  if (!beside) return destroy_now(rk), NULL;
  CHECK(pthread_create(&thread, NULL, destroy_now, rk) == 0, "no thread");
  pthread_detach(thread);
  return NULL;
}

/* memory(left): how many allocations the reader has; one fails after so many, or none for -1. See short-memory.c. */
static napi_value memory(napi_env env, napi_callback_info info) {
  napi_value given[1], number;
  int32_t left = -1;
  arguments(env, info, 1, given);
  napi_get_value_int32(env, given[0], &left);
  long (*reader_memory)(long);
  *(void **)&reader_memory = dlsym(plugin, "reader_memory");
  CHECK(reader_memory != NULL, "the reader was built without short-memory.c");
  napi_create_int64(env, reader_memory(left), &number);
  return number;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback call;
  } functions[] = {{"open", open_plugin}, {"create", create}, {"feed", feed}, {"destroy", destroy}, {"memory", memory}};
  for (size_t at = 0; at < sizeof functions / sizeof *functions; at++) {
    napi_value function;
    napi_create_function(env, functions[at].name, NAPI_AUTO_LENGTH, functions[at].call, NULL, &function);
    napi_set_named_property(env, exports, functions[at].name, function);
  }
  return exports;
}
