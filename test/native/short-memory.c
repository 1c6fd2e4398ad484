/*
 * The reader's allocations, linked in place of the C library's (`--wrap`): they are counted, and made to fail.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long held, left = -1;

/* Whether an allocation may succeed. It is counted then. */
static bool may(long counts) {
  pthread_mutex_lock(&lock);
  bool succeeds = left-- != 0;
  if (left < 0) left = -1;
  if (succeeds) held += counts;
  pthread_mutex_unlock(&lock);
  return succeeds;
}

/* Returns how many allocations there are; so many more succeed before one fails, or all for -1. */
__attribute__((visibility("default"))) long reader_memory(long before) {
  pthread_mutex_lock(&lock);
  left = before;
  long now = held;
  pthread_mutex_unlock(&lock);
  return now;
}

void *__wrap_malloc(size_t size) { return may(1) ? __real_malloc(size) : NULL; }
void *__wrap_calloc(size_t count, size_t size) { return may(1) ? __real_calloc(count, size) : NULL; }
void *__wrap_realloc(void *memory, size_t size) { return may(memory == NULL ? 1 : 0) ? __real_realloc(memory, size) : NULL; }

char *__wrap_strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = __wrap_malloc(size);
  return copy == NULL ? NULL : memcpy(copy, text, size);
}

void __wrap_free(void *memory) {
  if (memory == NULL) return;
  pthread_mutex_lock(&lock);
  held--;
  pthread_mutex_unlock(&lock);
  __real_free(memory);
}
