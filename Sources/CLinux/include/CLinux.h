// Headers that Swift's Glibc module lacks, and macros that Swift cannot import.
#ifndef CLINUX_H
#define CLINUX_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline int clinux_errno(void) { return errno; }

// With _GNU_SOURCE these take unions that Swift cannot make.
static inline int clinux_bind(int fd, const void *address, socklen_t length) {
  return bind(fd, (const struct sockaddr *)address, length);
}
static inline int clinux_connect(int fd, const void *address, socklen_t length) {
  return connect(fd, (const struct sockaddr *)address, length);
}
static inline int clinux_accept4(int fd, void *address, socklen_t *length, int flags) {
  return accept4(fd, (struct sockaddr *)address, length, flags);
}
static inline ssize_t clinux_sendto(int fd, const void *bytes, size_t count, const void *address,
                                    socklen_t length) {
  return sendto(fd, bytes, count, MSG_NOSIGNAL, (const struct sockaddr *)address, length);
}
static inline int clinux_getsockname(int fd, void *address, socklen_t *length) {
  return getsockname(fd, (struct sockaddr *)address, length);
}

// Connects to a Unix socket and hangs up at once: 0, or the errno that it failed with.
static inline int clinux_try_unix_socket(const char *path) {
  struct sockaddr_un address;
  memset(&address, 0, sizeof address);
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return ENAMETOOLONG;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  int result = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
  close(fd);
  return result;
}

// What is at a path, without following a link: 0 nothing, 1 a socket, 2 something else.
static inline int clinux_path_kind(const char *path) {
  struct stat status;
  if (lstat(path, &status) < 0) return errno == ENOENT ? 0 : 2;
  return S_ISSOCK(status.st_mode) ? 1 : 2;
}

static inline void clinux_make_files_private(void) { umask(0077); }

static inline char **clinux_environment(void) { return environ; }

static inline int clinux_memfd_create(const char *name, unsigned int flags) {
  return memfd_create(name, flags);
}

static inline int clinux_seal(int fd) {
  return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

static inline int clinux_seals(int fd) { return fcntl(fd, F_GET_SEALS); }
static inline int clinux_all_seals(void) {
  return F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
}

static inline int clinux_pidfd_open(pid_t pid) {
  return (int)syscall(SYS_pidfd_open, pid, 0);
}

static inline int clinux_open(const char *path, int flags, mode_t mode) {
  return open(path, flags, mode);
}

static inline int clinux_set_pipe_size(int fd, int size) {
  return fcntl(fd, F_SETPIPE_SZ, size);
}

static inline void clinux_line_buffer_output(void) { setvbuf(stdout, NULL, _IOLBF, 0); }
// Has a handler write the numbers of signals that come into a pipe.
void clinux_note_signals_in(int fd);
int clinux_note_signal(int number);

static inline void clinux_ignore_signal(int number) { signal(number, SIG_IGN); }

// The wait-status macros.
static inline int clinux_exited(int status) { return WIFEXITED(status); }
static inline int clinux_exit_status(int status) { return WEXITSTATUS(status); }
static inline int clinux_term_signal(int status) { return WTERMSIG(status); }

// One message with up to `CLINUX_FD_MAX` descriptors over a Unix socket; -1 and errno on failure.
#define CLINUX_FD_MAX 64

static inline ssize_t clinux_send_with_fds(int fd, const void *bytes, size_t count,
                                           const int *fds, size_t fd_count) {
  union {
    char space[CMSG_SPACE(sizeof(int) * CLINUX_FD_MAX)];
    struct cmsghdr align;
  } control;
  struct iovec iov = {(void *)bytes, count};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &iov;
  message.msg_iovlen = 1;
  if (fd_count > CLINUX_FD_MAX) {
    errno = E2BIG;
    return -1;
  }
  if (fd_count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = control.space;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
    memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
  }
  return sendmsg(fd, &message, MSG_NOSIGNAL);
}

static inline ssize_t clinux_receive_with_fds(int fd, void *bytes, size_t count, int *fds,
                                              size_t *fd_count) {
  union {
    char space[CMSG_SPACE(sizeof(int) * CLINUX_FD_MAX)];
    struct cmsghdr align;
  } control;
  struct iovec iov = {bytes, count};
  struct msghdr message;
  memset(&message, 0, sizeof message);
  message.msg_iov = &iov;
  message.msg_iovlen = 1;
  message.msg_control = control.space;
  message.msg_controllen = sizeof control.space;
  ssize_t received = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
  *fd_count = 0;
  if (received < 0) return received;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < n && *fd_count < CLINUX_FD_MAX; i++)
      memcpy(&fds[(*fd_count)++], CMSG_DATA(header) + i * sizeof(int), sizeof(int));
  }
  return received;
}

#endif
