// Fails one system call of a save, by LD_PRELOAD: of an open, a write, an fsync or a rename of an unfinished file, or of the open and
// the fsync of its folder behind that. In tests only; scripts/crash compiles and uses it.
//
//   CRASH_LOG    a file to which the name of each such call is appended
//   CRASH_AT     the number of the call that fails, counted from 1 over the process
//   CRASH_FAULT  an errno, or -1: a write of half of the bytes
//
// The rename is a system call that no library function makes, so it is refused by a seccomp filter on the thread that makes it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_int calls;
// A save is made by one thread, one at a time.
static int unfinished = -1; // the file that is being written
static int expects_folder;  // it has been renamed: what is opened next is its folder
static int folder = -1;

// Counts a call; whether it is the one that fails.
static int fails(const char *name) {
  int number = atomic_fetch_add(&calls, 1) + 1;
  const char *log = getenv("CRASH_LOG"), *at = getenv("CRASH_AT");
  if (log) {
    FILE *file = fopen(log, "a");
    if (file) {
      fprintf(file, "%s\n", name);
      fclose(file);
    }
  }
  return at && atoi(at) == number;
}

static int fault(void) {
  const char *fault = getenv("CRASH_FAULT");
  return fault ? atoi(fault) : EIO;
}

static int refused(void) {
  errno = fault();
  return -1;
}

static void refuse_renames(int error) {
  struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat2, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_renameat, 1, 0),
#ifdef SYS_rename
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rename, 0, 1),
#else
      BPF_STMT(BPF_JMP | BPF_JA, 1),
#endif
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {sizeof program / sizeof *program, program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
    perror("faults: no seccomp filter");
    _exit(99);
  }
}

static int opened(int (*real)(const char *, int, ...), const char *path, int flags, mode_t mode) {
  int is_unfinished = (flags & O_CREAT) && strstr(path, "/.chainrule-"), is_folder = expects_folder && !(flags & O_CREAT);
  expects_folder = 0;
  if ((is_unfinished && fails("open")) || (is_folder && fails("open folder")))
    return refused();
  int file = real(path, flags, mode);
  if (is_unfinished)
    unfinished = file;
  if (is_folder)
    folder = file;
  return file;
}

#define OPEN(name)                                                        \
  int name(const char *path, int flags, ...) {                            \
    static int (*real)(const char *, int, ...);                           \
    if (!real)                                                            \
      real = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, #name);    \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    mode_t mode = flags & O_CREAT ? (mode_t)va_arg(rest, int) : 0;        \
    va_end(rest);                                                         \
    return opened(real, path, flags, mode);                               \
  }

OPEN(open)
OPEN(open64)

ssize_t write(int file, const void *bytes, size_t count) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real)
    real = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
  if (file == unfinished && file >= 0 && fails("write")) {
    if (fault() >= 0)
      return refused();
    count = count > 1 ? count / 2 : count;
  }
  return real(file, bytes, count);
}

int fsync(int file) {
  static int (*real)(int);
  if (!real)
    real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  int is_folder = file == folder && file >= 0, is_unfinished = file == unfinished && file >= 0;
  if ((is_folder && fails("fsync folder")) || (is_unfinished && fails("fsync")))
    return refused();
  if (is_unfinished) {
    expects_folder = 1;
    unfinished = -1;
    if (fails("rename") && fault() > 0)
      refuse_renames(fault());
  }
  if (is_folder)
    folder = -1;
  return real(file);
}
