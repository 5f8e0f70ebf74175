// All of CLinux is inline; this file gives the target something to compile.
#include "CLinux.h"
