#ifndef CALLOCATIONCOUNTER_H
#define CALLOCATIONCOUNTER_H

/// Counts the calls of malloc, calloc, realloc and the aligned allocators in the process that links this target, on the calling
/// thread only, between `allocation_counter_start` and `allocation_counter_stop`.
void allocation_counter_start(void);

/// Stops counting; returns how often memory was asked for.
long allocation_counter_stop(void);

#endif
