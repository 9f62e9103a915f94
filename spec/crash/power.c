/*
 * Loses what was not synced, where no file system of one's own can be mounted. Loaded into the
 * broker (LD_PRELOAD), it keeps what each write below POWER_DATA overwrites in a log of that file
 * below POWER_LOG, until the file is synced. Once POWER_LOG/cut exists every write fails, as on a
 * disk without power; when the broker is dead, volume.ts puts back what the logs hold.
 *
 * Writes through descriptors that sync by themselves (O_DSYNC) are not kept, nor are memory maps.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTORS 65536
#define REAL(name) ((__typeof__(name) *)dlsym(RTLD_NEXT, #name))

/* Not one of our files, one that syncs by itself; else the descriptor of its log. */
enum { FOREIGN = -1, SELF_SYNCED = -2 };
/* What is known of a descriptor, as long as it is of this file: not every close can be seen. */
static struct {
  ino_t file;
  dev_t device;
  int log;
} known[DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *data, *log_folder;
static char cut_file[4096];

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int), (*real_fdatasync)(int), (*real_close)(int);

__attribute__((constructor)) static void start(void) {
  data = getenv("POWER_DATA");
  log_folder = getenv("POWER_LOG");
  if (log_folder) snprintf(cut_file, sizeof cut_file, "%s/cut", log_folder);
  real_pwrite = REAL(pwrite);
  real_pwritev = REAL(pwritev);
  real_write = REAL(write);
  real_writev = REAL(writev);
  real_ftruncate = REAL(ftruncate);
  real_fsync = REAL(fsync);
  real_fdatasync = REAL(fdatasync);
  real_close = REAL(close);
}

/* Finds out what a descriptor is of. The log's name is the file's number and time of birth. */
static int find_log(int fd) {
  char link[64], path[4096], name[8192];
  struct statx file;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return FOREIGN;
  path[length] = 0;
  if (strncmp(path, data, strlen(data)) != 0) return FOREIGN;
  if (statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &file) != 0) return FOREIGN;
  snprintf(name, sizeof name, "%s/%llu-%lld%09u", log_folder, (unsigned long long)file.stx_ino,
           (long long)file.stx_btime.tv_sec, file.stx_btime.tv_nsec);
  int log = open(name, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) abort();
  return log;
}

static int log_of(int fd) {
  struct stat file;
  if (!data || !log_folder || fd < 0 || fd >= DESCRIPTORS) return FOREIGN;
  if (fstat(fd, &file) != 0 || !S_ISREG(file.st_mode)) return FOREIGN;
  pthread_mutex_lock(&lock);
  if (known[fd].file != file.st_ino || known[fd].device != file.st_dev) {
    if (known[fd].log > 0) real_close(known[fd].log);
    known[fd].file = file.st_ino;
    known[fd].device = file.st_dev;
    known[fd].log = find_log(fd);
  }
  int log = known[fd].log;
  pthread_mutex_unlock(&lock);
  /* Asked each time: the same file may have been opened again under the same number. */
  return log >= 0 && (fcntl(fd, F_GETFL) & O_DSYNC) ? SELF_SYNCED : log;
}

static int is_cut(void) { return access(cut_file, F_OK) == 0; }

/* Also of a file that was opened for writing only. */
static void read_back(int fd, char *to, size_t length, off_t at) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  int is_readable = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_WRONLY;
  int reader = is_readable ? fd : open(link, O_RDONLY | O_CLOEXEC);
  if (reader < 0 || pread(reader, to, length, at) != (ssize_t)length) abort();
  if (!is_readable) real_close(reader);
}

/* Offset, length and size before, then the bytes that a write of `length` at `at` will replace. */
static void keep(int log, int fd, off_t at, size_t length) {
  struct stat file;
  if (fstat(fd, &file) != 0) return;
  size_t there = at >= file.st_size ? 0 : (size_t)(file.st_size - at);
  if (there > length) there = length;
  char *record = malloc(24 + there);
  if (!record) abort();
  long long head[3] = {at, (long long)there, file.st_size};
  memcpy(record, head, 24);
  if (there > 0) read_back(fd, record + 24, there, at);
  if (real_write(log, record, 24 + there) != (ssize_t)(24 + there)) abort();
  free(record);
}

static size_t total(const struct iovec *parts, int count) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  return length;
}

/* One write at a time: what is kept must be what is replaced. */
#define GUARDED(type, fd, at, length, call)                  \
  do {                                                       \
    int log = log_of(fd);                                    \
    if (log == SELF_SYNCED && is_cut()) return errno = EIO, -1; \
    if (log < 0) return call;                                \
    pthread_mutex_lock(&lock);                               \
    type done = -1;                                          \
    if (is_cut()) errno = EIO;                               \
    else {                                                   \
      keep(log, fd, at, length);                             \
      done = call;                                           \
    }                                                        \
    int error = errno;                                       \
    pthread_mutex_unlock(&lock);                             \
    errno = error;                                           \
    return done;                                             \
  } while (0)

/* Where a write without a place of its own goes. */
static off_t place(int fd) {
  return fcntl(fd, F_GETFL) & O_APPEND ? lseek(fd, 0, SEEK_END) : lseek(fd, 0, SEEK_CUR);
}

ssize_t pwrite(int fd, const void *from, size_t length, off_t at) {
  GUARDED(ssize_t, fd, at, length, real_pwrite(fd, from, length, at));
}
ssize_t pwrite64(int fd, const void *from, size_t length, off_t at) {
  return pwrite(fd, from, length, at);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  GUARDED(ssize_t, fd, at, total(parts, count), real_pwritev(fd, parts, count, at));
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) {
  return pwritev(fd, parts, count, at);
}
ssize_t write(int fd, const void *from, size_t length) {
  GUARDED(ssize_t, fd, place(fd), length, real_write(fd, from, length));
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  GUARDED(ssize_t, fd, place(fd), total(parts, count), real_writev(fd, parts, count));
}
int ftruncate(int fd, off_t size) {
  GUARDED(int, fd, size, ~(size_t)0 >> 1, real_ftruncate(fd, size));
}
int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

/* What was written before is on disk: nothing of it can be lost any more. */
static int synced(int fd, int (*sync)(int)) {
  int log = log_of(fd);
  if (log == SELF_SYNCED && is_cut()) return errno = EIO, -1;
  if (log < 0) return sync(fd);
  pthread_mutex_lock(&lock);
  int done = -1;
  if (is_cut()) errno = EIO;
  else if ((done = sync(fd)) == 0) real_ftruncate(log, 0);
  pthread_mutex_unlock(&lock);
  return done;
}
int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }
