#include "CLinux.h"

// Where the handler writes; -1 while nobody listens.
static int signal_pipe = -1;

static void note_signal(int number) {
  int saved = errno;
  unsigned char byte = (unsigned char)number;
  // A full pipe already says that something came.
  ssize_t ignored = write(signal_pipe, &byte, 1);
  (void)ignored;
  errno = saved;
}

void clinux_note_signals_in(int fd) { signal_pipe = fd; }

int clinux_note_signal(int number) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  return sigaction(number, &action, NULL);
}
