/* no_core.h - no core file: the memory of this process is full of care and has the secrets of the settings
 * in it.
 * Errors:  none; where the system does not let us, things stay as they are.
 * Threads: one, at the start.
 *
 * The process is not dumpable either: other processes of the same user neither read its memory nor attach a
 * debugger to it. With BUNDELWACHT_CORE=1 in the environment all of it is as the system has it, for whoever
 * looks for a fault. */
#ifndef BUNDELWACHT_SYSTEM_NO_CORE_H
#define BUNDELWACHT_SYSTEM_NO_CORE_H

void no_core(void);

#endif
